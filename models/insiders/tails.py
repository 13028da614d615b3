"""How odd a count is among peers: tails that allow for peers who differ, and for many tests."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

LEAST_SPREAD: Final = 0.01
"""Honest people in one seat differ at least so much (correlation within a person): with few peers
none may be seen, and a plain binomial would call every habit a finding."""
MOST_SPREAD: Final = 0.3
FEWEST_PEERS: Final = 2


def peer_tails(hits: Floats, trials: Floats, expected: Floats) -> Floats:
    """Chance that a person like his peers has at least so many hits.

    Parameters
    ----------
    hits, trials : shape (people,)
        What was counted of each.
    expected : shape (people,)
        Hits that the cases of each would have at the rate of all; only its shape matters, the
        level is taken from the others.

    Returns
    -------
    shape (people,); 1 where there are fewer than `FEWEST_PEERS` others.

    Examples
    --------
    >>> trials = np.full(6, 50.0)
    >>> peer_tails(np.array([5.0, 4, 6, 5, 3, 30]), trials, trials * 0.1).round(4).tolist()[-1]
    0.0
    """
    out = np.ones(len(hits))
    for one in range(len(hits)):
        others = np.arange(len(hits)) != one
        others &= (trials > 0) & (expected > 0)
        if others.sum() < FEWEST_PEERS or not trials[one] or not expected[one]:
            continue
        # Half a hit of doubt on both sides: nobody among the peers is not the same as never.
        level = (hits[others].sum() + 0.5) / (expected[others].sum() + 0.5)
        mean = float(np.clip(level * expected[one] / trials[one], 1e-6, 0.999))
        spread = _spread(hits[others], trials[others], level * expected[others])
        out[one] = beta_tail(hits[one], trials[one], mean, spread)
    return out


def beta_tail(hits: float, trials: float, mean: float, spread: float) -> float:
    """Upper tail of a beta-binomial of that mean and correlation within a person.

    >>> round(beta_tail(5, 10, 0.5, 1e-6), 3)
    0.623
    """
    size = 1 / spread - 1
    return float(stats.betabinom.sf(hits - 1, trials, mean * size, (1 - mean) * size))


def _spread(hits: Floats, trials: Floats, expected: Floats) -> float:
    """Correlation within a person, by moments."""
    share = np.clip(expected / trials, 1e-6, 0.999)
    odd = (hits - expected) ** 2 / (trials * share * (1 - share))
    extra = odd.mean() - 1
    return float(np.clip(extra / max(trials.mean() - 1, 1), LEAST_SPREAD, MOST_SPREAD))


def share_tail(hits: int, trials: int, other_hits: int, other_trials: int) -> float:
    """Fisher's exact test, one-sided: the share is above the other; 1 where either is empty.

    >>> round(share_tail(3, 3, 0, 3), 3)
    0.05
    """
    if not trials or not other_trials:
        return 1.0
    table = [[hits, trials - hits], [other_hits, other_trials - other_hits]]
    return float(stats.fisher_exact(table, alternative="greater")[1])


def together(ps: list[float], least: float = 1e-300) -> float:
    """Fisher's way to read several independent signs as one.

    >>> round(together([0.05, 0.05]), 4)
    0.0175
    """
    total = -2 * sum(np.log(max(p, least)) for p in ps)
    return float(stats.chi2.sf(total, 2 * len(ps)))


def discoveries(ps: Floats) -> Floats:
    """Share of false ones among all findings at least as strong, by Benjamini and Hochberg.

    >>> discoveries(np.array([0.01, 0.02, 0.9])).round(3).tolist()
    [0.03, 0.03, 0.9]
    """
    if not len(ps):
        return ps
    order = np.argsort(ps)
    ranked = ps[order] * len(ps) / np.arange(1, len(ps) + 1)
    q = np.empty(len(ps))
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1]
    return np.minimum(q, 1.0)
