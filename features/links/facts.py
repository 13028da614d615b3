"""What can be told of a ring without naming anyone: how many share what, who came together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.links.kinds import TOGETHER_MS
from features.places import MISSING

if TYPE_CHECKING:
    from features.places import Ints


class Facts(NamedTuple):
    """A ring in numbers.

    Parameters
    ----------
    size : int
        Its members.
    shared : tuple of (str, int)
        Kinds of identifiers that they share, and the most members of one of them; most first.
    together : int
        Most members who joined within seven days of one another.
    refer : bool
        Whether members referred one another.
    """

    size: int
    shared: tuple[tuple[str, int], ...]
    together: int
    refer: bool


def most_together(joined: Ints) -> int:
    """Count the most members who joined within seven days, out of when each did.

    >>> most_together(np.array([0, 3, 7, 15]) * 86_400_000)
    3
    """
    when = np.sort(joined[joined != MISSING])
    within = np.searchsorted(when, when + TOGETHER_MS, "right") - np.arange(len(when))
    return int(within.max(initial=0))
