"""The usual choice for each member, and now and then another, so that effects become known.

First everybody's best choice is planned within the limits, less what is put aside. Then each of
a member's few best missions is taken with a small chance by a salted hash, and so is none where
holdouts do not see to it; the usual choice has the rest. The chances are known before anything is
drawn and depend on nobody's draw, so whoever has the log can weigh it again (Horvitz and Thompson
1952).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import CHANNELS
from models.missions.allocation import NONE, allocate
from models.missions.limits import Limit, Limits, payable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from features.exports.missions import Mission
    from features.exports.program import Exploration
    from models.missions.worth import Worth

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
LEAST: Final = 0.005
"""Chance below which a trial is not made: it would weigh 200 times in any estimate."""
SUGGESTIONS: Final = "suggestions"


@dataclass(frozen=True)
class Choice:
    """What n members would get of m missions, before holdouts.

    Parameters
    ----------
    usual, taken : shape (n,)
        Best choice within the limits, and what the draw made of it; -1 for none.
    channel : shape (n,)
        Position of the channel of ``taken``, -1 for none.
    chance : shape (n, m + 1)
        Chance of each mission and, last, of none.
    floor : shape (n,)
        Least chance of a trial among those of each member; 0 where nothing is tried.
    beyond : bool of shape (n,)
        Would get a mission, but not so many were asked for: left out, not decided.
    gap : float
        Share of the best gain that the usual choices miss at most.
    """

    usual: Ints
    taken: Ints
    channel: Ints
    chance: Floats
    floor: Floats
    beyond: Bools
    gap: float

    def take(self, rows: Ints) -> Choice:
        """The choices of some of the members, by position."""
        return Choice(self.usual[rows], self.taken[rows], self.channel[rows], self.chance[rows],
                      self.floor[rows], self.beyond[rows], self.gap)  # fmt: skip


@dataclass(frozen=True)
class Usual:
    """The best choice of each member and its channel, -1 for none, who is left out, the gap."""

    mission: Ints
    channel: Ints
    beyond: Bools
    gap: float


@dataclass(frozen=True)
class Options:
    """What is asked: the missions, what they are worth, and what there is to spend.

    Parameters
    ----------
    worth : Worth
        m missions for n members.
    prefer : sequence of sequence of str, length m
        Channels of each mission in the order of preference.
    limits : Limits
        Never broken, whatever is drawn.
    most : int or None
        Most members who get anything, those held out later counted.
    alone : float
        Chance that a holdout leaves a member alone: nothing is tried anyway, so that trials of
        nothing only fill up what is missing to the floor.
    """

    worth: Worth
    prefer: Sequence[Sequence[str]]
    limits: Limits
    most: int | None
    alone: float = 0.0

    @classmethod
    def of(
        cls, worth: Worth, missions: Sequence[Mission], limits: Limits, most: int | None,
        alone: float = 0.0,
    ) -> Options:  # fmt: skip
        """The options that a list of missions gives."""
        return cls(worth, [mission.channels for mission in missions], limits, most, alone)

    def usual(self, limits: Limits) -> Usual:
        """The best choices within limits that are at most those that must hold."""
        worth = self.worth
        best = allocate(worth.gain, worth.cost, limits.budget, channels=worth.reach,
                        capacity=limits.capacity, most=limits.most, prefer=self.prefer)  # fmt: skip
        mission, channel = best.chosen.astype(np.int64), best.channel.astype(np.int64)
        beyond = np.zeros(len(mission), dtype=bool)
        some = np.flatnonzero(mission != NONE)
        if self.most is not None and len(some) > self.most:
            order = np.argsort(-worth.gain[some, mission[some]], kind="stable")
            beyond[some[order[self.most :]]] = True
        return Usual(np.where(beyond, NONE, mission), np.where(beyond, NONE, channel), beyond,
                     best.gap)  # fmt: skip

    def channels(self) -> Ints:
        """Channel on which each mission is tried with each member, shape (n, m), -1 for none."""
        reach = self.worth.reach
        found = np.full(reach.shape, NONE)
        for j, wanted in enumerate(self.prefer):
            for name in reversed(wanted or CHANNELS):
                if self.limits.capacity.get(name, 1) > 0:
                    bit = CHANNELS.index(name)
                    found[(reach[:, j] >> bit) & 1 > 0, j] = bit
        return found

    def extra(self, usual: Usual, channels: Ints) -> Iterator[tuple[Limit, Floats, float]]:
        """Units of each limit that trials use beyond the usual choice, and the units left.

        Yields the limit, an array of shape (n, m), and what the usual choices leave of it.
        """
        cost, every = self.worth.cost, np.arange(len(self.worth.cost))
        trials = np.broadcast_to(every, channels.shape)
        own = self.limits.uses(cost, usual.mission, usual.channel)
        for (name, used), (_, tried) in zip(own, self.limits.uses(cost, trials, channels),
                                            strict=True):  # fmt: skip
            yield name, np.maximum(tried - used[:, None], 0.0), self.limits.named[name] - used.sum()
        if self.most is not None:
            idle = usual.mission == NONE
            yield (SUGGESTIONS, np.broadcast_to(idle[:, None] * 1.0, channels.shape),
                   self.most - float((~idle).sum()))  # fmt: skip


def choose(options: Options, exploration: Exploration, draws: Floats) -> Choice:
    """Plan the usual choices, then draw the trials.

    Parameters
    ----------
    options : Options
    exploration : Exploration
        How often how many options are tried.
    draws : shape (n,)
        One number in [0, 1) for each member.
    """
    channels, limits = options.channels(), options.limits
    spared = set(limits.named) if exploration.floor else set()
    usual = options.usual(limits.sparing(spared))
    chance, poor = _affordable(options, usual, channels, exploration, ())
    if spared & poor:
        usual = options.usual(limits.sparing(spared - poor))
        chance, _ = _affordable(options, usual, channels, exploration, poor)
    return _drawn(options, usual, channels, chance, draws)


def _affordable(
    options: Options, usual: Usual, channels: Ints, exploration: Exploration,
    barred: Collection[Limit],
) -> tuple[Floats, set[Limit]]:  # fmt: skip
    """Chances of as many trials for each member as the limits pay for, down to a single one."""
    for width in range(exploration.most, 0, -1):
        chance, poor = _chances(options, usual, channels, exploration, barred, width)
        if poor <= set(barred):
            break
    return chance, poor


def _chances(
    options: Options, usual: Usual, channels: Ints, exploration: Exploration,
    barred: Collection[Limit], width: int,
) -> tuple[Floats, set[Limit]]:  # fmt: skip
    """Chance of each mission and of none to be tried, and the limits that pay for no trial.

    Trials that use more of a limit than the usual choice are among the ``width`` best.
    """
    wide, narrow = (_tried(options.worth.hope, usual, most) & (channels != NONE)
                    for most in (exploration.most, width))  # fmt: skip
    chance = np.where(wide, exploration.floor, 0.0)
    poor = set()
    for name, extra, left in options.extra(usual, channels):
        using = wide & (extra > 0)
        allowed = 0.0 if name in barred else payable(
            extra[using & narrow], left, exploration.floor)
        if allowed < min(LEAST, exploration.floor):
            poor.add(name)
            allowed = 0.0
        chance[using] = np.minimum(chance[using], np.where(narrow[using], allowed, 0.0))
    nothing = max(exploration.floor - options.alone, 0.0)
    none = np.where(usual.mission != NONE, nothing, 0.0)
    return np.column_stack([chance, none]), poor


def _tried(hope: Floats, usual: Usual, most: int) -> Bools:
    """Whether a mission is among the best of a member by what it may bring, the usual one not."""
    rows, m = np.arange(len(hope)), hope.shape[1]
    tried = hope > 0
    if m > most:
        worst = np.argpartition(-hope, most - 1, axis=1)[:, most:]
        np.put_along_axis(tried, worst, False, axis=1)
    tried[rows, usual.mission] &= usual.mission == NONE
    return tried & ~usual.beyond[:, None]


def _drawn(
    options: Options, usual: Usual, channels: Ints, chance: Floats, draws: Floats
) -> Choice:
    """Take the trial on which a draw falls, else the usual choice."""
    rows, m = np.arange(len(draws)), channels.shape[1]
    floor = np.where(chance > 0, chance, 1.0).min(axis=1) % 1.0
    edge = chance.cumsum(axis=1)
    is_trial = draws < edge[:, -1]
    pick = np.where(is_trial, (draws[:, None] < edge).argmax(axis=1), m)
    unpaid = np.zeros(len(draws), dtype=bool)
    for _, extra, left in options.extra(usual, channels):
        more = np.where(pick < m, extra[rows, np.minimum(pick, m - 1)], 0.0)
        unpaid |= (more > 0) & (more.sum() > left)
    is_trial &= ~unpaid
    chance[rows, usual.mission] += 1 - edge[:, -1]
    taken = np.where(is_trial, np.where(pick < m, pick, NONE), usual.mission)
    own = np.where(is_trial, channels[rows, np.minimum(pick, m - 1)], usual.channel)
    return Choice(usual.mission, taken, np.where(taken == NONE, NONE, own), chance, floor,
                  usual.beyond, usual.gap)  # fmt: skip
