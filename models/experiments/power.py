"""What a control group can show before anything is sent.

Two shares compared, two-sided, by the normal approximation with the variance of each arm: the
formula behind the usual tables, without pooling (Fleiss, Levin and Paik 2003).
Members who share an outlet or a rep are not independent; the design effect says by how many times
fewer they count (Kish 1965).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
POWER: Final = 0.8
ALPHA: Final = 0.05


@dataclass(frozen=True)
class Needed:
    """Members of the control group, and of both arms together."""

    held_out: int
    total: int


def members_needed(
    base: float, effect: float, held_share: float, *, power: float = POWER, alpha: float = ALPHA,
    design: float = 1.0,
) -> Needed:  # fmt: skip
    """Members needed to show an effect, to the nearest one.

    Parameters
    ----------
    base : float
        Share that is active without an offer, 0 to 1.
    effect : float
        Rise of that share, below 0 for a fall; ``base + effect`` lies in 0 to 1.
    held_share : float
        Share of members held out, between 0 and 1.
    power, alpha : float
        Chance to show an effect that is there, and to "show" one that is not.
    design : float
        Design effect of clusters, at least 1.

    Examples
    --------
    >>> members_needed(0.10, 0.02, held_share=0.1)
    Needed(held_out=1996, total=19962)
    """
    _check(base, power, alpha, design)
    if not effect or not 0 <= base + effect <= 1 or not 0 < held_share < 1:
        raise BadInput("an effect other than 0, a reachable share, and a control group",
                       f"base {base}, effect {effect}, held out {held_share}",
                       "name another effect or share")  # fmt: skip
    odds = held_share / (1 - held_share)
    spread = _spread(base) + _spread(base + effect) * odds
    held = _width(power, alpha) ** 2 * design * spread / effect**2
    return Needed(round(held), round(held / held_share))


def smallest_effect(
    base: float, held_out: int, treated: int, *, power: float = POWER, alpha: float = ALPHA,
    design: float = 1.0,
) -> float | None:  # fmt: skip
    """The smallest rise of a share that these arms show; None where not even a rise to 1 does.

    Parameters
    ----------
    base : float
        Share that is active without an offer, 0 to 1.
    held_out, treated : int
        Members of each arm.

    Examples
    --------
    >>> smallest_effect(0.10, held_out=1996, treated=17_966)
    0.0200
    >>> smallest_effect(0.60, held_out=3, treated=1000) is None
    True
    """
    _check(base, power, alpha, design)
    if held_out < 1 or treated < 1:
        return None
    square = _width(power, alpha) ** 2 * design
    # effect² = square · (base(1-base)/held_out + (base+effect)(1-base-effect)/treated)
    quadratic = [
        1 + square / treated, -square / treated * (1 - 2 * base),
        -square * _spread(base) * (1 / held_out + 1 / treated),
    ]  # fmt: skip
    effect = float(max(np.roots(quadratic).real))
    return effect if base + effect <= 1 else None


def design_effect(sizes: Sequence[int] | npt.NDArray[np.int64], alike: float) -> float:
    """By how many times fewer members in clusters count; 1 where each stands alone.

    Parameters
    ----------
    sizes : shape (clusters,)
        Members of each cluster.
    alike : float
        Intraclass correlation, as `intraclass` measures it; below 0 counts as 0.

    Examples
    --------
    >>> design_effect([5, 5, 5], 0.1)
    1.4
    """
    members = np.asarray(sizes, dtype=np.float64)
    if not members.sum():
        return 1.0
    return 1.0 + max(float((members**2).sum() / members.sum()) - 1.0, 0.0) * max(alike, 0.0)


def intraclass(outcome: npt.ArrayLike, cluster: npt.ArrayLike) -> float:
    """How alike members of a cluster are: 0 no more than others, 1 the same.

    The analysis-of-variance estimator, for clusters of different sizes (Donner 1986); it may be
    a little below 0. 0 where clusters or members are too few to say.

    Parameters
    ----------
    outcome, cluster : shape (n,)
        Outcome and cluster of each member.

    Examples
    --------
    >>> intraclass([1, 1, 0, 0], ["a", "a", "b", "b"])
    1.0
    """
    values = np.asarray(outcome, dtype=np.float64)
    _, at = np.unique(np.asarray(cluster), return_inverse=True)
    sizes = np.bincount(at)
    n, k = len(values), len(sizes)
    if k < 2 or n <= k:
        return 0.0
    means = np.bincount(at, values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (k - 1)
    within = float(((values - means[at]) ** 2).sum()) / (n - k)
    usual = (n - float((sizes**2).sum()) / n) / (k - 1)
    whole = between + (usual - 1) * within
    return (between - within) / whole if whole > 0 else 0.0


def _spread(share: float) -> float:
    return share * (1 - share)


def _width(power: float, alpha: float) -> float:
    return float(norm.isf(alpha / 2) + norm.ppf(power))


def _check(base: float, power: float, alpha: float, design: float) -> None:
    if not (0 <= base <= 1 and 0 < alpha < 1 and 0.5 <= power < 1 and design >= 1):
        raise BadInput("a base of 0 to 1, alpha below 1, power from 0.5, design effect from 1",
                       f"base {base}, alpha {alpha}, power {power}, design effect {design}",
                       "correct them")  # fmt: skip
