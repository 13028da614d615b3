"""Who cheats from inside is found; whoever only looks like it is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.errors import BadInput
from models.insiders import KINDS, find_insiders, write_findings

if TYPE_CHECKING:

    from features.store.journal import Journal

Journals = Any


def found(journal: Journal) -> list[tuple[str, str]]:
    return [(each.kind, each.staff_id) for each in find_insiders(journal, journal.as_of_ms)]


def desk(world: Any) -> None:
    """Credits as usual of every clerk: one in ten without a ticket."""
    for clerk in range(6):
        world.credits(f"c{clerk}", 30, 0.1)


def test_an_honest_desk_has_no_finding(world: Any, journal_of: Journals) -> None:
    """Clerks enter for everybody, reviewers agree, credits have tickets."""
    desk(world)
    for reviewer in range(4):
        world.review(f"v{reviewer}", 60, 0.6)
    assert found(journal_of(world)) == []


def test_a_clerk_who_credits_friends_is_found(world: Any, journal_of: Journals) -> None:
    """Three friends, evenings of a few weeks on top of their own scans, credits besides."""
    desk(world)
    friends = ["m3", "m6", "m9"]
    for turn in range(24):
        world.scan(friends[turn % 3], 100 + 1.5 * turn, hour=20.5, agent_id="c2", points=90)
    world.credits("c2", 3, 1.0, friends)
    journal = journal_of(world)
    [finding] = find_insiders(journal, journal.as_of_ms)
    assert (finding.kind, finding.staff_id) == ("few_accounts", "c2")
    assert set(friends) <= set(finding.members)
    assert finding.score > 0.95
    assert finding.statistics["bare_p"] < 0.01
    assert set(finding.text) == set(finding.innocent) == {"en", "es", "id"}
    assert "c2" in finding.text["en"]


def test_loyal_regulars_of_one_clerk_are_no_finding(world: Any, journal_of: Journals) -> None:
    """Four members without good phones: most of their visits are entered by the same clerk."""
    desk(world)
    for row in world.tables["scans"]:
        if row["member_id"] in ("m3", "m6", "m9", "m12") and world.dice.random() < 0.6:
            row["agent_id"] = "c2"
    assert found(journal_of(world)) == []


def test_credits_without_ticket_are_found_against_colleagues(
    world: Any, journal_of: Journals
) -> None:
    """Two thirds of his credits have none; his colleagues' one in ten."""
    for clerk in range(5):
        world.credits(f"c{clerk}", 30, 0.1)
    world.credits("c5", 30, 0.67)
    assert ("no_ticket", "c5") in found(journal_of(world))


def test_goodwill_with_tickets_is_no_finding(world: Any, journal_of: Journals) -> None:
    """After an outage one clerk books ten times as many credits, each with its ticket."""
    desk(world)
    world.credits("c4", 300, 0.05)
    assert found(journal_of(world)) == []


def reps(world: Any, ghosts: int, active: int) -> None:
    """Six reps whose enrolments mostly scan later; the last one's are partly ghosts."""
    for rep in range(7):
        world.member(f"rep{rep}", joined=-300)
    for rep in range(7):
        for number in range(ghosts + active if rep == 6 else 14):
            name, day = f"n{rep}-{number}", float(world.dice.integers(20, 160))
            day = 60 + number / 5 if rep == 6 else day
            world.member(name, joined=day, enrolled_by=f"rep{rep}")
            alive = number >= ghosts if rep == 6 else number > 0
            for later in (20, 45, 80) if alive else ():
                world.scan(name, day + later)


def test_a_rep_who_enrols_ghosts_is_found(world: Any, journal_of: Journals) -> None:
    """Twelve of fifteen never come back; of his colleagues' one in fourteen."""
    reps(world, ghosts=12, active=3)
    journal = journal_of(world)
    [finding] = find_insiders(journal, journal.as_of_ms)
    assert (finding.kind, finding.role, finding.staff_id) == (
        "ghost_enrolments", "member", "rep6")
    assert {f"n6-{number}" for number in range(12)} == set(finding.members)


def test_a_drive_week_whose_people_stay_is_no_finding(world: Any, journal_of: Journals) -> None:
    """Thirty enrolments in a week, all of them real later."""
    reps(world, ghosts=2, active=28)
    assert found(journal_of(world)) == []


def test_the_young_are_no_ghosts(world: Any, journal_of: Journals) -> None:
    """Who joined less than a month and a half ago has not had the time."""
    for rep in range(7):
        world.member(f"rep{rep}", joined=-300)
        for number in range(14):
            day = 280.0 if rep == 6 else 100.0
            world.member(f"n{rep}-{number}", joined=day, enrolled_by=f"rep{rep}")
            if rep < 6:
                world.scan(f"n{rep}-{number}", 140)
    assert found(journal_of(world)) == []


def test_a_reviewer_who_stamps_within_seconds_is_found(world: Any, journal_of: Journals) -> None:
    """Half of his approvals take six seconds, the others' ten minutes."""
    for reviewer in range(4):
        world.review(f"v{reviewer}", 60, 0.6)
    world.review("v3", 30, 1.0, seconds=6)
    journal = journal_of(world)
    [finding] = find_insiders(journal, journal.as_of_ms)
    assert (finding.kind, finding.staff_id) == ("rubber_stamp", "v3")
    assert finding.statistics["stamped"] == 30


def test_a_reviewer_whom_audits_disprove_is_found(world: Any, journal_of: Journals) -> None:
    """Two thirds of what he cleared are later proved to be fraud; nobody else's is."""
    for reviewer in range(4):
        approved = world.review(f"v{reviewer}", 60, 0.6)
        for event in approved[:24] if reviewer == 1 else approved[:1]:
            world.label(event, "fraud", "2025-10-20T00:00:00Z", "audit")
    assert found(journal_of(world)) == [("rubber_stamp", "v1")]


def test_a_specialist_for_a_region_is_no_finding(world: Any, journal_of: Journals) -> None:
    """He gets one region's cases, which are nearly all honest, as the others find there too."""
    for reviewer in range(4):
        world.review(f"v{reviewer}", 50, 0.4, region=reviewer % 2)
        world.review(f"v{reviewer}", 12, 0.9, region=2)
    world.review("v9", 120, 0.9, region=2)
    assert found(journal_of(world)) == []


def test_too_little_says_nothing(world: Any, journal_of: Journals) -> None:
    """Two clerks, five decisions, four enrolments: no peers, no finding."""
    world.credits("c1", 5, 1.0)
    world.review("v1", 5, 1.0, seconds=5)
    assert found(journal_of(world)) == []


def test_nothing_later_matters(world: Any, journal_of: Journals) -> None:
    """As of a moment, what came after it changes no figure."""
    desk(world)
    world.review("v1", 60, 0.6)
    cut = int(pd.Timestamp("2025-07-01T00:00:00Z").timestamp() * 1000)
    before = find_insiders(journal_of(world), cut, false_share=0.999)
    for turn in range(40):
        world.scan("m3", 250 + turn, hour=21, agent_id="c1")
        world.label(f"e{turn + 1}", "fraud", "2025-12-01T00:00:00Z", "audit")
    assert find_insiders(journal_of(world), cut, false_share=0.999) == before


def test_findings_are_written_and_read_back(world: Any, journal_of: Journals, tmp_path: Any
                                            ) -> None:
    """As JSON and as Parquet; another ending is refused."""
    for clerk in range(5):
        world.credits(f"c{clerk}", 30, 0.1)
    world.credits("c5", 30, 0.67)
    journal = journal_of(world)
    findings = find_insiders(journal, journal.as_of_ms)
    assert write_findings(findings, tmp_path / "a" / "in.json") == len(findings) > 0
    assert write_findings(findings, tmp_path / "in.parquet") == len(findings)
    assert write_findings([], tmp_path / "none.parquet") == 0
    [row, *_] = json.loads((tmp_path / "a" / "in.json").read_text())
    first = pq.read_table(tmp_path / "in.parquet").to_pylist()[0]
    assert row["staff_id"] == first["staff_id"] == findings[0].staff_id
    assert json.loads(first["statistics"]) == row["statistics"] == findings[0].statistics
    with pytest.raises(BadInput, match=r"\.json or \.parquet"):
        write_findings(findings, tmp_path / "in.csv")


def test_a_share_that_is_none_is_refused(world: Any, journal_of: Journals) -> None:
    """Between 0 and 1."""
    with pytest.raises(BadInput, match="between 0 and 1"):
        find_insiders(journal_of(world), 0, false_share=1.0)


def test_scores_are_always_a_share(world: Any, journal_of: Journals) -> None:
    """Every finding of a permissive run has a score and chance within bounds, and a known kind."""
    desk(world)
    journal = journal_of(world)
    for each in find_insiders(journal, journal.as_of_ms, false_share=0.999):
        assert 0 <= each.score <= 1
        assert 0 <= each.p <= 1
        assert each.kind in KINDS
        assert np.isfinite(list(each.statistics.values())).all()
