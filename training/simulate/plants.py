"""Something wrong, put into a program's past on purpose: a segment that comes less, or is overpaid.

The past is changed as the journal would have told it: events of the plant are left out, paid more
or credited again from a day on, for a while. Nothing else moves, so that the plant is known to the
day and the share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.errors import BadInput
from features.segments.grid import codes_of
from features.segments.past import CREDITED, SCAN

if TYPE_CHECKING:
    from features.segments.past import Past

DROP, LEAK, AGAIN = "drop", "leak", "again"
SORTS: Final = (DROP, LEAK, AGAIN)


@dataclass(frozen=True)
class Plant:
    """One thing wrong in one segment.

    Parameters
    ----------
    sort : str
        ``drop``: members' days are left out; ``leak``: scans are paid more; ``again``: codes are
        credited a second time.
    segment_kind, segment
        Where, as in `features.segments.grid.Grid`.
    day : int
        The first day of it, local days since 1970.
    days : int
        How long it lasts.
    size : float
        Share of the days, of the points, or of the codes.
    """

    sort: str
    segment_kind: str
    segment: int
    day: int
    days: int
    size: float


def plant(past: Past, plants: list[Plant], seed: int) -> Past:
    """Put plants into a past; the same arguments, the same rows.

    Raises
    ------
    BadInput
        A sort that is none, or a size of 0 or less.

    Examples
    --------
    >>> events = pd.DataFrame({"place": [1, 2], "kind": 0, "member": [1, 2], "day": 5,
    ...                        "points": 50, "outcome": 0, "code": 0, "region": [7, 8]})
    >>> none = pd.DataFrame()
    >>> from features.segments.past import Past
    >>> past = Past("UTC", 9, 9, events, none, none, none, {})
    >>> plant(past, [Plant("leak", "region", 8, 5, 3, 0.2)], 1).events["points"].tolist()
    [50, 60]
    """
    dice = np.random.default_rng(seed)
    events = past.events
    for one in plants:
        if one.sort not in SORTS or one.size <= 0:
            raise BadInput("a plant: " + ", ".join(SORTS) + " of a size above 0",
                           f"{one.sort} of {one.size}", "take one of them")
        day = events["day"].to_numpy()
        here = (day >= one.day) & (day < one.day + one.days)
        here &= codes_of(events, one.segment_kind) == one.segment
        if one.sort == DROP:
            events = _without(events, here, one.size, dice)
        elif one.sort == LEAK:
            events = _overpaid(events, here, one.size)
        else:
            events = _again(events, here, one.size, dice)
    return replace(past, events=events)


def _without(events: pd.DataFrame, here: np.ndarray, size: float,
             dice: np.random.Generator) -> pd.DataFrame:
    key = events["member"].to_numpy() * 100_000 + events["day"].to_numpy()
    days, at = np.unique(key[here], return_inverse=True)
    gone = np.zeros(len(events), dtype=bool)
    gone[here] = (dice.random(len(days)) < size)[at]
    return events[~gone].reset_index(drop=True)


def _overpaid(events: pd.DataFrame, here: np.ndarray,
              size: float) -> pd.DataFrame:
    points = events["points"].to_numpy()
    more = here & (events["kind"].to_numpy() == SCAN)
    paid = np.where(more, np.round(points * (1 + size)).astype(np.int64), points)
    return events.assign(points=paid)


def _again(events: pd.DataFrame, here: np.ndarray,
           size: float, dice: np.random.Generator) -> pd.DataFrame:
    """Claims come a second time some minutes later, by another member of the same segment."""
    able = here & (events["kind"] == SCAN).to_numpy() & (events["code"] > 0).to_numpy()
    able &= (events["outcome"] == CREDITED).to_numpy()
    rows = np.flatnonzero(able)
    rows = rows[dice.random(len(rows)) < size]
    second = events.iloc[rows].copy()
    other = dice.permutation(rows)
    for name in ("member", "persona", "region", "tier", "trade", "rep"):
        second[name] = events[name].to_numpy()[other]
    second["place"] += 1
    return pd.concat([events, second]).sort_values("place", kind="stable", ignore_index=True)
