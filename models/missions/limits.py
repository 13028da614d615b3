"""What there is to spend: points, messages by channel, places in a mission, suggestions.

A limit is a number of units, and each choice uses some of them. A part of each is put aside for
trying missions, because a trial must never spend what is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import CHANNELS
from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
RESERVE: Final = 0.1
"""Share of a limit that is put aside. A judgement: what trying may cost of a budget."""
RARE: Final = 1e-4
"""Bound on the chance that trials would use more than is put aside; then some are not made."""
POINTS: Final = "points"
Limit = str | int
"""What is limited: ``points``, a channel by name, a mission by position."""


@dataclass(frozen=True)
class Limits:
    """Units of everything that is short; what is not named has no limit.

    Parameters
    ----------
    budget : int or None
        Points.
    capacity : dict of str to int
        Messages by channel.
    most : tuple of int or None, length m
        Places in each mission.
    """

    budget: int | None
    capacity: Mapping[str, int]
    most: tuple[int | None, ...]

    def __post_init__(self) -> None:
        if self.budget is not None and self.budget < 0:
            raise BadInput("a budget of 0 points or more", str(self.budget),
                           "name a budget, or none for no limit")  # fmt: skip
        for name, messages in self.capacity.items():
            if name not in CHANNELS or messages < 0:
                raise BadInput(f"a capacity of 0 or more for {', '.join(CHANNELS)}",
                               f"{messages} for {name}"[:80], "correct it")  # fmt: skip

    @property
    def named(self) -> dict[Limit, int]:
        """Units by limit."""
        found: dict[Limit, int] = {} if self.budget is None else {POINTS: self.budget}
        found.update(self.capacity)
        found.update({j: most for j, most in enumerate(self.most) if most is not None})
        return found

    def sparing(self, names: Iterable[Limit]) -> Limits:
        """The limits with a part of the named ones put aside."""
        less = {name: units - int(np.ceil(RESERVE * units)) for name, units in self.named.items()
                if name in set(names)}  # fmt: skip
        return Limits(
            less.get(POINTS, self.budget),
            {name: less.get(name, units) for name, units in self.capacity.items()},
            tuple(less.get(j, units) for j, units in enumerate(self.most)),
        )

    def uses(self, cost: Ints, mission: Ints, channel: Ints) -> Iterator[tuple[Limit, Floats]]:
        """Units of each limit that choices use, of the shape of ``mission``.

        Parameters
        ----------
        cost : shape (m,)
            Points of each mission.
        mission, channel : same shape
            Positions, -1 for none.
        """
        paid = np.append(cost, 0)[mission]
        for name in self.named:
            if name == POINTS:
                yield name, paid.astype(np.float64)
            elif isinstance(name, int):
                yield name, (mission == name).astype(np.float64)
            else:
                yield name, (channel == CHANNELS.index(name)).astype(np.float64)


def payable(extra: Floats, units: float, wanted: float) -> float:
    """Largest chance up to ``wanted`` of trying each of some options, so that the units suffice.

    Bernstein's inequality for the sum of independent trials, at a chance of `RARE`.

    Parameters
    ----------
    extra : shape (k,)
        Units that each option uses beyond the usual choice, above 0.
    units : float
        Units put aside.

    Examples
    --------
    >>> payable(np.full(1000, 50.0), 5000.0, 0.05)
    0.050
    >>> round(payable(np.full(1000, 50.0), 2000.0, 0.05), 3)
    0.018
    >>> payable(np.full(4, 50.0), 100.0, 0.05)
    0.0
    """
    if not len(extra) or extra.sum() <= units:
        return wanted
    mean, square, most = float(extra.sum()), float((extra**2).sum()), float(extra.max())
    rare = np.log(1 / RARE)

    def fits(chance: float) -> bool:
        left = units - chance * mean
        return left > 0 and left**2 >= 2 * rare * (chance * square + most * left / 3)

    low, high = 0.0, wanted
    if fits(high):
        return wanted
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
