"""One night of one campaign: who of its segment gets which mission, and who is kept apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import CHANNELS
from features.exports.missions import NOBODY
from models.missions.suggestions import suggest
from serving.campaigns.diary import Entry
from serving.campaigns.groups import arm_of, assigned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.exports.program import Program
    from models.missions.suggestions import Scene
    from serving.campaigns.groups import Record
    from serving.campaigns.standing import StandingCampaign
    from serving.members import Members

TODAY: Final = "other_mission_today"
RESTS: Final = "in_cool_off"


@dataclass(frozen=True)
class Past:
    """What a campaign, and others today, decided before.

    Parameters
    ----------
    today : frozenset of int
        Members who got, or were kept from, a mission today.
    resting : frozenset of int
        Members whose last mission of this campaign, had or kept from, still cools off.
    arms : mapping of int to str
        Arm of each member for whom this campaign decided before.
    points : int
        What may still be spent tonight.
    """

    today: frozenset[int]
    resting: frozenset[int]
    arms: Mapping[int, str]
    points: int


@dataclass(frozen=True)
class Planned:
    """A night of a campaign, before anything of it is written.

    Parameters
    ----------
    records : tuple of dict
        Every decision as it is kept, those for nothing included.
    entries : tuple of Entry
        The decisions about a mission, best first.
    segment : int
        Members of the segment.
    excluded : dict of str to int
        Members without a decision by code.
    base : float
        Mean chance of who was decided for to be active without a mission; 0 without anybody.
    """

    records: tuple[Record, ...]
    entries: tuple[Entry, ...]
    segment: int
    excluded: dict[str, int]
    base: float

    def counts(self) -> dict[str, Any]:
        """Plain values for a report and the diary: sizes of the arms, points, exclusions."""
        arms = Counter(entry.arm for entry in self.entries)
        return {
            "segment": self.segment, "offered": arms["offered"], "control": arms["control"],
            "global": arms["global"],
            "points": sum(entry.points for entry in self.entries if entry.arm == "offered"),
            "excluded": dict(sorted(self.excluded.items())),
        }


def plan(
    campaign: StandingCampaign, program: Program, members: Members, past: Past, now_ms: int
) -> Planned:
    """Choose for the members of a segment; the campaign's control group is chosen for like others.

    Parameters
    ----------
    campaign : StandingCampaign
    program : Program
        Its global holdout stays; that of each mission gives way to the campaign's control group.
    members : Members
        Everybody as of tonight.
    past : Past
    now_ms : int
        When the messages are to go, in UTC milliseconds.
    """
    inside = in_segment(campaign, members)
    numbers = members.table.index.to_numpy()
    taken = inside & np.isin(numbers, list(past.today))
    rests = inside & ~taken & np.isin(numbers, list(past.resting))
    rows = np.flatnonzero(inside & ~taken & ~rests)
    scene = _scene(campaign, program, members.scene, rows)
    found = suggest(scene, past.points, _capacity(campaign), campaign_id=campaign.id,
                    sending_ms=now_ms)
    own = dict(zip(scene.names, numbers[rows].tolist(), strict=True))
    words = {one.decision_id: {"message": one.message,
                               "expected_effect": asdict(one.expected_effect)}
             for one in found.suggestions}
    costs = {mission.id: mission.cost_points for mission in scene.missions}
    records, entries = [], []
    for record in found.records:
        member = own[record["member_id"]]
        arm = arm_of(record, program.program_id, campaign, past.arms.get(member, ""))
        new = assigned(record, arm, campaign)
        records.append(new | words.get(record["decision_id"], {}))
        if record["intended"] != NOBODY:
            entries.append(Entry(member, new["decision_id"], record["cluster"], arm,
                                 record["intended"], costs[record["intended"]]))
    excluded = Counter({str(code): int(count)
                        for code, count in found.excluded.value_counts().items()})
    excluded.update({TODAY: int(taken.sum()), RESTS: int(rests.sum())})
    return Planned(tuple(records), tuple(entries), int(inside.sum()), dict(+excluded),
                   found.power.base or 0.0)


def in_segment(campaign: StandingCampaign, members: Members) -> np.ndarray[Any, Any]:
    """Which members a campaign is for, bool of shape (n,)."""
    inside = np.ones(len(members.table), dtype=bool)
    for column, value in campaign.segment.items():
        inside &= (members.table[column] == value).to_numpy()
    return inside


def _scene(
    campaign: StandingCampaign, program: Program, scene: Scene, rows: np.ndarray[Any, Any]
) -> Scene:
    """The part of a scene that a campaign looks at, without holdouts of single missions."""
    held = program.holdout.model_copy(update={"mission": 0.0})
    offered = [mission for mission in scene.missions
               if not campaign.missions or mission.id in campaign.missions]  # fmt: skip
    return replace(scene.take(rows), missions=offered,
                   program=program.model_copy(update={"holdout": held}))  # fmt: skip


def _capacity(campaign: StandingCampaign) -> dict[str, int] | None:
    """Most messages by channel; none where a campaign does not use it."""
    if not campaign.channels:
        return None
    named = {name: campaign.channels.get(name, 0) for name in CHANNELS}
    return {name: most for name, most in named.items() if most is not None}
