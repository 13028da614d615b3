"""The queue: what is first, where a case stands, what is late, and what will not be reached."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from features.places import MISSING
from serving.review.alerts import CASE, EVENT, FILE, Open
from serving.review.groups import group
from serving.review.queue import NOBODY, Wanted, cases, overflow
from serving.review.standings import Act, Standing
from serving.review.work import CLAIM_MS, Worked

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_000 * DAY
ZONE = ZoneInfo("Asia/Jakarta")
USUAL = {"event": 0, "member": 1, "points": 100, "priority": 50_000, "kind": 0, "enforced": 1,
         "opened_ms": NOW - HOUR, "until_ms": NOW + DAY, "keeps": 0, "would_have": 1, "place": 0,
         "persona": 0, "tier": MISSING, "joined_ms": MISSING}


def opened(*rows):
    """Open alerts out of what is unusual of each; events are numbered from 1."""
    return Open({name: np.array([row.get(name, n + 1 if name == "event" else USUAL.get(name, 0))
                                 for n, row in enumerate(rows)], dtype=np.int64)
                 for name in (*CASE, *EVENT, *FILE)})


def queue(*rows, standing=None, sla_hours=48):
    alerts = opened(*rows)
    return cases(alerts, group(alerts.alerts()), standing or {}, NOW, sla_hours, ZONE)


def test_the_most_points_times_probability_come_first() -> None:
    """Points and priorities of a case are those of its alerts, ranks follow the order."""
    found = queue({"member": 1, "priority": 30_000}, {"member": 2, "priority": 20_000},
                  {"member": 2, "priority": 15_000, "points": 300})
    assert [(one.case_id, one.points, one.priority, one.rank) for one in found] == [
        ("member-2", 400, 35.0, 1), ("member-1", 100, 30.0, 2)]
    assert found[0].probability == pytest.approx(0.0875)


def test_a_case_says_how_many_joined_on_one_day_of_the_program() -> None:
    """Midnight is Jakarta's: 16:59 and 17:01 UTC are two days there."""
    late = 10 * DAY + 16 * HOUR + 59 * 60_000
    rows = [{"member": n, "payout": 9, "joined_ms": when} for n, when in enumerate(
        (late, late + 120_000, late + 180_000, MISSING), start=1)]
    assert queue(*rows)[0].together == 2


def test_a_case_is_late_after_its_hours_and_the_clock_stands_while_proof_is_awaited() -> None:
    """Asked: it is not in the queue; answered: the pause is added."""
    row = {"member": 1, "opened_ms": NOW - 49 * HOUR}
    assert queue(row)[0].is_late(NOW)
    asked = {1: Standing(Worked(asked_ms=NOW - HOUR, answer_by_ms=NOW + HOUR))}
    waiting = queue(row, standing=asked)[0]
    assert (waiting.state, waiting.sla_ms, waiting.rank, waiting.answer_by_ms) == (
        "asked", None, 0, NOW + HOUR)
    paused = {1: Standing(Worked(paused_ms=2 * HOUR))}
    assert queue(row, standing=paused)[0].sla_ms == NOW + HOUR


@pytest.mark.parametrize(("standing", "state"), [
    ([Standing(), Standing()], "open"),
    ([Standing(act=Act(status="due")), Standing(act=Act(status="due"))], "deciding"),
    ([Standing(act=Act(status="due")), Standing()], "open"),
    ([Standing(act=Act(status="waiting")), Standing()], "second"),
    ([Standing(Worked(snoozed_until_ms=NOW + 1)), Standing(Worked(snoozed_until_ms=NOW + 2))],
     "snoozed"),
    ([Standing(Worked(snoozed_until_ms=NOW + 1)), Standing()], "open"),
    ([Standing(Worked(snoozed_until_ms=NOW)), Standing(Worked(snoozed_until_ms=NOW))], "open"),
])
def test_where_a_case_stands_is_told_by_all_its_alerts(standing, state) -> None:
    """One alert that nobody touched keeps a case in the queue."""
    found = queue({"member": 1}, {"member": 1}, standing=dict(enumerate(standing, start=1)))
    assert found[0].state == state
    assert (found[0].rank == 1) == (state == "open")


def test_who_claimed_a_case_has_it_for_a_working_day() -> None:
    """Then whoever it was given to, else nobody."""
    fresh = Worked(claimed_by="rina", claimed_ms=NOW - CLAIM_MS + 1, assigned_to="ben")
    stale = Worked(claimed_by="rina", claimed_ms=NOW - CLAIM_MS, assigned_to="ben")
    holders = [queue({"member": 1}, standing={1: Standing(worked)})[0].holder
               for worked in (fresh, stale, Worked())]
    assert holders == ["rina", "ben", ""]


def test_what_is_not_reached_tomorrow_is_told_with_what_happens_by_itself() -> None:
    """Of three at one a day: one hold is released, one kept, before their turn."""
    found = queue({"member": 1, "priority": 9_000},
                  {"member": 2, "priority": 8_000, "until_ms": NOW + DAY},
                  {"member": 3, "priority": 7_000, "until_ms": NOW + DAY, "keeps": 1},
                  {"member": 4, "priority": 6_000, "until_ms": NOW + 9 * DAY})
    told = overflow(found, 1, NOW)
    assert (told.cases, told.ending, told.released, told.points) == (3, 2, 1, 100)
    assert overflow(found, 4, NOW).cases == 0


def test_filters_take_what_is_asked_for() -> None:
    """By kind, region, role, person, lateness, and by what a search found, whatever its state."""
    rows = [{"member": 1, "region": 4, "persona": 1}, {"member": 2, "payout": 9},
            {"member": 3, "payout": 9}]
    standing = {1: Standing(Worked(snoozed_until_ms=NOW + DAY, assigned_to="ben"))}
    alerts = opened(*rows)
    found = cases(alerts, group(alerts.alerts()), standing, NOW, 48, ZONE)

    def taken(**wanted):
        return [one.case_id for one in found
                if Wanted(**wanted).takes(one, alerts["event"], NOW)]

    assert taken() == ["ring-payout-9"]
    assert taken(state="snoozed") == ["member-1"]
    assert taken(state="all", kind="ring") == ["ring-payout-9"]
    assert taken(state="all", region=4) == taken(state="all", persona="distributor") == (
        taken(state="all", holder="ben")) == ["member-1"]
    assert taken(state="all", holder=NOBODY) == ["ring-payout-9"]
    assert taken(late=True) == []
    assert taken(events=frozenset({1})) == ["member-1"]
    assert taken(events=frozenset()) == []
