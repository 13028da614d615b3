"""The end of a run: the truth is sealed, and a report says what was written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.contract import PERSONAS
from training.simulate import truth
from training.simulate.catalogue import MISSION_FARMING, OF_STAFF
from training.simulate.desk import REVIEWER, ROLES, Desk
from training.simulate.export import Writer, program_id, reals, take, times
from training.simulate.missions import MISSIONS
from training.simulate.people import NEVER_LEAVES
from training.simulate.personas import RHYTHMS, SEASONAL
from training.simulate.registers import rows_of
from training.simulate.sheet import NONE, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SimulationReport:
    """What was written: rows per table, and shares of the sealed truth.

    Parameters
    ----------
    program_id : str
    rows : dict of str to int
        Rows of each table.
    events : int
        Judged events, each counted once.
    fraud_events, fraud_points : float
        Shares of the judged events, and of their points.
    patterns, look_alikes : dict of str to int
        Events of each.
    """

    program_id: str
    rows: dict[str, int]
    events: int
    fraud_events: float
    fraud_points: float
    patterns: dict[str, int]
    look_alikes: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Every figure by its name."""
        return asdict(self)


def seal(writer: Writer, stage: Stage, sheet: Sheet, effect: npt.NDArray[np.float64]) -> None:
    """Write what really happened under ``truth``."""
    members, calendar = stage.members, stage.world.calendar
    everybody = np.arange(len(members))
    night = np.r_[calendar.midnights, NONE]
    left = np.where(members.left < calendar.days, members.left, len(night) - 1)
    back = np.where(members.back < min(calendar.days, NEVER_LEAVES), members.back, len(night) - 1)
    ended = (members.ring >= 0) & (members.ring_end < calendar.end)
    names = writer.id("member", everybody)
    reach = np.repeat(everybody, len(MISSIONS))
    truth.write_truth(
        writer.out,
        events=pa.table({
            "event_id": writer.id("event", sheet["key"]),
            "is_fraud": pa.array(sheet["pattern"] >= 0),
            "pattern": take(stage.patterns, sheet["pattern"]),
            "look_alike": take(stage.looks, sheet["look"]),
            "ring_id": writer.id("ring", sheet["ring"]),
            "is_novel": pa.array(_novel(stage, sheet["pattern"]))}),
        members=pa.table({
            "member_id": names, "persona": take(PERSONAS, members.persona),
            "rhythm": take(RHYTHMS, members.rhythm), "ring_id": writer.id("ring", members.ring),
            "pattern": take((*stage.patterns, MISSION_FARMING), np.where(
                members.farms < calendar.days, len(stage.patterns), members.ring_pattern)),
            "left_at": times(np.where(ended, members.ring_end, night[left])),
            "back_at": times(np.where(ended, NONE, night[back])),
            "season": take(["sowing", stage.world.story.calendar],
                           np.where(members.rhythm == SEASONAL, 0, 1))}),
        effects=pa.table({
            "member_id": names.take(pa.array(reach)),
            "mission_id": take([k.id for k in MISSIONS], np.tile(np.arange(len(MISSIONS)),
                                                                 len(members))),
            "effect": reals(effect.ravel().round(6))}),
        insiders=_insiders(writer, stage),
    )


def _novel(stage: Stage, pattern: Array) -> Array:
    return np.isin(pattern, [stage.patterns.index(slug) for slug in stage.novel])


def _insiders(writer: Writer, stage: Stage) -> pa.Table:
    """Staff whom schemes and look-alikes named, and the specialist of the desk."""
    desk = Desk.of(stage.world)
    stage.insider(desk.first_agent + desk.specialist, REVIEWER, look=OF_STAFF[0])
    made = rows_of(stage, "insiders", "agent", "role", "pattern", "look")
    rows = np.unique(np.stack(list(made.values())), axis=1)
    return pa.table({
        "agent_id": writer.id("agent", rows[0]), "role": take(ROLES, rows[1]),
        "pattern": take(stage.patterns, rows[2]),
        "look_alike": take([*OF_STAFF, *stage.looks], rows[3])})


def report(writer: Writer, stage: Stage, sheet: Sheet) -> SimulationReport:
    """Count what was written, and the shares of fraud in it."""
    forged = sheet["pattern"] >= 0
    points = max(int(sheet["points"].sum()), 1)

    def counts(words: tuple[str, ...], column: Array) -> dict[str, int]:
        found = np.bincount(column[column >= 0], minlength=len(words))
        return dict(zip(words, found.tolist(), strict=True))

    return SimulationReport(
        program_id(writer.world), dict(sorted(writer.rows.items())),
        len(sheet), float(forged.mean()) if len(sheet) else 0.0,
        float(sheet["points"][forged].sum() / points), counts(stage.patterns, sheet["pattern"]),
        counts(stage.looks, sheet["look"]))


