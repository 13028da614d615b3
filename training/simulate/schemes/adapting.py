"""Adapting: what an actor does once the program has refused or held something of his.

He learns only what the program shows him. Each tool takes events in their order of time and the
mask of those that come after the blow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.outcomes import CREDITED, HELD
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.schemes.bill import Dice, new_phone
from training.simulate.sheet import AUTO

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

HELD_IN_PASSING: Final = 0.05
"""How often the old engine happens to hold an event of a busy scheme."""


def blows(dice: Dice, count: int, share: float = HELD_IN_PASSING, verdict: int = HELD,
          patience: int = 1) -> tuple[Ints, Array]:
    """The old engine's outcome of each try, and which tries come after the first ``patience``.

    >>> outcome, after = blows(np.random.default_rng(1), 4, share=1.0, patience=2)
    >>> outcome.tolist(), after.tolist()
    ([1, 1, 1, 1], [False, False, True, True])
    """
    struck = dice.random(count) < share
    outcome = np.where(struck, verdict, CREDITED).astype(np.int64)
    before: Ints = np.cumsum(struck) - struck
    return outcome, np.greater_equal(before, patience)


def other_phone(stage: Stage, dice: Dice, member: int, time: Ints, after: Array) -> Ints:
    """The usual phone until the blow, then one that nobody had before."""
    device = np.full(len(time), AUTO)
    if after.any():
        device[after] = new_phone(stage, dice, member, int(time[after][0]), 0.3)
    return device


def other_hands(stage: Stage, dice: Dice, member: Ints, time: Ints, after: Array) -> Ints:
    """The same person until the blow, then a friend of the same region with a good name."""
    if not after.any():
        return member
    friends = stage.cheats(dice, 6, INFLUENCER, RETAILER, before=int(time[0]))
    region = stage.members.region
    near = friends[region[friends] == region[member[0]]]
    pick = near if len(near) else friends
    return np.where(after, pick[0], member) if len(pick) else member


def slower(time: Ints, after: Array, factor: float) -> Ints:
    """The same pace until the blow, then ``factor`` times the gaps.

    >>> slower(np.array([0, 10, 20, 30]), np.array([False, False, True, True]), 3.0).tolist()
    [0, 10, 40, 70]
    """
    gaps = np.diff(time, prepend=time[:1]) * np.where(after, factor, 1.0)
    return (time[:1] + np.cumsum(gaps)).astype(np.int64)


def blurred(dice: Dice, place: Array, after: Array, metres: float = 25.0) -> Array:
    """Coordinates repeated to the last digit until the blow, then shaken like a real phone's."""
    return place + np.where(after, dice.normal(0, metres / 111_195, len(place)), 0.0)
