"""What each mission is worth for each member: value at stake times effect, less what it costs.

Members x missions as arrays: what excludes a pair, its gain, and the gain that it may have at
best, which is what makes a mission worth trying.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.inactivity.reasons import FAMILY_OF
from models.missions.effects import assumed_effects
from models.missions.eligibility import mission_exclusions, offered_before, reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from models.missions.effects import Assumptions, Effects
    from models.missions.eligibility import Codes, Masks
    from models.missions.scene import Scene

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Worth:
    """m missions looked at for n members.

    Parameters
    ----------
    gain, hope : shape (n, m)
        Points of margin that a mission brings, and at the upper end of its effect; -inf where it
        is excluded.
    codes : shape (n, m)
        What excludes it, 0 where nothing does.
    reach : shape (n, m)
        Channels on which it reaches the member, one bit each.
    cost : shape (m,)
        Points that each mission costs.
    stake, p_inactive : shape (n,)
        Points of margin that a return brings, and the chance of silence without a mission.
    effects : tuple of Effects, length m
        The rise of the chance of activity.
    """

    gain: Floats
    hope: Floats
    codes: Codes
    reach: Masks
    cost: Ints
    stake: Floats
    p_inactive: Floats
    effects: tuple[Effects, ...]

    @classmethod
    def of(cls, scene: Scene, rows: Ints, assumed: Assumptions) -> Worth:
        """Look at every mission for the members in some rows of a scene."""
        frame, answers = scene.frame.iloc[rows], scene.answers.iloc[rows]
        stake = value_at_stake(scene.frame, answers["horizon_days"].to_numpy(), rows)
        done = offered_before(frame, scene.offers, scene.numbers)
        shape = (len(rows), len(scene.missions))
        codes, masks = np.empty(shape, dtype=np.int8), np.empty(shape, dtype=np.uint8)
        for j, mission in enumerate(scene.missions):
            codes[:, j] = mission_exclusions(frame, answers, mission, done)
            masks[:, j] = reach(frame, mission.channels)
        told = tuple(_effects(scene, rows, assumed))
        blank = np.empty(shape)
        cost = np.array([mission.cost_points for mission in scene.missions], dtype=np.int64)
        p = answers["p_inactive"].to_numpy(dtype=np.float64)
        found = cls(blank, blank, codes, masks, cost, stake * assumed.value_per_point, p, told)
        value, high = (np.column_stack(each) if told else blank for each in (
            [effect.value for effect in told], [effect.high for effect in told]))
        return replace(found.with_rise(value), hope=found.with_rise(high).gain)

    def with_rise(self, rise: Floats) -> Worth:
        """The same members and missions under other effects, shape (n, m): their gain."""
        paid = self.cost * np.clip(1 - self.p_inactive[:, None] + rise, 0.0, 1.0)
        gain = rise * self.stake[:, None] - paid
        return replace(self, gain=np.where(self.codes == 0, gain, -np.inf))

    def take(self, rows: Ints) -> Worth:
        """The same for some of the members, by position."""
        return Worth(
            self.gain[rows], self.hope[rows], self.codes[rows], self.reach[rows], self.cost,
            self.stake[rows], self.p_inactive[rows],
            tuple(effect.take(rows) for effect in self.effects),
        )  # fmt: skip


def _effects(scene: Scene, rows: Ints, assumed: Assumptions) -> Iterator[Effects]:
    """Effect of each mission on the members in some rows: what training learnt, else the table."""
    frame, answers = scene.frame.iloc[rows], scene.answers.iloc[rows]
    p = answers["p_inactive"].to_numpy(dtype=np.float64)
    persona, reason = frame["persona"].to_numpy(), strongest(answers["reasons"])
    for mission in scene.missions:
        learnt = None
        if scene.learned is not None:
            learnt = scene.learned.effects(mission.id, frame, answers)
        yield learnt or assumed_effects(p, *assumed.of(mission.id, persona, reason))


def value_at_stake(frame: pd.DataFrame, horizon: Any, rows: Any) -> Floats:
    """Points that members usually earn within their horizon, shape (rows,).

    Points of an active day times the active days that the own cadence promises; the median of
    those who started stands in for a member who did not.
    """
    usual: pd.Series = frame["points_mean"] / frame["cadence"].clip(lower=1.0)
    middle: pd.Series = usual.groupby(frame["persona"]).transform("median").fillna(usual.median())
    return np.asarray(usual.fillna(middle).fillna(0.0).to_numpy()[rows] * horizon)


def strongest(reasons: Sequence[Any]) -> npt.NDArray[np.object_]:
    """Family of each member's strongest reason, "" where there is none, shape (n,)."""
    return np.array([FAMILY_OF.get(each[0].code, "") if each else "" for each in reasons],
                    dtype=object)  # fmt: skip
