"""The desk: who reviews, who among them is bought, and who is the specialist of a region.

One reviewer waves a friendly ring through, within seconds of opening its cases; another one gets
nearly all cases of one region because he knows it, which looks similar and is honest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.dress import staff_count

if TYPE_CHECKING:
    from training.simulate.program import World

Array = npt.NDArray[Any]

TO_THE_SPECIALIST: Final = 0.85
"""Share of his region's cases that the specialist takes."""
TO_A_FRIEND: Final = 0.8
"""Share of the friendly ring's cases that the bought reviewer takes for himself."""
VIEWED: Final = (7 * 60.0, 0.9)
WAVED: Final = (11.0, 0.5)
"""Median seconds and sigma of a review on the screen, and of one waved through."""
HURRIED: Final = 0.75
"""Share of the friends' cases that he does not even read."""
WAITS: Final = 0.35
"""Share of the cases that wait for a paper or a call, and the days that takes at most."""
WAIT_DAYS: Final = 4.0
ROLES: Final = ("clerk", "reviewer")
CLERK, REVIEWER = range(len(ROLES))


@dataclass(frozen=True)
class Desk:
    """Reviewers by number from 0; their staff accounts begin at ``first_agent``."""

    reviewers: int
    bought: int
    specialist: int
    region: int
    first_agent: int

    @classmethod
    def of(cls, world: World) -> Desk:
        """The desk of a world.

        >>> from training.simulate.program import build_world
        >>> desk = Desk.of(build_world("farmers", 3000, 10, 1, None))
        >>> desk.reviewers, desk.bought != desk.specialist
        (5, True)
        """
        dice, count = world.dice("desk"), 3 + world.size // 1500
        bought = int(dice.integers(count))
        specialist = (bought + 1 + int(dice.integers(count - 1))) % count
        return cls(count, bought, specialist, int(dice.integers(len(world.story.regions))),
                   staff_count(world))


def a_clerk(world: World, dice: np.random.Generator, bought: bool) -> int:
    """One of the support desk's clerks: of the few who can be bought, or of all the others."""
    clerks = np.argsort(world.chance(np.arange(staff_count(world)), 121), kind="stable")
    few = max(1, len(clerks) // 3)
    return int(dice.choice(clerks[:few] if bought else clerks[few:]))


def assign(desk: Desk, region: Array, friendly: Array,
           dice: np.random.Generator) -> Array:
    """The reviewer of each case."""
    count = len(region)
    reviewer = dice.integers(0, desk.reviewers, count)
    luck = dice.random((2, count))
    reviewer = np.where((region == desk.region) & (luck[0] < TO_THE_SPECIALIST), desk.specialist,
                        reviewer)
    return np.where(friendly & (luck[1] < TO_A_FRIEND), desk.bought, reviewer)


def view_ms(waved: Array, dice: np.random.Generator) -> Array:
    """How long each case was open: minutes, or days where a paper was awaited."""
    count = len(waved)
    seconds = dice.lognormal(np.log(VIEWED[0]), VIEWED[1], count)
    awaited = dice.uniform(0.2, WAIT_DAYS, count) * 86_400
    seconds = np.where(dice.random(count) < WAITS, awaited, seconds)
    quick = dice.lognormal(np.log(WAVED[0]), WAVED[1], count)
    hurried = waved & (dice.random(count) < HURRIED)
    return (np.where(hurried, quick, seconds) * 1000).astype(np.int64)
