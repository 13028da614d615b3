"""How odd a stretch of days is, against how far off the same sums were in the past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
LAG: Final = 7
"""Days before a night that do not count for how far off is usual."""
LOOKED_BACK: Final = 182
"""Days of errors that make the usual error: half a year, in which most seasons and campaigns that
a segment knows have come by."""
FEWEST: Final = 6
"""Stretches of the past without which a segment is not tested."""
POOLED: Final = 10.0
"""Stretches of its own with which a segment's usual error outweighs that of its kind."""
MOST: Final = 4.0
"""An error counts for no more than so many times the usual square: a dip of the past that was
itself worth a nudge must not hide the next."""
FREEDOM: Final = 60.0
"""Degrees of freedom of the t distribution whose tail is read: the usual error is itself learnt,
from a segment's own half-year and its kind's, and tails are longer than a normal one's."""


@dataclass(frozen=True)
class Weighed:
    """One sum a segment, weighed: arrays of shape (segments,); NaN where there is too little.

    ``spread`` is the variance of the sum, as a multiple of what was expected.
    """

    observed: Floats
    expected: Floats
    spread: Floats
    low_tail: Floats
    high_tail: Floats

    def tail(self, side: int) -> Floats:
        """Chance of a sum so low (side -1) or so high (side 1)."""
        return self.low_tail if side < 0 else self.high_tail


def weigh(
    seen: Floats, expected: Floats, night: int, days: int, least: float, floor: float
) -> Weighed:
    """Weigh the sums of the last days before a night, one a segment.

    Parameters
    ----------
    seen, expected : shape (segments, days)
        Running totals along the days, one column more than there are days: column ``d`` is the sum
        of all days before ``d``. ``expected`` is NaN until there is enough past.
    night : int
        Column up to which is summed.
    days : int
        Length of the stretch.
    least : float
        Expected sum without which nothing is said.
    floor : float
        Least spread: 1 for counts, less for hits among trials.
    """
    latest = night - max(LAG, days)
    ends = np.arange(latest, max(latest - LOOKED_BACK, days), -days)
    past = _off(seen, expected, ends, days, least)
    spread = _spread(past, floor)
    observed = seen[:, night] - seen[:, night - days]
    mean = expected[:, night] - expected[:, night - days]
    mean = np.where(mean >= least, mean, np.nan)
    spread = np.where(np.isfinite(past).sum(1) >= FEWEST, spread, np.nan)
    low, high = tails(observed, mean, spread)
    return Weighed(observed, mean, spread, low, high)


def tails(observed: Floats, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Chance of a count at most, and at least, so large: negative binomial, with longer tails.

    Parameters
    ----------
    observed, mean, spread : shape (n,)
        ``spread`` is variance over mean.

    Examples
    --------
    >>> low, high = tails(np.array([100.0, 70.0]), np.array([100.0, 100.0]), np.array([1.5, 1.5]))
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.527, 0.0065], [0.5054, 0.995])
    """
    spread = np.maximum(spread, 1 + 1e-6)
    size, chance = mean / (spread - 1), 1 / spread
    count = np.round(observed)
    # The negative binomial by the incomplete beta function: scipy.stats checks take longer.
    low = special.betainc(size, count + 1, chance)
    high = np.where(count > 0, special.betainc(np.maximum(count, 1), size, 1 - chance), 1.0)
    high = np.where(np.isnan(mean), np.nan, high)
    return _longer(low), _longer(high)


def _longer(tail: Floats) -> Floats:
    return np.asarray(special.stdtr(FREEDOM, special.ndtri(np.clip(tail, 1e-300, 1 - 1e-12))))


def _off(seen: Floats, expected: Floats, ends: npt.NDArray[np.int64], days: int,
         least: float) -> Floats:
    """Squared errors of earlier stretches over what was expected, shape (segments, ends)."""
    observed = seen[:, ends] - seen[:, ends - days]
    mean = expected[:, ends] - expected[:, ends - days]
    mean = np.where(mean >= least / 2, mean, np.nan)
    return (observed - mean) ** 2 / mean


def _spread(past: Floats, floor: float) -> Floats:
    """Each segment's usual squared error, leaning on that of all while it has few, (segments,)."""
    known = np.isfinite(past)
    if not known.any():
        return np.full(len(past), np.nan)
    usual = max(float(np.median(past[known])) / MEDIAN, floor)
    held = np.where(known, np.minimum(past, MOST * usual), 0.0)
    count, own = known.sum(1), held.sum(1)
    enough = count >= FEWEST
    means = own[enough] / count[enough]
    pooled = max(float(np.median(means)) if enough.any() else usual, floor)
    return np.maximum((own + POOLED * pooled) / (count + POOLED), floor)


MEDIAN: Final = 0.4549
"""Median of a squared standard normal number."""
