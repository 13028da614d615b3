"""Effects: assumed from a table, measured against holdouts, and never mixed up."""

import numpy as np
import pandas as pd
import pytest

from features.errors import BadConfig
from models.missions.effects import ARM, Assumptions, Difference, effects, measure

P = np.array([0.4, 0.8])
BACK, STAYED = np.full(2, 2.0), np.full(2, 38.0)


def test_assumed_effects_are_shares_of_the_silent():
    """Of those who would stay silent one in twenty comes back, within the Beta's interval."""
    found = effects(P, BACK, STAYED, None)
    np.testing.assert_allclose(found.value, P * 0.05)
    assert found.basis == "assumed"
    draws = np.random.default_rng(0).beta(2, 38, 200_000)
    np.testing.assert_allclose(found.low, P * np.quantile(draws, 0.025), rtol=0.03)
    np.testing.assert_allclose(found.high, P * np.quantile(draws, 0.975), rtol=0.03)


def test_a_sharp_measurement_takes_over():
    """A thousand members in each arm outweigh forty assumed ones; the interval is the data's."""
    found = effects(P, BACK, STAYED, Difference(0.10, 0.005, 2_000, 1_000))
    assert found.basis == "measured"
    assert found.value[0] == pytest.approx(0.10, abs=0.01)
    assert found.high[0] - found.low[0] == pytest.approx(2 * 1.96 * 0.005, rel=0.1)


def test_a_blunt_measurement_stays_assumed():
    """A difference with a wide error moves the assumption a little, and says assumed."""
    found = effects(P, BACK, STAYED, Difference(0.10, 0.2, 40, 30))
    assert found.basis == "assumed"
    assert 0.02 < found.value[0] < 0.025


def offers(rng, treated, held, lift, base=0.2):
    """Decisions a year back and the activity that followed, with a known effect."""
    count = treated + held
    frame = pd.DataFrame({
        "member_id": np.arange(1, count + 1), "day": 1_000 + rng.integers(0, 60, count),
        "mission_id": np.where(np.arange(count) < treated, 1, 9),
        "holdout": np.where(np.arange(count) < treated, 0, 1), "intended": 1,
    })
    active = rng.random(count) < np.where(frame["holdout"] == 0, base + lift, base)
    days = pd.DataFrame({"member": frame["member_id"], "day": frame["day"] + 10})[active]
    before = pd.DataFrame({"member": frame["member_id"], "day": frame["day"]})
    days = pd.concat([days, before]).sort_values(["member", "day"])
    return frame, days, pd.Series(0.0, index=frame["member_id"])


def test_a_known_effect_is_found():
    """The interval covers a lift of 12 points; the day of the decision itself does not count."""
    found = measure(*offers(np.random.default_rng(1), 4_000, 1_000, 0.12), 30, 1_200)[1]
    assert found.value == pytest.approx(0.12, abs=2 * found.error)
    assert found.error == pytest.approx(np.sqrt(0.32 * 0.68 / 4000 + 0.16 / 1000), rel=0.1)
    assert (found.treated, found.held_out) == (4_000, 1_000)


def test_nothing_is_measured_from_too_few_or_too_early():
    """An arm below the least size, and windows that are not over, give no difference."""
    rng = np.random.default_rng(2)
    assert measure(*offers(rng, 500, ARM - 10, 0.1), 30, 1_200) == {}
    assert measure(*offers(rng, 500, 500, 0.1), 30, 1_020) == {}


def test_holdouts_of_another_mission_are_no_control():
    """Held-out members count for the mission they would have got."""
    frame, days, persona = offers(np.random.default_rng(3), 500, 500, 0.1)
    frame["intended"] = 2
    assert measure(frame, days, persona, 30, 1_200) == {}
    assert set(measure(frame.assign(intended=0), days, persona, 30, 1_200)) == {1}


def test_the_last_row_that_fits_counts():
    """The table goes from general to special."""
    table = Assumptions(version="1", assumed=(
        {"back": 2, "of": 40}, {"reason": "rewards", "back": 4, "of": 40},
        {"persona": "distributor", "mission": "visit", "back": 1, "of": 10}))
    back, stayed = table.of("visit", np.array([0, 0, 1.0, np.nan]),
                            np.array(["", "rewards", "rewards", ""], dtype=object))
    assert (back / (back + stayed)).tolist() == [0.05, 0.1, 0.1, 0.05]


@pytest.mark.parametrize("row", [
    {"back": 5, "of": 5}, {"back": 0, "of": 5}, {"back": 1, "of": 5, "persona": "king"},
    {"back": 1, "of": 5, "reason": "moon"}])
def test_an_impossible_assumption_is_refused(tmp_path, row):
    """The file and the row are named."""
    path = tmp_path / "effects.yaml"
    path.write_text(f"version: '1'\nassumed: [{row}]\n")
    with pytest.raises(BadConfig, match=r"effects\.yaml"):
        Assumptions.read(path)
