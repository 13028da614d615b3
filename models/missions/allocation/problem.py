"""An allocation to solve: gains, costs and limits, checked once and put in the form of the solvers.

Channels need no variable of their own. A set of members finds room exactly where, for each set of
capped channels, no more members depend on it than it has places (Hall 1935), so that "one more
member fits" is a look at a few counters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import CHANNELS
from features.errors import BadInput
from models.missions.allocation.answer import Prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint8]
SETS: Final = 256
"""Sets of channels that fit a byte."""
ENDLESS: Final = 1 << 62
TIE: Final = 1e-10
"""Relative noise that decides between members and missions that are worth the same."""


@dataclass(frozen=True)
class Problem:
    """Gains of n members and m missions, and d limits.

    Parameters
    ----------
    gain : shape (n, m)
        Above 0, or -inf where the pair is out of the question.
    cost : shape (n, m)
        Points of each pair.
    reach : uint8 of shape (n, m)
        Channels open for each pair, one bit each; 0 throughout where channels do not matter.
    budget : int or None
        Points in all.
    capacity : dict of int to int
        Places of each capped channel, by bit.
    most : dict of int to int
        Places of each limited mission.
    """

    gain: Floats
    cost: Ints
    reach: Masks
    budget: int | None
    capacity: dict[int, int]
    most: dict[int, int]

    @classmethod
    def of(
        cls, gain: npt.ArrayLike, cost: npt.ArrayLike, budget: int | None, reach: Any,
        capacity: Mapping[str, int | None] | None, most: Sequence[int | None] | None, seed: int,
    ) -> Problem:  # fmt: skip
        """Check what was handed in; BadInput says what is wrong with it.

        Gains are raised by a little noise, so that between equals the seed decides and not the
        order in which they stand; a bound on raised gains is one on the gains.
        """
        gains = np.array(gain, dtype=np.float64, ndmin=2, order="C")
        if gains.ndim != 2 or np.isnan(gains).any() or np.isposinf(gains).any():
            raise BadInput("gains of members x missions, finite or -inf", "another shape or value",
                           "give -inf where a mission is excluded")  # fmt: skip
        points = _whole(cost, "costs in whole points, at least 0", gains.shape)
        if budget is not None and budget < 0:
            raise BadInput("a budget of 0 points or more", str(budget), "name a budget, or none")
        capped = _capped(capacity or {}, reach is None)
        limited = _limited(most, gains.shape[1])
        masks = _masks(reach, gains.shape)
        out = ~(gains > 0)
        if budget is not None:
            out |= points > budget
        if reach is not None:
            full = sum(1 << bit for bit, places in capped.items() if places == 0)
            masks = masks & np.uint8(SETS - 1 - full)
            out |= masks == 0
        out[:, [j for j, places in limited.items() if places == 0]] = True
        gains[out] = -np.inf
        rng = np.random.default_rng(seed)
        for j in range(gains.shape[1]):
            gains[:, j] *= 1 + TIE * rng.random(len(gains))
        return cls(gains, points.astype(np.int64, "C"), masks, budget, capped, limited)

    @property
    def limits(self) -> Floats:
        """Points, places of channels, places of missions: as far as limited, shape (d,)."""
        points = () if self.budget is None else (self.budget,)
        return np.array([*points, *self.capacity.values(), *self.most.values()], dtype=np.float64)

    @property
    def free(self) -> int:
        """Channels without a capacity, one bit each."""
        return SETS - 1 - sum(1 << bit for bit in self.capacity)

    def room(self) -> tuple[int, Ints, Ints]:
        """Points left, places left in each mission, and in each set of capped channels."""
        missions = np.full(self.gain.shape[1], ENDLESS)
        for j, places in self.most.items():
            missions[j] = places
        sets = np.full(SETS, ENDLESS)
        for mask in range(1, SETS):
            if not mask & self.free:
                sets[mask] = sum(n for bit, n in self.capacity.items() if mask >> bit & 1)
        return ENDLESS if self.budget is None else self.budget, missions, sets

    def sample(self, rows: Ints) -> Problem:
        """The same problem for some of the members, at their share of the limits."""
        share = len(rows) / len(self.gain)
        return replace(
            self, gain=self.gain[rows], cost=self.cost[rows], reach=self.reach[rows],
            budget=None if self.budget is None else round(self.budget * share),
            capacity={bit: round(n * share) for bit, n in self.capacity.items()},
            most={j: round(n * share) for j, n in self.most.items()},
        )  # fmt: skip

    def spread(self, price: Floats) -> tuple[float, Floats, Floats]:
        """Price of a point, of a place in each mission (m,), and in each channel by bit (8,)."""
        capped = slice(self.budget is not None, (self.budget is not None) + len(self.capacity))
        channels, missions = np.zeros(8), np.zeros(self.gain.shape[1])
        channels[list(self.capacity)] = price[capped]
        missions[list(self.most)] = price[capped.stop :]
        return float(price[0]) if self.budget is not None else 0.0, missions, channels

    def priced(self, price: Floats) -> Floats:
        """By how much each pair is worse at these prices than the member's best, shape (n, m).

        0 for the best, which may be none; below 0 for the others.
        """
        points, missions, channels = self.spread(price)
        left = self.gain - points * self.cost - missions - ways(channels)[0][self.reach]
        return left - left.max(axis=1, initial=0.0)[:, None]

    def value(self, chosen: Ints) -> float:
        """Gain of a choice."""
        rows = np.flatnonzero(chosen >= 0)
        return float(self.gain[rows, chosen[rows]].sum())

    def fits(self, chosen: Ints) -> bool:
        """Whether a choice keeps all limits."""
        rows = np.flatnonzero(chosen >= 0)
        budget, missions, sets = self.room()
        masks = np.bincount(self.reach[rows, chosen[rows]], minlength=SETS)
        masks[0] = 0
        within = np.arange(SETS)[:, None] & ~np.arange(SETS) == 0
        return bool(
            self.cost[rows, chosen[rows]].sum() <= budget
            and (np.bincount(chosen[rows], minlength=len(missions)) <= missions).all()
            and (masks @ within <= sets).all()
            and np.isfinite(self.gain[rows, chosen[rows]]).all()
        )

    def named(self, price: Floats) -> Prices:
        """Prices by name, for people."""
        points, missions, channels = self.spread(price)
        return Prices(points, {CHANNELS[bit]: float(channels[bit]) for bit in self.capacity},
                      tuple(missions.tolist()))  # fmt: skip


def ways(channels: Floats) -> tuple[Floats, Ints]:
    """Price of the cheapest channel in each set of channels, and its bit, shape (256,) each.

    Parameters
    ----------
    channels : shape (8,)
        Price of a place in each channel, by bit.
    """
    inside = np.arange(SETS)[:, None] >> np.arange(8) & 1 > 0
    prices = np.where(inside, channels, np.inf)
    cheapest = np.where(inside.any(axis=1), prices.argmin(axis=1), -1)
    return np.where(cheapest >= 0, prices.min(axis=1), 0.0), cheapest


def _whole(value: Any, wanted: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Whole numbers from 0 on, of a shape; the last axis alone will do."""
    found = np.asarray(value)
    if not found.size:
        found = found.astype(np.int64)
    if found.dtype.kind not in "iu" or found.min(initial=0) < 0:
        raise BadInput(wanted, f"{found.dtype} from {found.min()}", "round them, none below 0")
    if found.shape not in (shape, shape[1:]):
        raise BadInput(f"{wanted}, of shape {shape} or {shape[1:]}", f"shape {found.shape}",
                       "give one for each mission, or for each member and mission")  # fmt: skip
    return np.broadcast_to(found, shape)


def _masks(reach: Any, shape: tuple[int, ...]) -> Masks:
    if reach is None:
        return np.zeros(shape, dtype=np.uint8)
    found = _whole(reach, "channels as bits", shape)
    if found.max(initial=0) >= 1 << len(CHANNELS):
        raise BadInput(f"bits of {', '.join(CHANNELS)}", f"a mask of {found.max()}",
                       "set one bit for each channel, the first lowest")  # fmt: skip
    return found.astype(np.uint8, "C")


def _capped(capacity: Mapping[str, int | None], aimless: bool) -> dict[int, int]:
    """Places by bit of each capped channel."""
    unknown = sorted(set(capacity) - set(CHANNELS))
    if unknown:
        raise BadInput(f"channels of {', '.join(CHANNELS)}", ", ".join(unknown), "correct them")
    found = {CHANNELS.index(name): int(n) for name, n in capacity.items() if n is not None}
    if min(found.values(), default=0) < 0:
        raise BadInput("a capacity of 0 messages or more", str(dict(capacity)), "correct it")
    if found and aimless:
        raise BadInput("the channels of each member and mission", "capacities alone",
                       "say where each mission may go")  # fmt: skip
    return dict(sorted(found.items()))


def _limited(most: Sequence[int | None] | None, missions: int) -> dict[int, int]:
    """Places of each limited mission."""
    if most is None:
        return {}
    if len(most) != missions or min((n for n in most if n is not None), default=0) < 0:
        raise BadInput(f"a limit of 0 or more, or none, for each of {missions} missions",
                       str(list(most)), "give None where there is no limit")  # fmt: skip
    return {j: int(n) for j, n in enumerate(most) if n is not None}
