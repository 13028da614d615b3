"""What an allocation is: who gets which mission on which channel, and how good that is at least."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NONE: Final = -1
Method = Literal["exact", "dual"]


@dataclass(frozen=True)
class Prices:
    """What one more unit of each limit would bring, in units of gain; 0 where none is short.

    Parameters
    ----------
    points : float
        Gain of one more point of budget.
    channels : dict of str to float
        Gain of one more message, of each channel with a capacity.
    missions : tuple of float, length m
        Gain of one more place in each mission.
    """

    points: float
    channels: dict[str, float]
    missions: tuple[float, ...]


@dataclass(frozen=True)
class Allocation:
    """One mission or none for each of n members, and the proof of how good that is.

    Parameters
    ----------
    chosen, channel : shape (n,)
        Mission and position in ``CHANNELS`` of each member, -1 for none; the channel is also -1
        where channels were not asked for.
    value : float
        Gain of all that is chosen.
    bound : float
        No choice within the limits has a higher gain.
    method : "exact" or "dual"
        "exact": the best there is. "dual": within ``gap`` of it.
    prices : Prices
        Those that the bound was found with.

    Examples
    --------
    >>> none = np.array([NONE])
    >>> Allocation(none, none, 99.0, 100.0, "dual", Prices(0.0, {}, ())).gap
    0.01
    """

    chosen: Ints
    channel: Ints
    value: float
    bound: float
    method: Method
    prices: Prices

    @property
    def gap(self) -> float:
        """Share of the bound that is missed at most."""
        return (self.bound - self.value) / self.bound if self.bound > self.value else 0.0
