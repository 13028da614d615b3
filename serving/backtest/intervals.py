"""How far a share may lie from what was counted: Wilson's interval, and a bootstrap of members."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from features.places import Ints

Z: Final = 1.959964
"""Of a two-sided 95 % interval."""
DRAWS: Final = 400
"""Draws of a bootstrap; its ends move by a few per cent of their distance beyond."""

FEW: Final = 5
"""Fewest members that a bootstrap can draw from; of fewer it knows no spread."""


def wilson(count: int, of: int) -> tuple[float, float] | None:
    """95 % interval of a share of events, as if each stood for itself; None without events.

    Wilson 1927; it stays inside 0..1 and is no point where nothing, or all, was counted.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(5, 100)]
    [0.022, 0.112]
    >>> wilson(0, 0) is None
    True
    """
    if of == 0:
        return None
    share, spread = count / of, Z * Z / of
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any], member: Ints, seed: int = 0
          ) -> tuple[float, float] | None:
    """95 % bootstrap interval of sum(part) / sum(whole) over members; None with fewer than `FEW`.

    The events of a member are no independent evidence, so members are drawn.

    Parameters
    ----------
    part, whole, member : shape (n,)
    seed : int

    Examples
    --------
    >>> members = np.arange(5)
    >>> ratio(np.full(5, 2), np.full(5, 8), members), ratio(members, members, members // 2)
    ((0.25, 0.25), None)
    """
    _, owner = np.unique(member, return_inverse=True)
    sums = [np.bincount(owner, weights=values) for values in (part, whole)]
    if len(sums[0]) < FEW or sums[1].sum() <= 0:
        return None
    random = np.random.default_rng(seed)
    times = random.multinomial(len(sums[0]), np.full(len(sums[0]), 1 / len(sums[0])), DRAWS)
    above, below = times @ sums[0], times @ sums[1]
    drawn = above[below > 0] / below[below > 0]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)
