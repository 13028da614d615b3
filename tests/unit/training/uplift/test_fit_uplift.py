"""Effects learnt from whole programs whose effects are known."""

import numpy as np
import pandas as pd
import pytest

from features.members.rhythm import member_features
from training.uplift import personalising
from training.uplift.fit_uplift import fit_uplift

HELP, START = 0.3, pd.Timestamp("2025-01-01", tz="UTC")


def program(n, effect, seed=0, chance=(0.3, 0.4, 0.3), outlets=0):
    """Members, scans and decisions on day 100; ``effect`` gives those of two missions by row."""
    rng = np.random.default_rng(seed)
    usual = rng.integers(1, 6, n)
    arm = rng.choice(3, n, p=chance)
    came = rng.random(n) < HELP + effect(usual)[np.arange(n), arm]
    name = np.array([f"m{i}" for i in range(n)])
    shop = [f"o{i % outlets}" if outlets else "" for i in range(n)]
    members = pd.DataFrame({"member_id": name, "persona": "retailer", "outlet_id": shop})
    before = pd.DataFrame({"member_id": np.repeat(name, usual),
                           "day": rng.integers(1, 60, usual.sum())})
    after = pd.DataFrame({"member_id": name[came], "day": rng.integers(102, 125, came.sum())})
    last = pd.DataFrame({"member_id": ["m0"], "day": [180]})
    missions = pd.DataFrame({
        "decision_id": [f"d{i}" for i in range(n)], "member_id": name,
        "decided_at": (START + pd.Timedelta(days=100, hours=9)).isoformat(),
        "mission_id": np.array(["none", "streak", "training"])[arm],
        "propensity": np.array(chance)[arm],
        "holdout": np.where(arm == 0, "mission", "none"), "policy_version": "p1"})
    return members, pd.concat([before, after, last], ignore_index=True), missions


def alike(usual):
    return np.tile([0.0, 0.2, 0.05], (len(usual), 1))


def opposed(usual):
    """One mission suits those who come often, the other those who come rarely."""
    often = usual >= 3
    return np.column_stack([0 * usual, np.where(often, 0.4, -0.25), np.where(often, -0.25, 0.4)])


def learn(journal, unsure):
    return fit_uplift(journal, journal.as_of_ms, unsure, seed=0)


def test_the_true_effect_is_inside_the_interval(written, unsure):
    """And the data outweigh the assumption."""
    found = learn(written(*program(1500, alike)), unsure)
    streak = found.model.missions["streak"]
    assert abs(streak.overall.value - 0.2) < 1.96 * streak.overall.error
    assert streak.overall.error < 0.05
    assert streak.assumed < 0.5
    assert found.model.level == "segment"
    assert "personal ones wait for a mission given 2,000 times" in found.model.why
    assert found.figures["decisions"] == 1500
    assert any(sentence.startswith("streak brings +") for sentence in found.sentences)


def test_few_decisions_leave_the_assumption(written, unsure):
    """Enough for a difference, not enough to outweigh the table: nothing is called measured."""
    found = learn(written(*program(120, alike)), unsure)
    streak = found.model.missions["streak"]
    assert streak.assumed > 0.5
    frame = pd.DataFrame({"persona": [0.0]})
    assert found.model.effects("streak", frame, frame.assign(state="slipping")) is None
    assert found.figures["missions_measured"] == 0


def test_fewer_than_that_give_no_model(written, unsure):
    found = learn(written(*program(60, alike)), unsure)
    assert found.model is None
    assert "none of 2 missions has 30 given and 30 held out" in found.sentences[0]


def test_no_decision_is_said(written, unsure):
    members, scans, missions = program(30, alike)
    found = learn(written(members, scans, missions.iloc[:0]), unsure)
    assert found.model is None
    assert found.sentences == ("Missions: none was decided yet, so their effects are assumed.",)


@pytest.fixture
def soon(monkeypatch):
    """Let a few hundred decisions be enough to tell members apart."""
    monkeypatch.setattr(personalising, "GIVEN", 300)
    monkeypatch.setattr(personalising, "ALONE", 300)


@pytest.mark.usefixtures("soon")
def test_members_who_are_alike_get_the_best_single_mission(written, unsure):
    found = learn(written(*program(1500, alike)), unsure).model
    assert (found.level, found.best) == ("single", "streak")
    assert "The best single mission, streak, is what is suggested" in found.why
    assert all(one.line is None for one in found.missions.values())


@pytest.mark.usefixtures("soon")
def test_members_who_differ_get_effects_of_their_own(written, unsure):
    """The line gives each the sign of his true effect."""
    journal = written(*program(1500, opposed))
    learnt = learn(journal, unsure)
    model = learnt.model
    assert model.level == "personal"
    assert learnt.figures["personal_gain_low"] > 0
    assert learnt.figures["qini"] > 0
    frame = member_features(journal, int((START + pd.Timedelta(days=100)).value // 1_000_000))
    found = model.effects("streak", frame, frame.assign(state="lapsed"))
    often = frame["repeat_days"].to_numpy() >= 2
    assert found.value[often].mean() > 0.2
    assert found.value[~often].mean() < 0
    assert found.basis == "measured"


@pytest.mark.usefixtures("soon")
def test_the_same_journal_gives_the_same_model(written, unsure):
    journal = written(*program(1000, alike, outlets=900))
    assert learn(journal, unsure) == learn(journal, unsure)


def test_what_follows_the_moment_changes_nothing(written, unsure):
    """Scans and decisions after it are as if they had never come."""
    members, scans, missions = program(400, alike)
    later = missions.head(50).assign(
        decision_id=[f"x{i}" for i in range(50)], mission_id="streak", holdout="none",
        decided_at=(START + pd.Timedelta(days=150)).isoformat())
    journal = written(members, scans, pd.concat([missions, later]))
    as_of = int((START + pd.Timedelta(days=140)).value // 1_000_000)
    found = fit_uplift(journal, as_of, unsure, 0)
    assert found.figures["decisions"] == 400
