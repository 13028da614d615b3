"""What a segment was to be expected to do on each day, from days at least a week before it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LAG: Final = 7
"""Days before a day that do not count for what it was expected to be: what is tested, up to a
week, is never its own yardstick."""
BASES: Final = (28, 112)
"""Days of the two pasts a day is held against. An odd week must be odd against both: a segment
that comes back from a dip is only odd against the nearer one, a lasting change of level only
against the farther one."""
LEAST_DAYS: Final = 21
WEEK: Final = 7
YEAR: Final = 364
"""A year of whole weeks, so that weekdays fall together."""
SEASON_DAYS: Final = 10
"""Days on either side of a day a year ago that make last year's season: festivals that follow the
moon move by eleven days a year."""
SEASON_DOUBT: Final = 200.0
"""Counts with which no difference from a year ago is believed."""


def trailing(counts: Floats, days: int, lag: int = LAG) -> Floats:
    """Sum over the ``days`` days that end ``lag`` days before each day, along the last axis.

    Examples
    --------
    >>> trailing(np.arange(1.0, 11.0), 2).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 3.0]
    """
    total = np.concatenate([np.zeros((*counts.shape[:-1], 1)), counts.cumsum(-1)], axis=-1)
    until = np.maximum(np.arange(counts.shape[-1]) - lag, 0)
    return np.asarray(total[..., until] - total[..., np.maximum(until - days, 0)])


def of_others(mine: Floats, whole: Floats, base: int) -> Floats:
    """What each segment was to do, going with the others of the same parts of the program.

    Parameters
    ----------
    mine : shape (segments, parts, days)
    whole : shape (parts, days)
        The program's.
    base : int
        Days of the past that say which share of the others' a segment's is.

    Returns
    -------
    shape (segments, days); NaN where there is too little past.
    """
    others = whole[None] - mine
    own, theirs = trailing(mine, base), trailing(others, base)
    # A part that is nearly all the segment's own goes with everybody else instead.
    alone = theirs < ALONE * own
    everybody = np.broadcast_to(others.sum(1)[:, None], others.shape)
    others = np.where(alone, everybody, others)
    theirs = np.where(alone, theirs.sum(1)[:, None], theirs)
    return _enough(np.einsum("spd,spd->sd", _ratio(own, theirs), others))


ALONE: Final = 0.05
"""Others of a part, as a share of the segment's own in it, that are too few to go by."""


def of_trials(mine: Floats, trials: Floats, base: int, lag: int = LAG) -> Floats:
    """How many of a segment's trials were to be hits at the share of its own past.

    The program's share stands in for the first ones: as `SHARE_DOUBT` trials of its own. No
    segment is expected to have less than `LEAST_SHARE` of the program's.

    Parameters
    ----------
    mine, trials : shape (segments, days)
    base, lag : int
        Days of the past, and how many before a day do not count: the longest stretch tested.
    """
    hits, tries = trailing(mine, base, lag), trailing(trials, base, lag)
    all_hits, all_tries = hits.sum(0), tries.sum(0)
    usual = (all_hits + 0.5) / (all_tries + 1)
    share = (hits + SHARE_DOUBT * usual) / (tries + SHARE_DOUBT)
    return _enough(np.maximum(share, LEAST_SHARE * usual) * trials)


SHARE_DOUBT: Final = 50.0
LEAST_SHARE: Final = 0.5
"""What never happened in a segment may yet happen half as often as elsewhere."""


def of_weekdays(mine: Floats, base: int) -> Floats:
    """What each segment was to do by its own weekdays alone, shape (segments, days)."""
    weeks = base // WEEK
    back = [np.roll(mine, WEEK * step, axis=-1) for step in range(2, weeks + 2)]
    for step, part in enumerate(back, 2):
        part[..., : WEEK * step] = np.nan
    known = np.isfinite(np.stack(back)).sum(0)
    return _enough(np.nansum(np.stack(back), 0) / np.maximum(known, 1))


def with_season(expected: Floats, mine: Floats) -> Floats:
    """What was to be expected, moved by how far it was off around the same day a year before."""
    days = mine.shape[-1]
    if days <= YEAR:
        return expected
    known = np.isfinite(expected)
    kernel = np.ones(2 * SEASON_DAYS + 1)

    def around(counts: Floats) -> Floats:
        return np.stack([np.convolve(row, kernel, "same") for row in counts])

    seen = around(np.where(known, mine, 0.0))
    meant = around(np.where(known, expected, 0.0))
    off = (seen + SEASON_DOUBT) / (meant + SEASON_DOUBT)
    out = expected.copy()
    # The days of last year's window that follow the day are known: they are a year old.
    out[:, YEAR:] *= off[:, : days - YEAR]
    return out


def _enough(expected: Floats) -> Floats:
    expected[..., : LAG + LEAST_DAYS] = np.nan
    return expected


def _ratio(up: Floats, down: Floats) -> Floats:
    return np.divide(up, down, out=np.zeros_like(up), where=down > 0)
