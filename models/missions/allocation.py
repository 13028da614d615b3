"""One mission or none for each member, under a budget of points and channel capacities.

Members x missions is a matrix of gains; with a price on each point every member simply takes his
best, and the price is found by halving. What the price leaves over is filled by gain per point.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NONE: Final = -1
HALVINGS: Final = 60


def allocate(gain: Floats, cost: Ints, budget: int | None) -> Ints:
    """Mission of each member, -1 for none, so that total gain is high and cost fits the budget.

    Parameters
    ----------
    gain : shape (n, m)
        Worth of each mission for each member, its cost already taken off; -inf where excluded.
        A gain that is not above 0 loses to none.
    cost : shape (m,)
        Points of each mission.
    budget : int or None
        Points in all; None: no limit.

    Examples
    --------
    >>> allocate(np.array([[5.0, 8.0], [3.0, -np.inf]]), np.array([1, 10]), 5)
    array([0, 0])
    >>> allocate(np.array([[5.0, 8.0], [3.0, -np.inf]]), np.array([1, 10]), None)
    array([1, 0])
    """
    if gain.shape[1] == 0:
        return np.full(len(gain), NONE, dtype=np.int64)
    free = _best(gain, cost, 0.0)
    if budget is None or _total(free, cost) <= budget:
        return free
    low, high = 0.0, float(np.max(np.where(np.isfinite(gain), gain, 0.0))) + 1.0
    for _ in range(HALVINGS):
        price = (low + high) / 2
        if _total(_best(gain, cost, price), cost) > budget:
            low = price
        else:
            high = price
    return _filled(gain, cost, _best(gain, cost, high), budget)


def _best(gain: Floats, cost: Ints, price: float) -> Ints:
    """Best mission of each member when a point costs ``price`` of gain."""
    priced = gain - price * cost
    best = priced.argmax(axis=1)
    return np.where(priced[np.arange(len(gain)), best] > 0, best, NONE)


def _total(chosen: Ints, cost: Ints) -> int:
    return int(cost[chosen[chosen != NONE]].sum())


def _filled(gain: Floats, cost: Ints, chosen: Ints, budget: int) -> Ints:
    """Give what is left of the budget to the members without a mission, best ratio first."""
    left = budget - _total(chosen, cost)
    rows = np.flatnonzero(chosen == NONE)
    ratio = gain[rows] / np.maximum(cost, 1)
    mission = ratio.argmax(axis=1)
    worth = ratio[np.arange(len(rows)), mission]
    filled = chosen.copy()
    for i in np.argsort(-worth, kind="stable").tolist():
        if worth[i] <= 0 or left < cost.min():
            break
        if cost[mission[i]] <= left:
            filled[rows[i]] = mission[i]
            left -= int(cost[mission[i]])
    return filled
