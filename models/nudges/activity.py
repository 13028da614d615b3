"""Fewer members than the season, the others and the segment's own past lead to expect; and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.segments.drives import PARTS, Lifts, announced, parts_of
from features.segments.grid import Grid
from features.segments.past import ACTIVITY, CREDITED, MEMBER_KINDS, SCAN, daily_members
from models.nudges.expected import BASES, YEAR, of_others, of_weekdays, with_season
from models.nudges.finding import DROP, SURGE
from models.nudges.series import Series

if TYPE_CHECKING:
    import pandas as pd

    from features.segments.past import Past

Floats = npt.NDArray[np.float64]
SEASONAL: Final = ("program", "persona")
"""Kinds whose own season the others do not share: they are tested only with last year's known, or
every season's first would be news."""
KINDS: Final = ("program", "persona", "region", "trade", "rep")
"""Members' kinds that are tested for drops: not the tier, which a member who comes more leaves."""
COLUMNS: Final = ["member", "day", "kind", "outcome", "points", "sku", "batch", *MEMBER_KINDS]
LEAST: Final = 200
"""Days of members in the history without which a segment is left out unseen: less than 3 a week."""
SURGE_OFF: Final = 0.25
"""More than usual is told from a larger size on: growth is no error."""


def activity(past: Past, first: int) -> list[Series]:
    """Drops in the days on which members come, in every kind of segment; surges of scans.

    Parameters
    ----------
    past : Past
    first : int
        First day of the history looked at.
    """
    events = past.events
    events = events.loc[events["day"] >= first, COLUMNS]
    members = events.iloc[daily_members(events)][["member", "day", *MEMBER_KINDS]]
    if members.empty:
        return []
    weights = Lifts(past, members).weights()
    worth = points_a_day(events)
    found = [_drops(past, kind, members, weights, first, worth)
             for kind in KINDS]
    scans = events[(events["kind"] == SCAN) & (events["outcome"] == CREDITED)]
    bought = scans[scans["member"] > 0].drop_duplicates(["member", "day", "sku"])
    if len(bought):
        found += [_goods(past, bought, first, side, worth) for side in (-1, 1)]
        found += [_surges(past, kind, scans, first) for kind in ("region", "rep")]
    return [each for each in found if len(each.segments)]


def _drops(past: Past, kind: str, members: pd.DataFrame, weights: Floats, first: int,
           worth: float) -> Series:
    grid = Grid.of(kind, members, first, past.today, LEAST)
    parts = parts_of(members)
    whole = Grid.of("program", members, first, past.today).count(members, weights, parts, PARTS)
    mine = grid.count(members, weights, parts, PARTS)
    total = mine.sum(1)
    if kind == "program":
        bases = [of_weekdays(total, base) for base in BASES]
    elif kind == "persona":
        bases = [of_others(total[:, None], whole.sum(1), base) for base in BASES]
    else:
        bases = [of_others(mine, whole[0], base) for base in BASES]
    if kind in SEASONAL:
        bases = [_second_year(with_season(each, total)) for each in bases]
        if kind == "program":
            quiet = announced(past, first, grid.days)
            total = np.where(quiet, 0.0, total)
            bases = [np.where(quiet & np.isfinite(each), 0.0, each) for each in bases]
    return Series(DROP, kind, grid.segments, total, tuple(bases), -1, "active_days",
                  np.full(len(grid.segments), worth), members)


def _second_year(expected: Floats) -> Floats:
    out = expected.copy()
    out[:, : YEAR + LEARNT] = np.nan
    return out


LEARNT: Final = 63
"""Days of the second year after which last year's season is known on both sides."""


def _goods(past: Past, bought: pd.DataFrame, first: int, side: int, worth: float) -> Series:
    """Members' days with a product, against those with the other products."""
    grid = Grid.of("sku", bought, first, past.today, LEAST)
    # By persona: a distributor's file names every product once, whatever sells.
    parts = parts_of(bought)
    whole = Grid.of("program", bought, first, past.today).count(bought, None, parts, PARTS)
    mine = grid.count(bought, None, parts, PARTS)
    bases = tuple(of_others(mine, whole[0], base) for base in BASES)
    return Series(DROP if side < 0 else SURGE, "sku", grid.segments, mine.sum(1), bases, side,
                  "active_days", np.full(len(grid.segments), worth), bought,
                  off=0.12 if side < 0 else SURGE_OFF)


def _surges(past: Past, kind: str, scans: pd.DataFrame, first: int) -> Series:
    """Credited scans against those of others, campaigns allowed for."""
    grid = Grid.of(kind, scans, first, past.today, LEAST)
    parts, weights = parts_of(scans), Lifts(past, scans).weights()
    whole = Grid.of("program", scans, first, past.today).count(scans, weights, parts, PARTS)
    mine = grid.count(scans, weights, parts, PARTS)
    bases = tuple(of_others(mine, whole[0], base) for base in BASES)
    points = grid.count(scans, scans["points"]).sum(1) / np.maximum(grid.count(scans).sum(1), 1)
    return Series(SURGE, kind, grid.segments, mine.sum(1), bases, 1, "scans", points, scans,
                  off=SURGE_OFF)


def points_a_day(events: pd.DataFrame) -> float:
    """Points credited on the day of a member on which he earns."""
    earned = events[(events["kind"] < ACTIVITY - 1) & (events["outcome"] == CREDITED)]
    return float(earned["points"].sum() / max(len(daily_members(earned)), 1))


