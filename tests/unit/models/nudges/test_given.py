from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from features.errors import BadInput
from models.nudges import Watch
from models.nudges.finding import LEFT
from models.nudges.given import MISSIONS, RINGS, growing_rings, judged_missions
from models.nudges.leavers import BACK_DAYS, left_after

TODAY = 20_400


def rings(sizes: dict[str, list[int]]) -> pd.DataFrame:
    return pd.DataFrame([(ring, TODAY - len(all_) + at, size, 500)
                         for ring, all_ in sizes.items() for at, size in enumerate(all_)],
                        columns=RINGS)


def test_a_ring_that_grows_all_at_once_is_told() -> None:
    table = rings({"slow": [4] * 40, "old": [9] * 40, "fast": [5] * 36 + [7, 9, 12, 14]})
    found = {each.segment: each for each in growing_rings(table, TODAY, 0.01)}
    assert found["fast"].p_value < 1e-5 < found["slow"].p_value
    assert (found["fast"].observed, found["fast"].money) == (9, 5.0)
    expected = stats.poisson.interval(0.95, 9)
    assert found["fast"].low * 5 == pytest.approx(expected[0], abs=1)
    assert found["slow"].p_value == found["old"].p_value == 1.0


def test_later_days_of_the_rings_change_nothing() -> None:
    table = rings({"one": [3] * 30 + [9] * 10})
    early = table[table["day"] < TODAY - 5]
    assert growing_rings(table, TODAY - 5, 1.0) == growing_rings(early, TODAY - 5, 1.0)


def test_a_mission_is_weighed_against_what_it_costs() -> None:
    """It works where it brings more than it costs, not where it only brings something."""
    table = pd.DataFrame([["good", 0.2, 0.15, 0.25, 300, 1.0, 20.0],
                          ["dear", 0.02, 0.01, 0.03, 300, 5.0, 20.0],
                          ["unknown", 0.1, -0.2, 0.4, 30, 1.0, 20.0]], columns=MISSIONS)
    found = {each.key: each for each in judged_missions(table, TODAY)}
    assert found["mission_works:mission:good"].p_value < 1e-6
    assert found["mission_fails:mission:dear"].p_value < 1e-6
    assert found["mission_fails:mission:dear"].money == pytest.approx(300 * (5 - 0.4))
    assert min(found[f"mission_{word}:mission:unknown"].p_value for word in ("works", "fails")) > .1


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(BadInput, match="size"):
        growing_rings(pd.DataFrame({"ring": [], "day": [], "points": []}), TODAY, 1.0)


def test_what_others_tested_counts_for_the_share_of_false_ones(program: Any) -> None:
    """One chance in a hundred is no news among a hundred missions without effect."""
    dice = np.random.default_rng(6)
    effect = dice.normal(0, 0.02, 100)
    table = pd.DataFrame({"mission": [f"m{n}" for n in range(100)], "value": effect,
                          "low": effect - 0.04, "high": effect + 0.04, "partners": 50,
                          "cost": 0.0, "worth": 1.0})
    watch = Watch(program.past(), 0.01)
    findings = judged_missions(table, TODAY)
    assert min(each.p_value for each in findings) < 0.05
    night = watch.night(extra=findings)
    assert night.findings == ()
    assert night.tested > 200


def test_partners_who_stay_away_after_a_campaign_are_told(program: Any) -> None:
    past = program.past()
    last = past.today - BACK_DAYS - 2
    drive = pd.DataFrame([[1, 3, 1, 0, 0, -1, 2, 0, 2_000_000]], columns=[
        "place", "campaign", "kind", "starts", "ends", "persona", "region", "sku", "multiplier"])
    start, end = ((day * 86_400_000 - 7 * 3_600_000) for day in (last - 14, last))
    drive = drive.assign(starts=start, ends=end)
    calm = dataclasses.replace(past, campaigns=drive)
    assert [each.p_value > 0.01 for each in left_after(calm, past.today, 0.01)] == [True]
    gone = past.events[~((past.events["region"] == 2) & (past.events["day"] >= last)
                         & (past.events["member"] % 3 > 0))]
    (one,) = left_after(dataclasses.replace(calm, events=gone), past.today, 0.01)
    assert (one.kind, one.key) == (LEFT, f"{LEFT}:campaign:3")
    assert one.p_value < 1e-4
    assert one.size < -0.3
