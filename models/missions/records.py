"""The log of decisions: all that anybody needs to weigh them again, whatever came of them.

A record says what could have been done, with which chance, and what was done. Held-out members
and those who get nothing have one too: without them nothing can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
import numpy.typing as npt

from features.contract import CHANNELS
from features.exports.missions import NOBODY
from models.answers import rfc3339
from models.missions.eligibility import CODES
from models.missions.holdouts import FREE, Holdouts

if TYPE_CHECKING:
    from features.exports.missions import Mission
    from models.missions.exploration import Choice
    from models.missions.scene import Scene
    from models.missions.worth import Worth

Objects = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Record = dict[str, Any]
POLICY: Final = "suggest-2"
"""Version of the rules by which missions are chosen."""
DIGITS: Final = 9
"""Digits of chances and gains in a record; nobody can tell more."""


def decision_id(
    program_id: str, member_id: str, mission_id: str, today: int, chance: float = 1.0,
    campaign_id: str | None = None,
) -> str:  # fmt: skip
    """Id of a decision: the mission, and a hash that is the same for the same decision.

    The mission stays readable, so that the log says what a held-out member would have got. Its
    chance before holdouts is part of the hash: a plan within other limits decides anew, and must
    not be kept under the chances of the plan before.

    >>> one = decision_id("acme", "m-1", "streak", 20_000, 0.85)
    >>> one.split(".")[0], one == decision_id("acme", "m-1", "streak", 20_000, 0.05)
    ('streak', False)
    """
    parts = (program_id, member_id, mission_id, str(today), f"{chance:.6f}", POLICY,
             *filter(None, [campaign_id]))
    return f"{mission_id}.{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, eq=False)
class Records(Sequence[Record]):
    """Records of n members, each built when it is read: a million of them would fill a memory.

    Parameters
    ----------
    scene : Scene
    rows : shape (n,)
        Their positions in the scene.
    worth, choice : of n members and m missions
        What missions are worth to them, and what was drawn.
    clusters, held : shape (n,)
        Whom each is drawn with, and as `Holdouts.of`: "none" where nothing would be offered.
    holdouts : Holdouts
    campaign_id : str or None
        The standing campaign that asked.
    """

    scene: Scene
    rows: Ints
    worth: Worth
    choice: Choice
    clusters: Objects
    held: Objects
    holdouts: Holdouts
    campaign_id: str | None

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        """Build the record of a member, by position."""
        if isinstance(at, slice):
            return [self._record(i) for i in range(*at.indices(len(self)))]
        return self._record(range(len(self))[at])

    @property
    def propensity(self) -> npt.NDArray[np.float64]:
        """Chance of what was done, draws for trials and holdouts included, shape (n,)."""
        taken = self.choice.taken
        offered = self.choice.chance[np.arange(len(taken)), taken] * self.holdouts.sent
        none = 1 - (1 - self.choice.chance[:, -1]) * self.holdouts.sent
        chance = np.where((self.held == FREE) & (taken >= 0), offered, none)
        return np.asarray(np.round(chance, DIGITS), dtype=np.float64)

    def _record(self, i: int) -> Record:
        """All that is known of a decision, plain values."""
        scene, taken = self.scene, int(self.choice.taken[i])
        row, member = int(self.rows[i]), scene.names[self.rows[i]]
        mission = scene.missions[taken] if taken >= 0 else None
        intended, held = mission.id if mission else NOBODY, str(self.held[i])
        is_sent = mission is not None and held == FREE
        candidates = self._candidates(i)
        done = intended if is_sent else NOBODY
        return {
            "decision_id": decision_id(scene.program.program_id, member, intended, scene.today,
                                       float(self.choice.chance[i, taken]), self.campaign_id),
            "member_id": member, "mission_id": done, "intended": intended,
            "propensity": candidates[done], "holdout": held,
            "channel": CHANNELS[self.choice.channel[i]] if mission else None,
            "cost_points": mission.cost_points if mission and is_sent else 0,
            "policy_version": POLICY, "as_of": rfc3339(scene.moment_ms),
            "cluster": str(self.clusters[i]),
            "candidates": candidates, "scores": self._scores(i), "excluded": self._excluded(i),
            "explored": taken != int(self.choice.usual[i]),
            "floor": round(float(self.choice.floor[i]), DIGITS),
            "holdout_chance": round(1 - self.holdouts.sent, DIGITS),
            "language": language_of(scene, row, mission) if mission else None,
            "template_id": mission.template_id if mission else None,
            "bundle_id": scene.bundle_id, "campaign_id": self.campaign_id,
        }  # fmt: skip

    def _candidates(self, i: int) -> dict[str, float]:
        """Chance of each mission that could have been sent, and of none."""
        chance, missions = self.choice.chance[i], self.scene.missions
        sent = {missions[j].id: float(chance[j]) * self.holdouts.sent
                for j in np.flatnonzero(chance[:-1]).tolist()}  # fmt: skip
        return {name: round(each, DIGITS)
                for name, each in {**sent, NOBODY: 1 - sum(sent.values())}.items()}  # fmt: skip

    def _scores(self, i: int) -> dict[str, float]:
        gain = self.worth.gain[i]
        return {self.scene.missions[j].id: round(float(gain[j]), DIGITS)
                for j in np.flatnonzero(np.isfinite(gain)).tolist()}  # fmt: skip

    def _excluded(self, i: int) -> dict[str, str]:
        codes = self.worth.codes[i]
        return {self.scene.missions[j].id: CODES[codes[j]]
                for j in np.flatnonzero(codes).tolist()}  # fmt: skip


def language_of(scene: Scene, row: int, mission: Mission) -> str:
    """Language of a mission's text for a member: his own, else the program's first."""
    spoken = scene.languages[row]
    return spoken if spoken in mission.texts else scene.program.languages[0]
