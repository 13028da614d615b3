"""Redemptions that stick: refused, failed, late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.segments.daily import LATE_DAYS, failed, late
from features.segments.grid import Grid
from features.segments.past import REDEMPTION, REFUSED
from models.nudges import finding
from models.nudges.expected import of_trials
from models.nudges.series import Series

if TYPE_CHECKING:
    import pandas as pd

    from features.segments.past import Past

KINDS: Final = ("program", "reward_kind", "reward", "region")
BASE: Final = 112
LEAST: Final = 40
LEAST_EXPECTED: Final = 0.002
FEW: Final = 5.0
OFF: Final = 0.3
STRETCHES: Final = (1, 7)
BINOMIAL: Final = 0.8


def friction(past: Past, first: int) -> list[Series]:
    """Redemptions refused at once, failed by their status, and not come within `LATE_DAYS`.

    A late one counts on the day on which its days are over.
    """
    spent = past.events[past.events["kind"] == REDEMPTION]
    spent = spent.assign(refused=spent["outcome"] == REFUSED, failed=failed(past, spent),
                         late=late(past, spent))
    ripe = spent.assign(day=spent["day"] + LATE_DAYS + 1)
    found = []
    for what, rows in (("refused", spent), ("failed", spent), ("late", ripe)):
        recent = rows[(rows["day"] >= first) & (rows["day"] < past.today)]
        found += [_series(past, kind, what, recent, first) for kind in KINDS]
    return [each for each in found if len(each.segments)]


def _series(past: Past, kind: str, what: str, rows: pd.DataFrame, first: int) -> Series:
    grid = Grid.of(kind, rows, first, past.today, LEAST)
    hits, tries = grid.count(rows, rows[what]), grid.count(rows)
    told = {"refused": finding.REFUSED, "failed": finding.FAILED, "late": finding.LATE}[what]
    return Series(told, kind, grid.segments, hits, (of_trials(hits, tries, BASE),), 1, what,
                  grid.count(rows, rows["points"].where(rows[what], 0)), rows, what,
                  least=LEAST_EXPECTED, off=OFF, few=FEW, spread=BINOMIAL, stretches=STRETCHES)
