"""Effects that are assumed from a table."""

import numpy as np
import pytest

from features.errors import BadConfig
from models.missions.effects import Assumptions, assumed_effects

P = np.array([0.4, 0.8])
BACK, STAYED = np.full(2, 2.0), np.full(2, 38.0)


def test_assumed_effects_are_shares_of_the_silent():
    """Of those who would stay silent one in twenty comes back, within the Beta's interval."""
    found = assumed_effects(P, BACK, STAYED)
    np.testing.assert_allclose(found.value, P * 0.05)
    assert found.basis == "assumed"
    draws = np.random.default_rng(0).beta(2, 38, 200_000)
    np.testing.assert_allclose(found.low, P * np.quantile(draws, 0.025), rtol=0.03)
    np.testing.assert_allclose(found.high, P * np.quantile(draws, 0.975), rtol=0.03)


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
