"""Another mode of fraud, by what it leaves behind: signs that many more events show than ever.

Each sign (`features.catalog.signs`) is 0 where there is nothing to see. It is lit on an event
where it lies beyond all but few of the events the model learnt from. The lit events of the last
week, of any one member three at most so that one hand is no wave, are held against the weeks
before: all of them, and those in which about as much went on. Weeks differ by more than chance,
so their own spread is taken: a negative binomial with the mean and the spread of the weeks before.
A number is told as the digits of its tail's chance, ``-log10(p)``, the smaller of the two.

A season lights some signs twice as often; another mode lights them many times as often. So only a
wave counts: a dozen events and three times what is usual. With forty signs and a look each night
chance alone would pass five digits less than once in seven years (40 * 365 / 10^5), were the
counts as the law has them; what festivals and waves of usual fraud add is measured by ``jaga
benchmark drift-worlds``.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from features.catalog.signs import PREFIX
from training.monitor.gate import Gate
from training.splits import DAY_MS

if TYPE_CHECKING:
    from features.places import Ints
    from training.settings import MonitorSettings

Floats = npt.NDArray[np.float64]
WEEK: Final = 7 * DAY_MS
WARM_DAYS: Final = 28
"""The first weeks of a program are left out: everything is new then."""
LEAST_WEEKS: Final = 8
"""Fewer weeks before say nothing of how weeks differ."""
OF_ONE: Final = 3
"""Lit events of one member that count in a week."""
FEW: Final = 0.5
"""Lit events that are added to those of all weeks before, so that never yet is not never."""
LIKE: Final = 4
"""Weeks of about as many events as the current one."""
WAVE: Final = 12
"""Lit events below which a week is no wave, however rare they were: four of one household, where
there was never one before, are a case and no mode."""
TIMES: Final = 3.0
"""Times the usual from which a week is one."""
NAMED: Final = 3


class Lit(NamedTuple):
    """One sign in the last week.

    Parameters
    ----------
    name : str
    events : int
        Lit, of one member three at most.
    usual : float
        Expected by the weeks before, the more of the two ways.
    digits : float
        ``-log10`` of the chance of so many.
    """

    name: str
    events: int
    usual: float
    digits: float


def look(names: tuple[str, ...], matrix: Floats, member: Ints, ms: Ints, as_of_ms: int,
         learnt_until_ms: int, settings: MonitorSettings) -> tuple[list[Lit], Gate]:
    """Look for signs that more events show than the weeks before explain.

    Parameters
    ----------
    names : tuple of str
        Of the columns of ``matrix``; those that begin with ``sign_`` are looked at.
    matrix : float64, shape (n, columns)
    member, ms : int64, shape (n,)
        Of each event before ``as_of_ms``, in order of time.
    learnt_until_ms : int
        The model learnt from what came before: there it is found out when a sign is lit.

    Returns
    -------
    lit : list of Lit
        The strangest first.
    gate : Gate
        ``fraud_mode``.
    """
    weeks = _weeks(ms, as_of_ms)
    signs = [at for at, name in enumerate(names) if name.startswith(PREFIX)]
    if len(weeks) < LEAST_WEEKS + 1 or not signs:
        return [], Gate("fraud_mode", None, settings.sign_digits,
                        f"Fewer than {LEAST_WEEKS} weeks before: nobody can say what is usual.")
    first, last = weeks[-1][0], weeks[0][1]
    week = (as_of_ms - 1 - ms[first:last]) // WEEK
    active = np.array([len(np.unique(member[low:high])) for low, high in weeks], dtype=np.float64)
    size = np.array([high - low for low, high in weeks], dtype=np.float64)
    learnt = ms < learnt_until_ms
    near = _near(size)
    found = []
    for at in signs:
        column = np.nan_to_num(matrix[:, at], nan=0.0)
        limit = max(float(np.quantile(column[learnt], settings.sign_quantile))
                    if learnt.any() else 0.0, 0.0)
        lit = column[first:last] > limit
        counts = _counts(week[lit], member[first:last][lit], len(weeks))
        found.append(_weigh(names[at], counts, active, near))
    found.sort(key=lambda one: -one.digits)
    return found, _gate(found, settings)


def _weeks(ms: Ints, as_of_ms: int) -> list[tuple[int, int]]:
    """First and last row of each whole week before a moment, the newest first."""
    start = int(ms[0]) + WARM_DAYS * DAY_MS if len(ms) else as_of_ms
    count = max((as_of_ms - start) // WEEK, 0)
    edges = np.searchsorted(ms, as_of_ms - WEEK * np.arange(count + 1))
    return [(int(low), int(high)) for high, low in itertools.pairwise(edges)]


def _near(size: Floats) -> npt.NDArray[np.int64]:
    """Earlier weeks with about as many events as the newest."""
    away = np.abs(np.log(np.maximum(size[1:], 1) / max(size[0], 1)))
    return 1 + np.argsort(away, kind="stable")[:LIKE]


def _counts(week: Ints, member: Ints, weeks: int) -> Floats:
    """Lit events of each week, of one member `OF_ONE` at most, shape (weeks,)."""
    if not len(week):
        return np.zeros(weeks)
    pairs, each = np.unique(np.stack([week, member]), axis=1, return_counts=True)
    return np.bincount(pairs[0], np.minimum(each, OF_ONE), weeks).astype(np.float64)


def _weigh(name: str, counts: Floats, active: Floats, near: npt.NDArray[np.int64]) -> Lit:
    share = np.maximum(active, 1) / max(active[0], 1)
    usual = float((counts[1:].sum() + FEW) / share[1:].sum())
    expected = usual * share[1:]
    spread = float((((counts[1:] - expected) ** 2) / expected).sum() / (len(expected) - 1))
    like = float((counts[near].sum() + FEW) / share[near].sum())
    least = min(digits(counts[0], mean, spread) for mean in (usual, like))
    wave = counts[0] >= max(WAVE, TIMES * max(usual, like))
    return Lit(name, int(counts[0]), max(usual, like), least if wave else 0.0)


def digits(count: float, mean: float, spread: float) -> float:
    """How strange so many or more are: ``-log10`` of their chance.

    Parameters
    ----------
    count, mean : float
    spread : float
        Variance over mean; at 1 and below it is Poisson's law, else the negative binomial.

    Examples
    --------
    >>> round(digits(10, 2.0, 1.0), 2), round(digits(10, 2.0, 3.0), 2)
    (4.33, 1.76)
    """
    if count <= mean:
        return 0.0
    if spread <= 1:
        log = stats.poisson.logsf(count - 1, mean)
    else:
        size = mean / (spread - 1)
        log = stats.nbinom.logsf(count - 1, size, size / (size + mean))
    return float(min(-log / np.log(10), 300.0))


def _gate(found: list[Lit], settings: MonitorSettings) -> Gate:
    loud = [one for one in found if one.digits >= settings.sign_digits]
    worst = found[0].digits if found else 0.0
    if not loud:
        return Gate("fraud_mode", worst, settings.sign_digits,
                    f"No sign of fraud is on more events than the weeks before explain; "
                    f"{len(found)} were looked at.")
    told = ", ".join(f"{one.name} on {one.events} events instead of {one.usual:.0f}"
                     for one in loud[:NAMED])
    return Gate("fraud_mode", worst, settings.sign_digits,
                f"Signs of fraud that the weeks before do not explain: {told}.")
