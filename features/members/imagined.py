"""The features of a few members as they would be with another history, without all the others.

What a member's features take from the whole program is kept: the gaps of everybody, for the
typical one, and what his peers did. An off season learnt from a trade stays too: one imagined
scan moves no calendar. Everything else is computed again from the edited history.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.members.cadence import Runs, gaps_of, typical_gap
from features.members.rhythm import clock_runs, frame_of, ordered
from features.places import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.members.cadence import Floats
    from features.members.known import Known
    from features.places import Ints

    Edit = Callable[[Known], Known]

OTHERS: Final = ("peers_last_year", "peers_off_season", "peers_off_ahead", "outlet_silent",
                 "rep_silent", "region_silent", "outlet_flow", "region_flow")  # fmt: skip
"""Features that others make: they stay as they are whatever one member does."""


class Imagined:
    """Answers for other histories of a program's members.

    Parameters
    ----------
    known : Known
        What was known at the moment.
    frame : DataFrame
        The member frame of ``known``.

    Examples
    --------
    >>> from features.members.edits import scanned
    >>> from features.members.known import Known
    >>> from features.members.rhythm import bare_members, member_frame
    >>> days = pd.DataFrame({"member": [1, 1, 2], "day": [10, 20, 12]})
    >>> for name in ("events", "scans", "redemptions", "visits", "points", "amount", "quantity",
    ...              "skus"):
    ...     days[name] = 1.0
    >>> known = Known(30, days, bare_members(days))
    >>> frame = member_frame(known)
    >>> rows = Imagined(known, frame).rows([1], scanned)
    >>> float(frame.loc[1, "days_since_last"]), float(rows.loc[1, "days_since_last"])
    (10.0, 1.0)
    """

    def __init__(self, known: Known, frame: pd.DataFrame) -> None:
        self._known, _ = ordered(known)
        self._frame = frame
        runs, _ = clock_runs(self._known)
        _, gap = gaps_of(runs)
        self._gaps = np.bincount(gap)
        self._typical = typical_gap(runs)

    def rows(self, members: Ints | list[int], edit: Edit) -> pd.DataFrame:
        """Rows of the member frame had each of the members the edited history, one by one.

        Parameters
        ----------
        members : sequence of int
            Members of the frame.
        edit : callable
            Takes what was known of these members and gives it back otherwise.
        """
        chosen = np.unique(np.asarray(members, dtype=np.int64))
        past = _of(self._known, chosen)
        other = edit(past)
        learnt = other.members["off_season"].to_numpy() < 0
        rows = frame_of(other, learnt, self._typical_gaps(past, other))
        told = [name for name in OTHERS if name in rows.columns]
        return rows.assign(**self._frame.loc[rows.index, told])

    def _typical_gaps(self, past: Known, other: Known) -> Floats:
        """The program's typical gap as each member's edit alone would move it."""
        (before, _), (after, _) = clock_runs(past), clock_runs(other)
        typical = [self._moved(_own_gaps(before, member), _own_gaps(after, member))
                   for member in after.members.tolist()]
        return np.array(typical, dtype=np.float64)

    def _moved(self, gone: Ints, come: Ints) -> float:
        size = max(len(self._gaps), int(come.max(initial=0)) + 1)
        count = (np.bincount(come, minlength=size) - np.bincount(gone, minlength=size)
                 + np.pad(self._gaps, (0, size - len(self._gaps))))
        up_to = np.cumsum(count)
        total = int(up_to[-1])
        if not total:
            return self._typical
        middle = np.searchsorted(up_to, [(total - 1) // 2, total // 2], side="right")
        return max(float(middle.sum()) / 2, 1.0)


def _own_gaps(runs: Runs, member: int) -> Ints:
    place = int(np.searchsorted(runs.members, member))
    if place == len(runs.members) or runs.members[place] != member:
        return np.empty(0, dtype=np.int64)
    start = runs.start[place]
    return np.diff(runs.day[start:start + runs.count[place]])


def _of(known: Known, members: Ints) -> Known:
    """What was known of some members; a reward of somebody else tells that rewards are told of."""
    def mine(rows: pd.DataFrame, column: str = "member_id") -> pd.DataFrame:
        return rows[np.isin(rows[column].to_numpy(), members)]

    offers = mine(known.offers)
    told = known.redemptions[known.redemptions["fulfilled"] != MISSING].head(1)
    witness = told.assign(member_id=0)
    sent = np.isin(known.deliveries["decision_id"].to_numpy(), offers["decision_id"].to_numpy())
    bounds = np.searchsorted(known.days["member"].to_numpy(), [members, members + 1]).T
    rows = np.concatenate([np.empty(0), *(np.arange(*bound) for bound in bounds.tolist())])
    return replace(
        known, members=mine(known.members), days=known.days.iloc[rows.astype(np.int64)],
        judged=mine(known.judged), redemptions=pd.concat([mine(known.redemptions), witness]),
        held=mine(known.held), offers=offers, deliveries=known.deliveries[sent],
    )
