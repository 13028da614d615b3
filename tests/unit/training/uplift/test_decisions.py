"""The log of decisions as an experiment: chances, outcomes, and what is left out."""

import json

import pandas as pd
import pytest

from features.members.known import History
from features.places import MISSING
from training.uplift.decisions import LEAST_CHANCE, read_decisions

MEMBERS = pd.DataFrame({"member_id": [f"m{n}" for n in range(1, 9)], "persona": "retailer",
                        "outlet_id": ["o1", "o1", *[""] * 6]})
SCANS = pd.DataFrame({
    "member_id": [*MEMBERS["member_id"], "m1", "m2", "m3", "m8"],
    "day": [*range(1, 9), 64, 59, 90, 200]})
"""Decisions are on day 59, so the window of thirty days is 60 to 89."""
WHEN = "2025-03-01T09:00:00Z"
MS = 1_740_819_600_000
"""The same moment in milliseconds."""


def decision(name, member, mission, propensity, holdout="none", policy="p1", at=WHEN):
    return {"decision_id": name, "member_id": member, "decided_at": at, "mission_id": mission,
            "propensity": propensity, "holdout": holdout, "policy_version": policy}


LOG = pd.DataFrame([
    decision("d1", "m1", "streak", 0.6),
    decision("d2", "m2", "none", 0.2, "mission"),
    decision("d3", "m3", "training", 0.2),
    decision("d4", "m4", "streak", 1.0),
    decision("d5", "m5", "streak", 1.0, policy="override"),
    decision("d6", "stranger", "streak", 0.5),
    decision("d7", "m6", "streak", 0.6, at="2025-07-10T09:00:00Z"),
])


def read(journal):
    as_of = journal.as_of_ms
    return read_decisions(journal, History.read(journal, as_of), as_of, window=30)


def test_a_log_becomes_rows(written):
    """The rest of a chance is shared as the persona's decisions of that policy are."""
    log = read(written(MEMBERS, SCANS, LOG))
    assert log.missions == ("streak", "training")
    assert log.arm.tolist() == [1, 0, 2]
    assert log.chance.tolist() == [
        pytest.approx([0.2, 0.6, 0.2]),
        pytest.approx([0.2, 0.8 * 2 / 3, 0.8 / 3]),
        pytest.approx([0.8 / 3, 0.8 * 2 / 3, 0.2])]
    assert len(log) == 3


def test_activity_counts_from_the_next_day_to_the_end_of_the_window(written):
    """Not on the day itself, and not on the day after the window."""
    assert read(written(MEMBERS, SCANS, LOG)).active.tolist() == [1, 0, 0]


def test_what_cannot_be_compared_is_counted(written):
    """By a person, certain, of a stranger; and one whose window is not over is only not there."""
    log = read(written(MEMBERS, SCANS, LOG))
    assert log.left_out == {"override": 1, "certain": 1, "stranger": 1}
    assert "1 decided by a person" in log.sentence
    assert "1 sure beforehand" in log.sentence


def test_members_of_one_outlet_are_one_cluster(written):
    log = read(written(MEMBERS, SCANS, LOG))
    assert log.cluster[0] == log.cluster[1] != log.cluster[2]


def test_covariates_are_what_was_known_at_the_decision(written):
    """A later scan changes nothing of them."""
    log = read(written(MEMBERS, SCANS, LOG))
    assert log.frame["days_since_last"].tolist() == [58, 57, 56]
    assert (log.frame["today"] == log.frame["today"].iloc[0]).all()
    assert log.frame["repeat_days"].tolist() == [0, 0, 0]


def test_a_chance_below_the_least_closes_an_arm(written):
    """It is not open to anybody with so small a chance, whether it was drawn or not."""
    rare = pd.DataFrame([decision("d1", "m1", "streak", LEAST_CHANCE / 2),
                         decision("d2", "m2", "none", 1 - LEAST_CHANCE / 2, "mission")])
    log = read(written(MEMBERS, SCANS, rare))
    assert len(log) == 0
    assert log.left_out["certain"] == 2


def test_our_own_record_knows_every_chance(written):
    """Candidates of the record, what was intended in an older one, and a draw that gave nothing.

    Outside a campaign only members for whom a mission was meant are logged: chances are those
    given that, or who was left alone would count for too little.
    """
    rows = pd.DataFrame([decision("d1", "m1", "streak", 0.6), decision("d2", "m2", "none", 0.3,
                                                                       "mission")])
    journal = written(MEMBERS, SCANS, rows)
    as_of = "2025-03-01T09:00:00Z"
    own = {"policy_version": "p1", "holdout": "none", "as_of": as_of}
    records = {
        "d1": own | {"member_id": "m1", "mission_id": "streak", "propensity": 0.6,
                     "candidates": {"streak": 0.6, "training": 0.1, "none": 0.3},
                     "holdout_chance": 0.2},
        "d2": own | {"member_id": "m2", "mission_id": "none", "propensity": 0.3,
                     "holdout": "mission", "intended": "training"},
        "d3": own | {"member_id": "m3", "mission_id": "none", "propensity": 0.9,
                     "candidates": {"streak": 0.1, "none": 0.9}, "campaign_id": "back"},
        "d4": own | {"member_id": "m4", "mission_id": "none", "propensity": 0.9,
                     "candidates": {"streak": 0.1, "none": 0.9}, "campaign_id": None},
    }
    keep(journal, records, MS)
    night(journal, 59, MS)
    log = read(journal)
    assert log.missions == ("streak", "training")
    assert log.arm.tolist() == [1, 0, 0]
    assert log.chance.tolist() == [
        pytest.approx([0.2, 0.8 * 6 / 7, 0.8 / 7]), pytest.approx([0.3, 0.0, 0.7]),
        pytest.approx([0.9, 0.1, 0.0])]


def keep(journal, records, ms):
    with journal.database.writing() as store:
        store.many("INSERT INTO suggested (program, decision_id, body, at_ms) VALUES (?, ?, ?, ?)",
                   [(journal.key, name, json.dumps(body), ms) for name, body in records.items()])


def night(journal, day, ms, code="sent"):
    """A night of a campaign, planned to its end, with one decision that was handed over or not."""
    with journal.database.writing() as store:
        store.run("INSERT INTO standing_days VALUES (?, 'back', ?, 1, ?, '{}')",
                  (journal.key, day, ms))
        store.run("INSERT INTO standing_decisions VALUES (?, 'back', ?, 0, 1, ?, 'c', 'offered', "
                  "'streak', 60, ?)", (journal.key, day, f"sent-{day}", code))


def test_only_a_night_that_was_planned_to_its_end_left_somebody_alone(written):
    """Neither one that was cut off and planned anew, nor one that was stopped before it acted."""
    journal = written(MEMBERS, SCANS, LOG.iloc[:0])
    alone = {"policy_version": "p1", "holdout": "none", "mission_id": "none", "propensity": 0.9,
             "candidates": {"streak": 0.1, "none": 0.9}, "campaign_id": "back", "as_of": WHEN}
    keep(journal, {"cut": alone | {"member_id": "m3"}}, MS - 60_000)
    keep(journal, {"anew": alone | {"member_id": "m3"}, "other": alone | {"member_id": "m1"}}, MS)
    night(journal, 59, MS)
    keep(journal, {"stopped": alone | {"member_id": "m4"}}, MS + 86_400_000)
    night(journal, 60, MS + 86_400_000, code="stopped")
    log = read(journal)
    assert log.arm.tolist() == [0, 0]
    assert log.active.tolist() == [0, 1]


def test_a_record_without_a_chance_was_decided_by_a_person(written):
    journal = written(MEMBERS, SCANS, LOG.iloc[:2])
    body = {"member_id": "m1", "mission_id": "streak", "propensity": None, "holdout": "none"}
    with journal.database.writing() as store:
        store.many("INSERT INTO suggested (program, decision_id, body, at_ms) VALUES (?, ?, ?, ?)",
                   [(journal.key, "d1", json.dumps(body), 1)])
    assert read(journal).left_out["override"] == 1


def test_a_program_without_missions_has_no_rows(written):
    log = read(written(MEMBERS, SCANS, LOG.iloc[:0]))
    assert len(log) == 0
    assert log.sentence == ""
    assert log.missions == ()
    assert MISSING not in log.arm


def test_only_what_was_known_before_the_moment_counts(written):
    """A decision is not there while its window lasts, though the journal goes on."""
    journal = written(MEMBERS, SCANS, LOG)
    early = int(pd.Timestamp("2025-03-20T00:00:00Z").value // 1_000_000)
    assert len(read_decisions(journal, History.read(journal, early), early, 30)) == 0
