"""Whether members were split over the arms as planned.

An experiment whose arms are not as large as the plan says has lost members somewhere, and its
result with them. Chi-square where each arm expects enough (Fabijan et al. 2019), otherwise exact.
Looked at every night, a p of .001 comes up by chance sooner or later; ``p_always`` stays valid
over all looks (Lindon and Malek 2022, Dirichlet mixture).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlogy
from scipy.stats import binomtest, chisquare

from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
ALARM: Final = 0.001
ENOUGH: Final = 5.0
"""Members that each arm must expect for the chi-square test (Cochran 1954)."""


@dataclass(frozen=True)
class SampleRatio:
    """Members of each arm beside what was planned.

    Parameters
    ----------
    counts : tuple of int
        Members of each arm.
    expected : tuple of float
        As many as planned.
    p : float
        Chance of a split at least as far from the plan, at one look.
    p_always : float
        The same for who looks after every member.
    """

    counts: tuple[int, ...]
    expected: tuple[float, ...]
    p: float
    p_always: float

    @property
    def alarm(self) -> bool:
        """Whether the result must not be used until the reason is found."""
        return self.p < ALARM

    @property
    def sentence(self) -> str:
        """What was found, in plain words.

        >>> print(sample_ratio([9_000, 1_000], [0.9, 0.1]).sentence)
        The split is as planned: 9,000 and 1,000 members, planned 9,000 and 1,000 (p = 1.000).
        """
        came = " and ".join(f"{n:,}" for n in self.counts)
        planned = " and ".join(f"{n:,.0f}" for n in self.expected)
        said = f"p = {self.p:.3f}" if self.p >= ALARM else f"p < {ALARM}"
        start = "The split is not as planned; do not use the result until you know why" \
            if self.alarm else "The split is as planned"  # fmt: skip
        return f"{start}: {came} members, planned {planned} ({said})."


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> SampleRatio:
    """Compare the arms with the shares that were planned.

    Where whole clusters were drawn, count clusters. Where planned shares differ by member, give
    their mean: the test then alarms a little too seldom, never too often.

    Parameters
    ----------
    counts : sequence of int
        Members assigned to each arm, two arms or more.
    shares : sequence of float
        Planned share of each arm, above 0, in all 1.

    Examples
    --------
    >>> found = sample_ratio([9_200, 800], [0.9, 0.1])
    >>> found.alarm, found.p < 1e-10
    (True, True)
    """
    found, planned = np.asarray(counts, dtype=np.int64), np.asarray(shares, dtype=np.float64)
    if found.shape != planned.shape or len(found) < 2 or found.min() < 0 or not (
        planned.min() > 0 and abs(planned.sum() - 1) < 1e-6
    ):  # fmt: skip
        raise BadInput("members and planned shares of two arms or more, shares adding to 1",
                       f"{list(counts)} and {list(shares)}", "correct them")  # fmt: skip
    planned = planned / planned.sum()
    expected = planned * found.sum()
    return SampleRatio(tuple(found.tolist()), tuple(expected.tolist()),
                       _p(found, planned, expected), _p_always(found, planned))  # fmt: skip


def _p(counts: npt.NDArray[np.int64], shares: Floats, expected: Floats) -> float:
    """Chi-square; exact where arms are small: each arm against the rest, times the arms."""
    if counts.sum() == 0:
        return 1.0
    if expected.min() >= ENOUGH:
        return float(chisquare(counts, expected).pvalue)
    total = int(counts.sum())
    arms = zip(counts.tolist(), shares.tolist(), strict=True)
    if len(counts) == 2:
        return float(binomtest(int(counts[0]), total, float(shares[0])).pvalue)
    return min(1.0, len(counts) * min(float(binomtest(n, total, p).pvalue) for n, p in arms))


def _p_always(counts: npt.NDArray[np.int64], shares: Floats) -> float:
    """One over the evidence against the plan: a Dirichlet mixture centred on it, against it."""
    prior = shares * len(shares)
    evidence = (
        gammaln(prior.sum()) - gammaln(prior.sum() + counts.sum())
        + (gammaln(prior + counts) - gammaln(prior)).sum() - xlogy(counts, shares).sum()
    )  # fmt: skip
    return float(np.exp(min(0.0, -evidence)))
