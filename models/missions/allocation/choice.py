"""The door: gains, costs and limits in, an `Allocation` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import CHANNELS
from features.errors import BadInput
from models.missions.allocation import dual, exact, kernels
from models.missions.allocation.answer import NONE, Allocation
from models.missions.allocation.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Ints = npt.NDArray[np.int64]
PROVED: Final = 1e-9
"""Gap from which a choice counts as the best there is."""


def allocate(
    gain: npt.ArrayLike, cost: npt.ArrayLike, budget: int | None = None, *,
    channels: Any = None, capacity: Mapping[str, int | None] | None = None,
    most: Sequence[int | None] | None = None, prefer: Sequence[Sequence[str]] | None = None,
    seed: int = 0,
) -> Allocation:  # fmt: skip
    """One mission or none for each member, so that total gain is high and all limits are kept.

    Few members: the best there is, by branch and bound. Many: near the best, by prices on the
    limits, with a bound that proves how near. The same input and seed give the same answer.

    Parameters
    ----------
    gain : shape (n, m)
        Worth of each mission for each member, its cost already taken off; -inf where excluded.
        A gain that is not above 0 loses to none.
    cost : int, shape (m,) or (n, m)
        Points of each mission, or of each member and mission; at least 0.
    budget : int or None
        Points in all; None: no limit.
    channels : uint8, shape (m,) or (n, m), or None
        Where each mission can go to each member, one bit for each of ``CHANNELS``, the first
        lowest; 0: nowhere. None: channels do not matter.
    capacity : dict of str to int or None
        Messages of each channel; a channel that is not named has no limit.
    most : sequence of int or None, length m
        Members of each mission, such as visits that can be made.
    prefer : sequence of sequences of str, length m
        Channels of each mission in the order of preference; None: in that of ``CHANNELS``.
    seed : int
        Decides among members and missions that are worth the same.

    Raises
    ------
    BadInput
        Where a limit or a cost is below 0, a channel is unknown, or shapes do not agree.

    Examples
    --------
    >>> gain = [[5.0, 8.0], [3.0, -np.inf]]
    >>> allocate(gain, [1, 10], 5).chosen
    array([0, 0])
    >>> free = allocate(gain, [1, 10])
    >>> free.chosen, free.value, free.gap, free.method
    (array([1, 0]), 11.0, 0.0, 'exact')
    >>> sms = allocate(gain, [1, 10], channels=np.uint8([8, 9]), capacity={"sms": 0})
    >>> sms.chosen, sms.channel
    (array([ 1, -1]), array([ 0, -1]))
    """
    problem = Problem.of(gain, cost, budget, channels, capacity, most, seed)
    led = dual.lowest(problem, seed)
    chosen, bound = exact.improve(problem, led, dual.choose(problem, led, seed), seed)
    rows = np.flatnonzero(chosen != NONE)
    value = float(np.asarray(gain, dtype=np.float64)[rows, chosen[rows]].sum())
    proved = bound - value <= PROVED * bound
    return Allocation(
        chosen, _channels(problem, chosen, _order(problem, prefer)), value,
        value if proved else bound, "exact" if proved else "dual", problem.named(led.price),
    )  # fmt: skip


def _channels(problem: Problem, chosen: Ints, order: Ints) -> Ints:
    """Channel of each member with a mission; the highest gains have the first pick.

    ``order`` holds bits of channels as each mission tries them, shape (m, channels).
    """
    rows = np.flatnonzero(chosen != NONE)
    first = rows[np.argsort(-problem.gain[rows, chosen[rows]], kind="stable")]
    sets = problem.room()[2]
    masks = np.bincount(problem.reach[rows, chosen[rows]], minlength=len(sets))
    for mask in np.flatnonzero(masks).tolist():
        kernels.move(sets, mask, problem.free, -int(masks[mask]))
    return kernels.place(first, problem.reach, chosen, order, problem.free, sets)


def _order(problem: Problem, prefer: Sequence[Sequence[str]] | None) -> Ints:
    listed = prefer or [()] * problem.gain.shape[1]
    unknown = sorted({name for first in listed for name in first} - set(CHANNELS))
    if unknown or len(listed) != problem.gain.shape[1]:
        came = ", ".join(unknown) or f"a list of {len(listed)}"
        raise BadInput(f"channels of {', '.join(CHANNELS)} for each mission", came, "correct them")
    orders = [[*first, *(name for name in CHANNELS if name not in first)] for first in listed]
    found = [[CHANNELS.index(name) for name in names] for names in orders]
    return np.array(found, dtype=np.int64).reshape(-1, len(CHANNELS))
