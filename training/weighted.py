"""A share among rows that each stand for many, and how far to trust it.

A row seen with chance p stands for 1 / p rows. The share is then right on average, but rests on
fewer rows than were seen: weights differ, and rows of one member tell much the same. The effective
size says how many independent rows of equal weight would tell as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Array = npt.NDArray[Any]
Z: Final = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class Share:
    """A weighted share with its 95 % interval and the effective size behind it."""

    value: float
    low: float
    high: float
    effective: float


def weighted_share(truth: Array, weight: Array, member: Array) -> Share:
    """Share of the weight that is true, with Wilson's interval at the effective size.

    Parameters
    ----------
    truth : bool or 0/1, shape (n,)
    weight : float, shape (n,)
        How many rows each stands for, above 0.
    member : int, shape (n,)
        Whose row it is: rows of one member are no independent evidence.

    Returns
    -------
    Share
        NaN throughout where there is no row.

    Examples
    --------
    >>> found = weighted_share(np.array([1, 0]), np.array([10.0, 30.0]), np.array([1, 2]))
    >>> found.value, round(found.effective, 1)
    (0.25, 1.3)
    """
    if not len(truth):
        return Share(float("nan"), float("nan"), float("nan"), 0.0)
    each, true = np.asarray(weight, float), np.asarray(truth, float)
    value = float((each * true).sum() / each.sum())
    size = _effective(true, each, member, value)
    return Share(value, *wilson(value, size), size)


def kish(weight: Floats) -> float:
    """Effective size of unequal weights alone (Kish 1965).

    >>> kish(np.array([2.0, 2.0, 2.0])), kish(np.array([1.0, 3.0]))
    (3.0, 1.6)
    """
    return float(weight.sum() ** 2 / (weight**2).sum())


def wilson(share: float, size: float) -> tuple[float, float]:
    """95 % interval of a share seen in ``size`` rows (Wilson 1927); ``size`` may be a fraction.

    >>> [round(end, 4) for end in wilson(0.0, 30)]
    [0.0, 0.1135]
    """
    spread = Z * Z / size
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(share * (1 - share) / size + spread / (4 * size))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _effective(true: Floats, weight: Floats, member: Array, value: float) -> float:
    """Size at which a plain share would vary as much as this one does between members.

    By linearisation with members as clusters; where all rows agree nothing varies, and the weights
    of whole members count.
    """
    _, owner = np.unique(member, return_inverse=True)
    whole = kish(np.bincount(owner, weight).astype(np.float64))
    if not 0 < value < 1 or owner.max() == 0:
        return whole
    off = np.bincount(owner, weight * (true - value))
    groups = len(off)
    variance = groups / (groups - 1) * float((off**2).sum()) / float(weight.sum()) ** 2
    rows = kish(weight)
    return min(value * (1 - value) / variance, rows) if variance > 0 else min(whole, rows)
