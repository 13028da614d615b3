"""The run: people, rhythms, baskets, look-alikes, schemes, outcomes, labels, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.errors import BadInput
from features.progress import silent
from training.simulate import innocents, registers, schemes, tables
from training.simulate.balances import Ledger, affordable, redeem
from training.simulate.baskets import distributor_uploads, fill_baskets, referrals
from training.simulate.calendars import DAY
from training.simulate.catalogue import NOVEL, NOVEL_FROM
from training.simulate.clocks import RESENT, set_clocks
from training.simulate.codes import assign_codes
from training.simulate.dress import dress
from training.simulate.export import Writer
from training.simulate.invoices import number_invoices
from training.simulate.labels import feedback
from training.simulate.missions import effects
from training.simulate.outcomes import settle_outcomes
from training.simulate.paperwork import (
    close_merged,
    corrections,
    everyday_adjustments,
    everyday_changes,
    everyday_returns,
    merges,
)
from training.simulate.people import build_members
from training.simulate.playbill import play_all
from training.simulate.program import build_world, window
from training.simulate.rhythms import draw_sessions
from training.simulate.sealing import SimulationReport, report, seal
from training.simulate.sheet import NONE, REFERRAL, SCAN, Sheet
from training.simulate.stage import Stage
from training.simulate.sync import sync_late
from training.simulate.versions import member_versions

if TYPE_CHECKING:
    from pathlib import Path

    from features.progress import Progress
    from training.simulate.missions import Decisions

Array = npt.NDArray[Any]


def simulate(out: Path, members: int, days: int, seed: int, story: str = "electricians",
             start: str | None = None, progress: Progress = silent,
             novel: tuple[str, ...] = NOVEL,
             novel_between: tuple[float, float] = (NOVEL_FROM, 1.0), novel_times: float = 1.0,
             ) -> SimulationReport:
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
    novel : tuple of str
        Patterns that play only late in the run: the fraud changes its mode.
    novel_between : tuple of float
        Shares of the run between which they do.
    novel_times : float
        How often each of them plays, of its usual number in a run of this length.

    Raises
    ------
    BadInput
        Fewer than one member or day, an unknown story or pattern, a start that is no date, a
        change of mode outside of the run.
    """
    unknown = sorted(set(novel) - set(schemes.BILL.slugs))
    if unknown:
        raise BadInput("patterns: " + ", ".join(schemes.BILL.slugs), ", ".join(unknown),
                       "name some of them")
    if not (0 <= novel_between[0] < novel_between[1] <= 1 and novel_times > 0):
        raise BadInput("novel patterns between two shares of the run, so many times above 0",
                       f"{novel_between} and {novel_times}", "correct them")
    world = build_world(story, members, days, seed, start)
    people = build_members(world)
    effect = effects(world, people)
    sessions, decisions = draw_sessions(world, people, effect, progress)
    base, activities = fill_baskets(world, people, sessions)
    progress("baskets", 1, 4)
    base = Sheet.joined([base, distributor_uploads(world, people), referrals(world, people)])
    base["key"] = world.new("event", len(base))
    stage = Stage(world, people, base, schemes.BILL.slugs, innocents.BILL.slugs, novel,
                  novel_between, novel_times)
    merges(stage)
    close_merged(people, stage.logs)
    sheet, codes = _earn(stage)
    sheet = _spend(stage, sheet)
    progress("events", 2, 4)
    sheet = _tell(stage, sheet)
    progress("clocks", 3, 4)
    decisions = decisions.kept(_offered(stage, decisions))
    writer = Writer(world, out)
    labels = feedback(world, sheet, schemes.BILL.acts, stage.patterns,
                      people.region[sheet["member"]])
    _write(writer, stage, sheet, decisions, activities, codes, labels)
    seal(writer, stage, sheet, effect)
    progress("files", 4, 4)
    return report(writer, stage, sheet)


def _earn(stage: Stage) -> tuple[Sheet, Any]:
    """Everything that brings points: honest, look-alike and forged; with codes and outcomes."""
    world, events = stage.world, len(stage.base)
    play_all(stage, innocents.BILL, "scans", events, "innocents")
    play_all(stage, schemes.BILL, "scans", events, "schemes")
    sheet = Sheet.joined([stage.base, *stage.added])
    sheet = sheet.take(_alive(stage, sheet))
    dress(world, stage.members, sheet, "earn")
    number_invoices(world, sheet)
    codes = assign_codes(world, sheet)
    tests = registers.rows_of(stage, "test lots", "lot")["lot"]
    codes, unsynced, stale = sync_late(world, sheet, codes, tests)
    unsynced &= ~np.isin(sheet["lot"], tests)
    _name(stage, sheet, unsynced, "early_dispatch_unsynced", over=True)
    _name(stage, sheet, stale, "stale_code_file", over=True)
    settle_outcomes(world, sheet, "earn")
    return sheet, codes


def _name(stage: Stage, sheet: Sheet, mask: Array, look: str, over: bool = False) -> None:
    """Call honest events a look-alike; ``over`` also those that are one already."""
    free = mask & (sheet["pattern"] == NONE) & (over | (sheet["look"] == NONE))
    sheet["look"] = np.where(free, stage.looks.index(look), sheet["look"])


def _alive(stage: Stage, sheet: Sheet) -> Array:
    """Events between joining and leaving a ring, within the run; no referral of a ring's own.

    What a novel pattern has before its time is cut off.
    """
    members, calendar = stage.members, stage.world.calendar
    member = sheet["member"]
    forged = sheet["pattern"] >= 0
    on = (sheet["time"] > members.joined[member] + 60_000) & (sheet["time"] < calendar.end)
    on &= (sheet["time"] < members.ring_end[member]) & (sheet["time"] >= calendar.start)
    on &= forged | ~stage.hollow[member]
    novel = np.isin(sheet["pattern"], [stage.patterns.index(slug) for slug in stage.novel])
    on &= ~novel | (sheet["time"] >= window(stage.world, stage.novel_between[0], 1)[0])
    brought = (sheet["kind"] == REFERRAL) & (sheet["referee_kind"] == 0) & ~forged
    ringed = members.ring[np.where(brought, sheet["referee"], 0)] >= 0
    return on & ~(brought & ringed)


def _spend(stage: Stage, earned: Sheet) -> Sheet:
    """Everything that takes points, within the balances."""
    world, members = stage.world, stage.members
    honest = redeem(world, members, earned)
    honest["key"] = world.new("event", len(honest))
    settle_outcomes(world, honest, "redeem")
    base = Sheet.joined([earned, honest])
    stage.rebase(base, Ledger(members.opening, base))
    events = len(stage.base)
    play_all(stage, innocents.BILL, "redemptions", events, "innocents late")
    play_all(stage, schemes.BILL, "redemptions", events, "schemes late")
    spent = Sheet.joined([stage.base.take(np.arange(len(earned), events)), *stage.added])
    spent = spent.take(_alive(stage, spent))
    dress(world, members, spent, "spend")
    sheet = Sheet.joined([stage.base.take(np.arange(len(earned))), spent])
    settle_outcomes(world, sheet, "spend")
    return sheet.take(affordable(members, sheet))


def _tell(stage: Stage, sheet: Sheet) -> Sheet:
    """Clocks, repeated requests, and the paperwork that follows."""
    world = stage.world
    queued = set_clocks(world, stage.members, sheet)
    _name(stage, sheet, queued, "offline_flush")
    again = (world.dice("resent").random(len(sheet)) < RESENT) & (sheet["kind"] == SCAN)
    sheet["copies"] = np.where(again, 2, sheet["copies"])
    _name(stage, sheet, again, "retry_resend", over=True)
    sheet = sheet.take(sheet["recorded"] < world.calendar.end)
    everyday_changes(stage)
    returned = everyday_returns(stage, sheet)
    _name(stage, sheet, returned, "normal_return")
    everyday_adjustments(stage)
    corrections(stage, sheet)
    return sheet


def _offered(stage: Stage, decisions: Decisions) -> Array:
    """Decisions between the member's joining and his end."""
    members, member = stage.members, decisions["member"]
    time = stage.world.calendar.midnights[decisions["day"]]
    return (time > members.joined[member]) & (time < members.ring_end[member] - DAY)


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
