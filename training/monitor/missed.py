"""Whether more fraud gets past the model: a sequential test whose false alarms are counted.

Week by week, members with a fraud that was approved and proved since, by an audit or a bank and
not by those whom the model sends cases, are held against members who were active. Members and not
events: one hand is one proof. In the weeks before the model learnt the rate is known but for its
own chance; the upper end of its 99 % interval is taken. For a rate that is ``r`` times that the
likelihood ratio of a week is a bet whose expected value is at most 1 while nothing has changed.
The sum over all weeks at which one could have begun to bet, a Shiryaev-Roberts statistic over an
even mixture of ratios, reaches ``A`` once in ``A`` weeks at most, on average, while nothing has
changed (Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change
detection", 2022). The weeks count by when the proof was known, and only what was known counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from training.monitor.gate import Gate
from training.splits import DAY_MS

if TYPE_CHECKING:
    from features.places import Ints
    from training.settings import MonitorSettings

Floats = npt.NDArray[np.float64]
WEEK: Final = 7 * DAY_MS
RATIOS: Final = (1.5, 2.0, 3.0, 5.0, 8.0)
"""Times as much missed fraud as before that are bet on, evenly."""
SURE: Final = 0.98
"""Two-sided confidence whose upper end is passed by chance one time in a hundred."""
LEAST_WEEKS: Final = 8


class Missed(NamedTuple):
    """Members with a proved missed fraud of each week, and how loud that is.

    Parameters
    ----------
    weeks : int
        Tested.
    members, expected : float
        With such a fraud in the tested weeks, and at most expected.
    evidence : float
        The statistic at the last week.
    """

    weeks: int
    members: float
    expected: float
    evidence: float


def look(proved: Ints, active: Ints, learnt: int, settings: MonitorSettings
         ) -> tuple[Missed | None, Gate]:
    """Test the weeks that came after the model learnt.

    Parameters
    ----------
    proved, active : int64, shape (weeks,)
        Members with a missed fraud that became known, and active members, of each whole week,
        the oldest first.
    learnt : int
        Weeks of these that came before the model learnt.

    Examples
    --------
    >>> from training.settings import read_settings
    >>> settings = read_settings().monitor
    >>> calm, wave = np.full(40, 2), np.r_[np.full(32, 2), np.full(8, 12)]
    >>> active = np.full(40, 900)
    >>> [look(weeks, active, 26, settings)[1].passed for weeks in (calm, wave)]
    [True, False]
    """
    if learnt < LEAST_WEEKS or learnt >= len(proved) or not active[:learnt].sum():
        return None, Gate("missed_fraud", None, 1.0,
                          "Too few weeks are known to say whether more fraud is missed.")
    before = int(proved[:learnt].sum())
    rate = float(stats.chi2.ppf(1 - (1 - SURE) / 2, 2 * (before + 1)) / 2) / active[:learnt].sum()
    expected = rate * active[learnt:]
    found = Missed(len(proved) - learnt, float(proved[learnt:].sum()), float(expected.sum()),
                   evidence(proved[learnt:], expected))
    loud = found.evidence >= settings.missed_weeks
    return found, Gate(
        "missed_fraud", float(np.log(max(found.evidence, 1.0)) / np.log(settings.missed_weeks)),
        1.0, f"{found.members:.0f} members had a fraud approved and proved since; at most "
        f"{found.expected:.0f} are usual in {found.weeks} weeks: that is "
        f"{'more than' if loud else 'within'} what chance explains. By chance alone this alarm "
        f"comes once in {settings.missed_weeks} weeks at most.")


def evidence(counts: Ints, expected: Floats) -> float:
    """Shiryaev-Roberts statistic of weekly counts over an even mixture of `RATIOS`.

    Parameters
    ----------
    counts : int64, shape (weeks,)
    expected : float64, shape (weeks,)
        At most, while nothing has changed; above 0.

    Examples
    --------
    >>> calm, wave = (evidence(np.full(8, count), np.full(8, 2.0)) for count in (2, 6))
    >>> bool(calm < 8 < wave)
    True
    """
    sums = np.zeros(len(RATIOS))
    ratios = np.array(RATIOS)
    for count, mean in zip(counts.tolist(), expected.tolist(), strict=True):
        sums = (1 + sums) * np.exp(count * np.log(ratios) - (ratios - 1) * mean)
        sums = np.minimum(sums, 1e300)
    return float(sums.mean())
