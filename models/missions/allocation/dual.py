"""Prices on points, channels and missions: the best bound they give, and a choice near it.

With a price on each limit every member simply takes his best, and what all take plus what the
limits are worth is never below the best choice (Lagrange). The lowest such bound is found by
cutting planes within a box that grows and shrinks (Marsten, Hogan and Blankenship 1975). Members
then choose in turn, those who would lose most first, as long as there is room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

from models.missions.allocation import kernels
from models.missions.allocation.answer import NONE
from models.missions.allocation.problem import ways

if TYPE_CHECKING:
    from models.missions.allocation.problem import Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
ROUNDS: Final = 300
"""Most prices tried."""
NEAR: Final = 1e-6
"""Share of the bound below which lowering it further is left."""
ENOUGH: Final = 1e-4
"""Gap at which no other draw is tried."""
DRAWS: Final = 12
"""Most draws; a second each for a million members, who hardly need another."""
SAMPLE: Final = 20_000
"""Members on whom prices are found first, where there are many more."""


@dataclass(frozen=True)
class Dual:
    """The lowest bound that was found.

    Parameters
    ----------
    price : shape (d,)
        Price of each limit.
    bound : float
        No choice within the limits gains more.
    mix : tuple of (prices of shape (d,), share)
        Prices at which parts of the members would choose so that all limits are kept on average;
        where many members are alike, no single price does that.
    """

    price: Floats
    bound: float
    mix: tuple[tuple[Floats, float], ...]


class _Cuts:
    """Planes below the bound as a function of prices."""

    def __init__(self) -> None:
        self.prices: list[Floats] = []
        self.slopes: list[Floats] = []
        self.heights: list[float] = []
        self.shares: Floats = np.ones(1)

    def add(self, price: Floats, value: float, slope: Floats) -> None:
        self.prices.append(price)
        self.slopes.append(slope)
        self.heights.append(value - float(slope @ price))

    def lowest(self, middle: Floats, reach: Floats) -> tuple[Floats, float]:
        """Price in a box, not below 0, where the planes are lowest, and how low they are."""
        planes = np.column_stack([np.array(self.slopes), np.full(len(self.slopes), -1.0)])
        box = [*zip(np.maximum(middle - reach, 0.0), middle + reach, strict=True), (None, None)]
        found = linprog(np.append(np.zeros(len(middle)), 1.0), planes, -np.array(self.heights),
                        bounds=box, method="highs")  # fmt: skip
        self.shares = np.maximum(-found.ineqlin.marginals, 0.0)
        return np.maximum(found.x[:-1], 0.0), float(found.fun)

    def mix(self) -> tuple[tuple[Floats, float], ...]:
        """Prices and shares of the planes that carry the lowest point."""
        total = float(self.shares.sum())
        return tuple((self.prices[k], float(self.shares[k] / total))
                     for k in np.flatnonzero(self.shares > 0))  # fmt: skip


def lowest(problem: Problem, seed: int) -> Dual:
    """Find the prices of the limits that give the lowest bound."""
    n = len(problem.gain)
    if not len(problem.limits):
        return Dual(np.empty(0), bound(problem, np.empty(0))[0], ((np.empty(0), 1.0),))
    if n <= 2 * SAMPLE:
        return _descend(problem, np.zeros(len(problem.limits)), 0.5)
    rows = np.sort(np.random.default_rng(seed).choice(n, SAMPLE, replace=False))
    return _descend(problem, lowest(problem.sample(rows), seed).price, 0.02)


def _descend(problem: Problem, price: Floats, width: float) -> Dual:
    """Go down from a price; ``width`` of the first box is a share of the usual prices."""
    scale = np.maximum(_scale(problem), price)
    value, slope = bound(problem, price)
    cuts = _Cuts()
    cuts.add(price, value, slope)
    for _ in range(ROUNDS):
        tried, promised = cuts.lowest(price, width * scale)
        if value - promised <= NEAR * value:
            if width >= 1 or (np.abs(tried - price) < width * scale * 0.999).all():
                break
            width *= 4
            continue
        found, slope = bound(problem, tried)
        cuts.add(tried, found, slope)
        better = (value - found) / (value - promised)
        width = min(width * 2, 1.0) if better > 0.5 else width / 2 if better < 0.1 else width
        if found < value:
            price, value = tried, found
    return Dual(price, value, cuts.mix())


def _scale(problem: Problem) -> Floats:
    """What a unit of each limit may be worth, roughly: gain per point, and a high gain."""
    has = problem.gain > 0
    gains = problem.gain[has]
    if not len(gains):
        return np.ones(len(problem.limits))
    high = np.full(len(problem.limits), np.quantile(gains, 0.99))
    if problem.budget is not None:
        high[0] = np.quantile(gains / np.maximum(problem.cost[has], 1), 0.99)
    return high


def bound(problem: Problem, price: Floats) -> tuple[float, Floats]:
    """A bound on the gain of any choice, and how it rises with each price, shape (d,).

    Parameters
    ----------
    price : shape (d,)
        At least 0 each; any such price gives a bound.
    """
    points, missions, channels = problem.spread(price)
    through, cheapest = ways(channels)
    total, spent, takers, sets = kernels.respond(
        problem.gain, problem.cost, problem.reach, points, missions, through)
    use = [spent] if problem.budget is not None else []
    use += [int(sets[cheapest == bit].sum()) for bit in problem.capacity]
    use += [int(takers[j]) for j in problem.most]
    return float(problem.limits @ price) + total, problem.limits - np.array(use, dtype=np.float64)


def choose(problem: Problem, dual: Dual, seed: int) -> Ints:
    """A mission or none for each member within all limits, led by prices, shape (n,).

    Which members of a kind get what is drawn; the best of a few draws is kept.
    """
    rng = np.random.default_rng(seed)
    best, value = _drawn(problem, dual, rng), -1.0
    for _ in range(DRAWS):
        value = max(value, problem.value(best))
        if dual.bound - value <= ENOUGH * dual.bound:
            break
        other = _drawn(problem, dual, rng)
        if problem.value(other) > value:
            best = other
    return best


def _drawn(problem: Problem, dual: Dual, rng: np.random.Generator) -> Ints:
    chosen = np.full(len(problem.gain), NONE, dtype=np.int64)
    budget, missions, sets = problem.room()
    prices, pairs = _prices(problem, dual.price), (problem.gain, problem.cost, problem.reach)
    worth, lead = kernels.preferences(*pairs, *prices)
    shuffled = rng.permutation(len(chosen))
    wish = _wishes(problem, dual, shuffled, rng)
    order = _ordered(lead, shuffled[wish[shuffled] != NONE])
    budget = kernels.grant(order, wish, *pairs, problem.free, budget, missions, sets, chosen)
    for rank, rows, floor in ((lead, worth >= 0, 0.0), (worth, np.isfinite(worth), -np.inf)):
        order = _ordered(rank, shuffled[rows[shuffled]])
        budget = kernels.walk(order, *pairs, *prices, floor, problem.free, budget,
                              missions, sets, chosen)  # fmt: skip
    kernels.upgrade(shuffled, *pairs, problem.free, budget, missions, sets, chosen)
    return chosen


def _prices(problem: Problem, price: Floats) -> tuple[float, Floats, Floats]:
    points, missions, channels = problem.spread(price)
    return points, missions, ways(channels)[0]


def _ordered(rank: Floats, rows: Ints) -> Ints:
    """Rows by falling rank; where it ties, as they stand."""
    return rows[np.argsort(-rank[rows], kind="stable")]


def _wishes(problem: Problem, dual: Dual, shuffled: Ints, rng: np.random.Generator) -> Ints:
    """What each member would take at a price of the mix drawn for him, shape (n,).

    Members who would choose alike at all of them are dealt out by share as evenly as they go.
    """
    at = [kernels.wishes(problem.gain, problem.cost, problem.reach, *_prices(problem, price))
          for price, _ in dual.mix]  # fmt: skip
    kind = np.zeros(len(shuffled), dtype=np.int64)
    for choice in at:
        kind = kind * (problem.gain.shape[1] + 1) + choice + 1
    order = shuffled[np.argsort(kind[shuffled], kind="stable")]
    starts = np.flatnonzero(np.append(True, np.diff(kind[order]) != 0))
    size = np.diff(starts, append=len(order))
    rank = np.arange(len(order)) - np.repeat(starts, size)
    drawn = (rank + np.repeat(rng.random(len(size)), size)) / np.repeat(size, size)
    which = np.searchsorted(np.cumsum([share for _, share in dual.mix])[:-1], drawn, side="right")
    wish = np.empty(len(order), dtype=np.int64)
    wish[order] = np.array(at)[which, order]
    return wish
