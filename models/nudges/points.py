"""Points above their price, and codes credited again: leaks and mistyped multipliers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.segments.grid import Grid
from features.segments.past import CREDITED, MEMBER_KINDS, REFERRAL, SCAN
from features.segments.prices import DEAR, fair_points
from models.nudges.expected import of_trials
from models.nudges.finding import LEAK, REPEATS
from models.nudges.series import Series

if TYPE_CHECKING:
    import pandas as pd

    from features.segments.past import Past

KINDS: Final = ("program", "persona", "region", "trade", "tier", "rep", "sku", "batch")
COLUMNS: Final = ["member", "day", "points", "code", "sku", "batch", *MEMBER_KINDS]
BASE: Final = 112
"""Days of the past that make a segment's usual share of dear days."""
LEAST: Final = 40
"""Priced scans in the history without which a segment is left out."""
FEW: Final = 5.0
"""Members' days that must be dear: fewer are somebody's doing, not the program's."""
LEAST_EXPECTED: Final = 0.002
NOT_FAIR: Final = 0.5
"""A leak is told from so many times the usual on: rarer still is what few points are lost to."""


def points(past: Past, first: int) -> list[Series]:
    """Days of members with a claim above its price, and codes credited again, by segment."""
    events, fair = past.events, fair_points(past)
    able = np.isfinite(fair) & (events["outcome"] == CREDITED).to_numpy() & (
        events["member"] > 0).to_numpy() & (events["day"] >= first).to_numpy() & (
        events["kind"] <= REFERRAL).to_numpy()
    priced = events.loc[able, COLUMNS].assign(
        fair=fair[able], excess=events["points"].to_numpy()[able] - fair[able])
    priced["dear"] = priced["points"] >= DEAR * priced["fair"] + 1
    priced["excess"] = priced["excess"].where(priced["dear"], 0.0)
    found = [_leaks(past, kind, priced, first) for kind in KINDS]
    return [*(each for each in found if len(each.segments)), *_repeats(past, first)]


def _leaks(past: Past, kind: str, priced: pd.DataFrame, first: int) -> Series:
    """Members' days with a dear claim among their days with a claim."""
    keys = ["member", "day", *([] if kind == "program" else [kind])]
    days, dear = priced.drop_duplicates(keys), priced[priced["dear"]]
    grid = Grid.of(kind, days, first, past.today, LEAST)
    tries, hits = grid.count(days), grid.count(dear.drop_duplicates(keys))
    return Series(LEAK, kind, grid.segments, hits, (of_trials(hits, tries, BASE),), 1,
                  "dear_days", grid.count(dear, dear["excess"]), priced, "dear",
                  least=LEAST_EXPECTED, off=NOT_FAIR, few=FEW)


def _repeats(past: Past, first: int) -> list[Series]:
    """Codes credited again, by batch, product and region, among the codes credited."""
    events = past.events
    coded = events.loc[(events["kind"] == SCAN) & (events["code"] > 0)
                       & (events["outcome"] == CREDITED), COLUMNS]
    coded = coded.assign(again=coded.duplicated("code"))
    coded = coded[coded["day"] >= first]
    found = []
    for kind in ("program", "region", "sku", "batch", "rep"):
        grid = Grid.of(kind, coded, first, past.today, LEAST)
        if not len(grid.segments):
            continue
        tries, hits = grid.count(coded), grid.count(coded, coded["again"])
        worth = grid.count(coded, coded["points"]).sum(1) / np.maximum(tries.sum(1), 1)
        found.append(Series(
            REPEATS, kind, grid.segments, hits, (of_trials(hits, tries, BASE),), 1, "repeats",
            worth, coded, "again", least=LEAST_EXPECTED, off=NOT_FAIR, few=FEW))
    return found
