"""The end of a run: the truth is sealed, and a report says what was written."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.contract import PERSONAS
from training.simulate import truth
from training.simulate.export import Writer, program_id, reals, take, times
from training.simulate.missions import MISSIONS
from training.simulate.people import NEVER_LEAVES
from training.simulate.personas import RHYTHMS, SEASONAL
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
            "ring_id": writer.id("ring", sheet["ring"])}),
        members=pa.table({
            "member_id": names, "persona": take(PERSONAS, members.persona),
            "rhythm": take(RHYTHMS, members.rhythm), "ring_id": writer.id("ring", members.ring),
            "pattern": take(stage.patterns, members.ring_pattern),
            "left_at": times(np.where(ended, members.ring_end, night[left])),
            "back_at": times(np.where(ended, NONE, night[back])),
            "season": take(["sowing", stage.world.story.calendar],
                           np.where(members.rhythm == SEASONAL, 0, 1))}),
        effects=pa.table({
            "member_id": names.take(pa.array(reach)),
            "mission_id": take([k.id for k in MISSIONS], np.tile(np.arange(len(MISSIONS)),
                                                                 len(members))),
            "effect": reals(effect.ravel().round(6))}),
    )


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


