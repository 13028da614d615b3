"""The control group is a draw that stays, and every chance in the log says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from serving.campaigns.groups import arm_of, assigned, in_control
from serving.campaigns.standing import StandingCampaign


def campaign(name: str = "back", control: float = 0.3) -> StandingCampaign:
    return StandingCampaign.parse(
        f"{{id: {name}, name: A, monthly_budget_points: 9, control: {control},"
        " starts_at: 2026-01-01T00:00:00Z, ends_at: 2026-02-01T00:00:00Z}")


def record(held: str = "none", intended: str = "streak", cluster: str = "c") -> dict[str, Any]:
    """A decision with a global holdout of 10 %, the usual mission and two trials."""
    candidates = {"streak": 0.81, "spin": 0.045, "none": 0.145}
    done = intended if held == "none" else "none"
    return {
        "decision_id": f"{intended}.77", "member_id": "m", "mission_id": done,
        "intended": intended, "propensity": candidates[done], "holdout": held,
        "cost_points": 60 if done != "none" else 0, "as_of": "2026-01-02T00:00:00.000Z",
        "cluster": cluster, "candidates": candidates, "holdout_chance": 0.1, "campaign_id": "back",
    }


def test_a_share_of_clusters_is_drawn_and_drawn_again_the_same() -> None:
    """About 30 % of 20,000 clusters, twice the same; another campaign draws others."""
    names = [f"c-{n}" for n in range(20_000)]
    back, forth = campaign(), campaign("forth")
    first = np.array([in_control("acme", back, name) for name in names])
    again = np.array([in_control("acme", campaign(), name) for name in names[:100]])
    other = np.array([in_control("acme", forth, name) for name in names])
    assert np.array_equal(first[:100], again)
    assert first.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 20_000))
    assert (first & other).mean() == pytest.approx(0.09, abs=4 * np.sqrt(0.09 / 20_000))


def test_who_was_drawn_before_stays() -> None:
    """The arm of his first decision holds, whatever cluster he is in today."""
    arms = {arm_of(record(cluster=f"c-{n}"), "acme", campaign(), "control") for n in range(50)}
    assert arms == {"control"}
    assert arm_of(record("global"), "acme", campaign(), "offered") == "global"


def test_logged_chances_are_the_frequencies_of_what_is_done() -> None:
    """Over many draws each mission is sent as often as its record says."""
    random = np.random.default_rng(3)
    done, told, one = [], {}, campaign()
    for n in range(10_000):
        held = "global" if random.random() < 0.1 else "none"
        intended = random.choice(["streak", "spin", "none"], p=[0.9, 0.05, 0.05])
        before = record("none" if intended == "none" else held, intended, f"c-{n}")
        after = assigned(before, arm_of(before, "acme", one, ""), one)
        done.append(after["mission_id"])
        told[after["mission_id"]] = after["propensity"]
        assert sum(after["candidates"].values()) == pytest.approx(1)
        assert after["propensity"] == after["candidates"][after["mission_id"]]
    for mission in ("streak", "spin", "none"):
        seen = np.mean([sent == mission for sent in done])
        assert seen == pytest.approx(told[mission], abs=4 * np.sqrt(0.25 / 10_000)), mission


def test_the_control_group_costs_nothing_and_gets_nothing() -> None:
    """A held-out decision has no mission and no cost, and its id still names what was meant."""
    held = assigned(record(), "control", campaign())
    assert (held["mission_id"], held["cost_points"], held["holdout"]) == ("none", 0, "mission")
    assert held["decision_id"].startswith("streak.")
    assert held["holdout_chance"] == pytest.approx(1 - 0.9 * 0.7)
    nothing = assigned(record(intended="none"), "control", campaign())
    assert nothing["holdout"] == "none"


def test_another_moment_is_another_decision() -> None:
    """The chances of an earlier try are never found under the id of a later one."""
    later = record() | {"as_of": "2026-01-03T00:00:00.000Z"}
    ids = {assigned(one, "offered", campaign())["decision_id"] for one in (record(), later)}
    assert len(ids) == 2
