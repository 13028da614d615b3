"""What a rule for choosing missions would have brought, from decisions drawn by another rule.

A policy gives each row a chance of every arm. Two estimates, each with a 95 % interval from its
influence function, by cluster where rows are not independent: `snips` weighs the outcomes of rows
that got what the policy would have given, `doubly_robust` takes what is expected and corrects it
by those rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.weighted import Z

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A mean outcome, or a difference of two, with its standard error and 95 % interval."""

    value: float
    error: float

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.value - Z * self.error

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.value + Z * self.error

    def as_dict(self) -> dict[str, float]:
        """Value and interval."""
        return {"value": self.value, "low": self.low, "high": self.high}


def mean_of(rows: Floats, clusters: Any = None) -> Estimate:
    """Mean of rows of shape (n,) with the error of independent rows, or of independent clusters.

    The error sums what rows of a cluster are off together (Liang and Zeger 1986). NaN where there
    is no row, and infinite with a single cluster: it tells nothing about others.

    Examples
    --------
    >>> mean_of(np.array([0.0, 1.0, 0.0, 1.0])).error.__round__(4)
    0.2887
    >>> mean_of(np.array([0.0, 1.0, 0.0, 1.0]), [1, 2, 1, 2]).error.__round__(4)
    0.5
    """
    count = len(rows)
    if not count:
        return Estimate(float("nan"), float("nan"))
    value = float(rows.mean())
    off = np.asarray(rows - value, dtype=np.float64)
    if clusters is not None:
        off = np.bincount(np.unique(clusters, return_inverse=True)[1], off).astype(np.float64)
    groups = len(off)
    if groups == 1:
        return Estimate(value, float("inf"))
    return Estimate(value, float(np.sqrt((off**2).sum() * groups / (groups - 1)) / count))


def everybody(arm: int, chance: Floats) -> Floats:
    """The policy of one arm for all, shape (n, arms); who could not get it is left alone.

    Examples
    --------
    >>> everybody(1, np.array([[0.5, 0.5], [1.0, 0.0]]))
    array([[0., 1.],
           [1., 0.]])
    """
    return chosen(np.where(chance[:, arm] > 0, arm, 0), chance.shape[1])


def chosen(arm: Any, arms: int) -> Floats:
    """The policy that gives each row one arm for sure, shape (n, arms)."""
    return np.eye(arms)[np.asarray(arm, dtype=np.int64)]


def best_of(effect: Floats, chance: Floats) -> Ints:
    """Arm of the highest effect among those open to each row, 0 where none is above 0: (n,).

    Examples
    --------
    >>> best_of(np.array([[0.1, 0.2], [-0.1, 0.2]]), np.array([[.4, .3, .3], [.5, .5, 0.]]))
    array([2, 0])
    """
    gain = np.where(chance[:, 1:] > 0, effect, -np.inf)
    best = gain.argmax(axis=1)
    return np.where(gain[np.arange(len(gain)), best] > 0, best + 1, 0)


def doubly_robust(pseudo: Floats, policy: Floats) -> Floats:
    """Outcome of each row under a policy, right on average, shape (n,); `mean_of` sums it up.

    Parameters
    ----------
    pseudo : shape (n, arms)
        Of `models.uplift.dr_learner.pseudo_outcomes`; NaN where an arm was not open.
    policy : shape (n, arms)
        Chance of each arm; 0 where an arm was not open.
    """
    return np.where(policy > 0, policy * pseudo, 0.0).sum(axis=1)


def snips(
    y: Floats, arm: Ints, chance: Floats, policy: Floats, clusters: Any = None
) -> Estimate:
    """Self-normalised inverse propensity estimate (Swaminathan and Joachims 2015).

    Examples
    --------
    >>> half = np.full((4, 2), 0.5)
    >>> y, arm = np.array([1.0, 0.0, 1.0, 1.0]), np.array([1, 0, 1, 0])
    >>> snips(y, arm, half, everybody(1, half)).value
    1.0
    """
    own = np.arange(len(y))
    weight = policy[own, arm] / chance[own, arm]
    if not weight.any():
        return Estimate(float("nan"), float("nan"))
    value = float((weight * y).sum() / weight.sum())
    return Estimate(value, mean_of(weight * (y - value) / weight.mean(), clusters).error)
