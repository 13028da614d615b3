"""Off seasons nobody declared: weeks in which a whole trade was silent within the last year.

A farmer who declared nothing still has a harvest. Where the members of a persona and trade all
but vanish for weeks, those weeks are taken as the off season of every member of it without a
declaration. It takes a year of history and enough members; a single quiet member proves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.members.cadence import Runs
from features.members.seasons import pairs
from features.places import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pandas as pd

    from features.members.known import Known
    from features.places import Ints

YEAR: Final = 365
WEEK: Final = 7
WEEKS: Final = 52
ENOUGH: Final = 30
"""Members with a year behind them that a trade needs."""
QUIET: Final = 0.15
"""Off is a week with less than so much of the activity of a busy week (its upper quartile)."""
LEAST_WEEKS: Final = 6
MOST_WEEKS: Final = 40
"""A trade silent for longer than that has ended, or never came."""


def with_learnt_seasons(known: Known) -> tuple[Known, Any]:
    """What was known, with off seasons learnt for members who declared none.

    Returns
    -------
    known : Known
        ``members.off_season`` and ``off_seasons`` filled in.
    learnt : bool, shape (members,)
        Whose off season is learnt, in the order of ``known.members``.
    """
    members = known.members
    mute = (members["off_season"] == 0).to_numpy() & (members["persona"] != MISSING).to_numpy()
    words = members["off_season"].to_numpy(dtype=np.int64).copy()
    texts = dict(known.off_seasons)
    runs = Runs.of(known.days)
    veterans = runs.members[runs.first <= known.today - YEAR]
    if not mute.any() or len(veterans) < ENOUGH:
        return known, np.zeros(len(members), dtype=bool)
    old = np.isin(members["member_id"].to_numpy(), veterans)
    kind, count = _weeks_by_kind(members, old, runs, known.today)
    for group in _groups(members, kind, mute, old):
        text = off_weeks(count[np.unique(kind[group & old])].sum(axis=0), known.today)
        if text:
            number = min([0, *texts]) - 1
            texts[number] = text
            words[group & mute] = number
    return replace(known, members=members.assign(off_season=words), off_seasons=texts), words < 0


def _weeks_by_kind(
    members: pd.DataFrame, old: Any, runs: Runs, today: int
) -> tuple[Ints, npt.NDArray[np.int64]]:
    """Each member's pair of persona and trade, and the old members' active days by pair and week.

    Returns
    -------
    kind : shape (members,)
        Row of his pair.
    count : shape (kinds, WEEKS)
        Weeks oldest first.
    """
    kind, kinds = pairs(members["persona"], members["trade"])
    number = members["member_id"].to_numpy(dtype=np.int64)
    row_of = np.full(int(max(number.max(), runs.members.max())) + 1, kinds)
    row_of[number[old]] = kind[old]
    recent = runs.day >= today - YEAR
    row = row_of[runs.members][runs.row[recent]]
    count = np.bincount(row * WEEKS + week_of(runs.day[recent], today),
                        minlength=(kinds + 1) * WEEKS)
    return kind, count.reshape(-1, WEEKS)[:kinds]


def week_of(days: Ints, today: int) -> Ints:
    """Week of the last year that each of its days is in, counted back from today; oldest is 0.

    >>> week_of(np.array([729, 723, 722, 365]), 730)
    array([51, 51, 50,  0])
    """
    return WEEKS - 1 - np.minimum((today - 1 - days) // WEEK, WEEKS - 1)


def off_weeks(count: npt.NDArray[np.int64], today: int) -> str:
    """Off season of a year of activity, as ``MM-DD/MM-DD``; "" where there is none.

    Parameters
    ----------
    count : shape (WEEKS,)
        Active days in each week, oldest first.
    today : int
        The day after the last week.

    Examples
    --------
    Every day of 1971 but those from 16 March to 7 May; weeks are counted back from the end:

    >>> days = np.array([d for d in range(365, 730) if not 438 <= d < 491])
    >>> off_weeks(np.bincount(week_of(days, 730), minlength=WEEKS), 730)
    '03-20/05-07'
    """
    off = count < QUIET * np.quantile(count, 0.75)
    start, length = _longest_run(off)
    if not LEAST_WEEKS <= length <= MOST_WEEKS:
        return ""
    first = today - WEEKS * WEEK + start * WEEK
    ends = [np.datetime64(day, "D").astype(str)[5:] for day in
            (first, first + length * WEEK - 1)]  # fmt: skip
    return "/".join(ends)


def _groups(members: pd.DataFrame, kind: Ints, mute: Any, old: Any) -> Iterator[Any]:
    """Masks of the personas, then of the trades within them, that are large enough."""
    persona, has_trade = members["persona"].to_numpy(), (members["trade"] > 0).to_numpy()
    for column, among in ((persona, mute), (kind, mute & has_trade)):
        for one in np.unique(column[among]).tolist():
            mask = column == one
            if (mask & old).sum() >= ENOUGH:
                yield mask


def _longest_run(off: Any) -> tuple[int, int]:
    """Start and length of the longest run in a year that closes on itself."""
    if off.all() or not off.any():
        return 0, 0
    turn = int(np.argmin(off))
    rolled = np.concatenate([np.roll(off, -turn), [False]])
    edges = np.flatnonzero(np.diff(rolled.astype(np.int64)))
    starts, ends = edges[::2] + 1, edges[1::2] + 1
    longest = int(np.argmax(ends - starts))
    return int((starts[longest] + turn) % len(off)), int(ends[longest] - starts[longest])
