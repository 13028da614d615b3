"""The log of decisions is complete, honest about its chances, and the same again."""

import json

import numpy as np
import pandas as pd
import pytest

from models.missions.records import decision_id
from models.missions.suggestions import suggest

KEYS = {"decision_id", "member_id", "mission_id", "intended", "propensity", "holdout", "channel",
        "cost_points", "policy_version", "as_of", "cluster", "candidates", "scores", "excluded",
        "explored", "floor", "holdout_chance", "language", "template_id", "bundle_id",
        "campaign_id"}
TRIES = {"exploration": {"floor": 0.05, "most": 4}}


@pytest.fixture
def plan(scene):
    """Three hundred members, two missions and one for distributors, a budget, holdouts, trials."""
    missions = [scene.mission("streak", 20, template_id="t-1"), scene.mission("visit", 60),
                scene.mission("dealers", 5, personas=["distributor"])]
    points = np.random.default_rng(0).uniform(20, 300, 300)
    made = scene(count=300, missions=missions, holdout=(0.1, 0.2), settings=TRIES,
                 points_mean=points, outlet=np.arange(300) // 3 + 1.0)
    return suggest(made, budget_points=4_000)


def test_everybody_eligible_has_a_record(plan):
    """Sent, held out and left with nothing: each has one, with every key, as plain JSON."""
    assert sorted(record["member_id"] for record in plan.records) == sorted(
        f"m-{i}" for i in range(1, 301))
    for record in plan.records:
        assert set(record) == KEYS
        assert json.loads(json.dumps(record)) == record
    nothing = [record for record in plan.records if record["intended"] == "none"]
    assert nothing
    assert {record["holdout"] for record in nothing} == {"none"}
    assert {record["channel"] for record in nothing} == {None}


def test_the_chance_of_what_was_done_is_one_of_the_candidates(plan):
    """Candidates sum to one, none is among them, and the propensity is that of the outcome."""
    for record in plan.records:
        assert sum(record["candidates"].values()) == pytest.approx(1, abs=1e-6)
        assert record["propensity"] == record["candidates"][record["mission_id"]]
        assert set(record["candidates"]) <= {"streak", "visit", "none"}
        assert record["excluded"] == {"dealers": "persona"}
        assert set(record["scores"]) == {"streak", "visit"}
        if record["holdout"] != "none":
            assert record["mission_id"] == "none"
            assert record["cost_points"] == 0
            assert record["candidates"][record["intended"]] > 0


def test_records_and_decisions_tell_the_same(plan):
    """The frame is the part of the log that is about a mission, in the same order."""
    log = pd.DataFrame(plan.records[: len(plan.decisions)])
    for name in ("decision_id", "member_id", "mission_id", "intended", "propensity", "holdout",
                 "channel", "cost_points", "policy_version", "explored"):
        assert log[name].tolist() == plan.decisions[name].tolist(), name
    assert (log["intended"] != "none").all()
    assert all(record["intended"] == "none" for record in plan.records[len(log):])
    sent = log.loc[log["holdout"] == "none", "decision_id"].tolist()
    assert [one.decision_id for one in plan.suggestions] == sent


def test_members_of_an_outlet_share_their_holdout(plan):
    """Held out of everything together; the cluster says whom they were drawn with."""
    log = pd.DataFrame(list(plan.records))
    assert log["cluster"].nunique() == 100
    meant = log[log["intended"] != "none"]
    assert ((meant["holdout"] == "global").groupby(meant["cluster"]).nunique() == 1).all()


def test_logged_chances_are_frequencies_of_the_whole(scene):
    """Over many programs, salts and all, missions and none come as often as the log says."""
    rng = np.random.default_rng(1)
    made = scene(count=30, holdout=(0.1, 0.2), settings=TRIES,
                 points_mean=rng.uniform(40, 300, 30), p_inactive=rng.uniform(0.5, 0.9, 30))
    salts, counts, chance = 150, {}, {}
    for salt in range(salts):
        program = made.program.model_copy(update={"program_id": f"p-{salt}"})
        for record in suggest(scene.change(made, program=program)).records:
            key = (record["member_id"], record["mission_id"])
            counts[key] = counts.get(key, 0) + 1
            for name, each in record["candidates"].items():
                chance[record["member_id"], name] = each
    assert set(counts) <= set(chance)
    for key, each in chance.items():
        error = np.sqrt(each * (1 - each) / salts)
        assert abs(counts.get(key, 0) / salts - each) <= 4.5 * error + 1e-9


def test_a_limit_decides_only_about_who_is_asked_for(scene):
    """Others have no record: they were not looked at, and the code says so."""
    plan = suggest(scene(count=6), limit=2)
    assert [record["member_id"] for record in plan.records] == ["m-1", "m-2"]
    assert set(plan.excluded) == {"limit"}


def test_a_campaign_has_decisions_of_its_own(scene):
    """Its name is in the log and in the id; the mission stays readable in both."""
    plain, own = suggest(scene()), suggest(scene(), campaign_id="spring")
    assert {record["campaign_id"] for record in own.records} == {"spring"}
    assert not set(plain.decisions["decision_id"]) & set(own.decisions["decision_id"])
    assert own.records[0]["decision_id"].rpartition(".")[0] == "streak"
    ids = {decision_id("a", "m", "x", 1), decision_id("a", "m", "x", 2),
           decision_id("a", "n", "x", 1), decision_id("b", "m", "x", 1),
           decision_id("a", "m", "x", 1, 0.05)}
    assert len(ids) == 5


def test_the_log_of_a_part_is_that_part_of_the_log(scene):
    """A segment is drawn as the whole is: the same clusters, holdouts and trials."""
    made = scene(count=60, holdout=(0.1, 0.2), settings=TRIES, outlet=np.arange(60) // 2 + 1.0)
    whole = {record["member_id"]: record for record in suggest(made).records}
    part = suggest(made.take(np.arange(0, 60, 2))).records
    assert len(part) == 30
    assert all(whole[record["member_id"]] == record for record in part)
