"""The run: people, rhythms, baskets, look-alikes, schemes, outcomes, labels, files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.contract import PERSONAS
from features.progress import silent
from training.simulate import innocents, registers, schemes, tables, truth
from training.simulate.balances import affordable, balance_before, redeem
from training.simulate.baskets import distributor_uploads, fill_baskets, referrals
from training.simulate.clocks import RESENT, set_clocks
from training.simulate.codes import assign_codes, sync_late
from training.simulate.dress import dress
from training.simulate.export import Writer, reals, take, times
from training.simulate.invoices import number_invoices
from training.simulate.labels import feedback
from training.simulate.missions import MISSIONS, effects
from training.simulate.outcomes import settle_outcomes
from training.simulate.paperwork import (
    close_merged,
    everyday_adjustments,
    everyday_changes,
    everyday_returns,
    merges,
)
from training.simulate.people import NEVER_LEAVES, build_members
from training.simulate.personas import RHYTHMS, SEASONAL
from training.simulate.program import build_world
from training.simulate.rhythms import draw_sessions
from training.simulate.sheet import NONE, REFERRAL, SCAN, Sheet
from training.simulate.stage import Stage, play_all
from training.simulate.versions import member_versions

if TYPE_CHECKING:
    from pathlib import Path

    from features.progress import Progress
    from training.simulate.missions import Decisions
    from training.simulate.people import Members
    from training.simulate.program import World

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


def simulate(out: Path, members: int, days: int, seed: int, story: str = "electricians",
             start: str | None = None, progress: Progress = silent) -> SimulationReport:
    """Write a simulated program and its sealed truth; the same arguments, the same bytes.

    Parameters
    ----------
    out : Path
        Folder of the export, made if missing.
    members, days, seed : int
        Size, length and the one source of randomness.
    story : str
        One of `training.simulate.stories.STORIES`.
    start : str, optional
        First local day, year-month-day.
    progress : callable
        Told of each stage.

    Raises
    ------
    BadInput
        Fewer than one member or day, an unknown story, a start that is no date.
    """
    world = build_world(story, members, days, seed, start)
    people = build_members(world)
    effect = effects(world, people)
    sessions, decisions = draw_sessions(world, people, effect, progress)
    base, activities = fill_baskets(world, people, sessions)
    progress("baskets", 1, 4)
    base = Sheet.joined([base, distributor_uploads(world, people), referrals(world, people)])
    base["key"] = world.new("event", len(base))
    stage = Stage(world, people, base, schemes.BILL.slugs, innocents.BILL.slugs)
    merges(stage)
    close_merged(people, stage.logs)
    sheet, codes = _earn(stage)
    sheet = _spend(stage, sheet)
    progress("events", 2, 4)
    sheet = _tell(stage, sheet)
    progress("clocks", 3, 4)
    writer = Writer(world, out)
    labels = feedback(world, sheet, schemes.BILL.acts, stage.patterns)
    _write(writer, stage, sheet, decisions, activities, codes, labels)
    _seal(writer, stage, sheet, effect)
    progress("files", 4, 4)
    return _report(writer, stage, sheet)


def _earn(stage: Stage) -> tuple[Sheet, Any]:
    """Everything that brings points: honest, look-alike and forged; with codes and outcomes."""
    world, events = stage.world, len(stage.base)
    play_all(stage, innocents.BILL, "scans", events, "innocents")
    play_all(stage, schemes.BILL, "scans", events, "schemes")
    sheet = Sheet.joined([stage.base, *stage.added])
    sheet = sheet.take(_alive(stage, sheet))
    stage.added.clear()
    dress(world, stage.members, sheet, "earn")
    number_invoices(world, sheet)
    codes = assign_codes(world, sheet)
    late = sheet["look"] == _number(stage.looks, "early_dispatch_unsynced")
    codes = sync_late(world, codes, sheet["code"][late], 6.0, world.dice("sync"))
    settle_outcomes(world, sheet)
    return sheet, codes


def _number(words: tuple[str, ...], word: str) -> int:
    return words.index(word) if word in words else 10**6


def _alive(stage: Stage, sheet: Sheet) -> Array:
    """Events between joining and leaving a ring, within the run; no referral of a ring's own."""
    members, calendar = stage.members, stage.world.calendar
    member = sheet["member"]
    forged = sheet["pattern"] >= 0
    on = (sheet["time"] > members.joined[member] + 60_000) & (sheet["time"] < calendar.end)
    on &= (sheet["time"] < members.ring_end[member]) & (sheet["time"] >= calendar.start)
    brought = (sheet["kind"] == REFERRAL) & (sheet["referee_kind"] == 0) & ~forged
    ringed = members.ring[np.maximum(sheet["referee"], 0)] >= 0
    return on & ~(brought & ringed)


def _spend(stage: Stage, earned: Sheet) -> Sheet:
    """Everything that takes points, within the balances."""
    world, members = stage.world, stage.members
    honest = redeem(world, members, earned)
    honest["key"] = world.new("event", len(honest))
    stage.base = Sheet.joined([earned, honest])
    stage.balances = lambda member, time: balance_before(members, stage.base, member, time)
    events = len(stage.base)
    play_all(stage, innocents.BILL, "redemptions", events, "innocents late")
    play_all(stage, schemes.BILL, "redemptions", events, "schemes late")
    spent = Sheet.joined([honest, *stage.added])
    # Changes of honest redemptions were made on the joined base.
    spent = Sheet.joined([stage.base.take(np.arange(len(earned), events)), *stage.added])
    spent = spent.take(_alive(stage, spent))
    dress(world, members, spent, "spend")
    sheet = Sheet.joined([stage.base.take(np.arange(len(earned))), spent])
    settle_outcomes(world, sheet)
    return sheet.take(affordable(members, sheet))


def _tell(stage: Stage, sheet: Sheet) -> Sheet:
    """Clocks, repeated requests, and the paperwork that follows."""
    world = stage.world
    queued = set_clocks(world, stage.members, sheet)
    free = (sheet["look"] == NONE) & (sheet["pattern"] == NONE)
    sheet["look"] = np.where(queued & free, _number(stage.looks, "offline_flush"), sheet["look"])
    again = (world.dice("resent").random(len(sheet)) < RESENT) & (sheet["kind"] == SCAN)
    sheet["copies"] = np.where(again, 2, sheet["copies"])
    free = (sheet["look"] == NONE) & (sheet["pattern"] == NONE)
    sheet["look"] = np.where(again & free, _number(stage.looks, "retry_resend"), sheet["look"])
    sheet = sheet.take(sheet["recorded"] < world.calendar.end)
    everyday_changes(stage)
    everyday_returns(stage, sheet)
    everyday_adjustments(stage)
    return sheet


def _write(writer: Writer, stage: Stage, sheet: Sheet, decisions: Decisions,
           activities: dict[str, Array], codes: Any, labels: dict[str, Array]) -> None:
    world, members = stage.world, stage.members
    on = activities["time"] > members.joined[activities["member"]]
    on &= activities["time"] < np.minimum(members.ring_end[activities["member"]],
                                          world.calendar.end)
    tables.write_events(writer, stage, sheet)
    tables.write_activities(writer, stage, {k: v[on] for k, v in activities.items()})
    tables.write_codes(writer, stage, codes)
    tables.write_outlets(writer, world)
    tables.write_campaigns(writer, world)
    registers.write_registers(writer, stage)
    registers.write_feedback(writer, labels, stage.patterns)
    registers.write_declarations(writer, stage)
    registers.write_missions(writer, world, decisions)
    tables.write_members(writer, stage, member_versions(stage, sheet, decisions))
    writer.settings()


def _seal(writer: Writer, stage: Stage, sheet: Sheet, effect: npt.NDArray[np.float64]) -> None:
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


def _report(writer: Writer, stage: Stage, sheet: Sheet) -> SimulationReport:
    forged = sheet["pattern"] >= 0
    points = max(int(sheet["points"].sum()), 1)

    def counts(words: tuple[str, ...], column: Array) -> dict[str, int]:
        found = np.bincount(column[column >= 0], minlength=len(words))
        return dict(zip(words, found.tolist(), strict=True))

    return SimulationReport(
        writer.world.story.name + f"-{writer.world.seed}", dict(sorted(writer.rows.items())),
        len(sheet), float(forged.mean()) if len(sheet) else 0.0,
        float(sheet["points"][forged].sum() / points), counts(stage.patterns, sheet["pattern"]),
        counts(stage.looks, sheet["look"]))


