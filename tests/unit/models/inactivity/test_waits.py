"""The range of the next activity, stretched by what those who came back before really took."""

import numpy as np
import pandas as pd
import pytest

from models.inactivity.btyd import Btyd
from models.inactivity.rhythms import Rhythms
from models.inactivity.waits import ENOUGH, Waits, rest_of_wait

RHYTHMS = Rhythms({-1: (Btyd("bg", 2.0, 30.0, 0.5, 3.0), Btyd("mbg", 2.0, 30.0, 0.5, 3.0))})


def returns(count, factor, seed=0, late=1.5):
    """Members whose waits are ``factor`` times what the rhythm model draws."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(2.0 + 4.0, 1 / (30.0 + 60.0), count)
    return pd.DataFrame({
        "persona": np.nan, "repeat_days": 4.0, "active_span": 50.0, "tenure": 60.0,
        "days_since_last": 10.0, "gap_sd": np.nan, "gap_mean": 12.0, "today": 1000.0,
        "silence_to_cadence": late, "off_season_now": 0.0, "horizon": 60.0,
        "wait": np.floor(factor * rng.exponential(1 / rate)),
    })


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_eight_in_ten_come_within_the_stretched_range(factor):
    """Whatever the rhythm misses, the range holds its share on members nobody learnt from."""
    waits = Waits.fit(RHYTHMS, returns(4_000, factor), 1200)
    fresh = returns(4_000, factor, seed=1)
    low, middle, high = (waits.stretched(rest_of_wait(RHYTHMS, fresh, share),
                                         fresh["silence_to_cadence"], place)
                         for place, share in enumerate((0.1, 0.5, 0.9)))
    inside = (fresh["wait"] >= np.floor(low)) & (fresh["wait"] <= np.floor(high))
    assert inside.mean() == pytest.approx(0.8, abs=0.04)
    assert (fresh["wait"] <= np.floor(middle)).mean() == pytest.approx(0.5, abs=0.04)


def test_snapshots_not_followed_for_long_teach_nothing():
    """They have seen the quick returns only, which would make every range too short."""
    assert Waits.fit(RHYTHMS, returns(4_000, 1.0), 1100) == Waits()


def test_few_returns_leave_the_rhythm_as_it_is():
    """A group below its minimum has no factor; another one keeps its own."""
    both = pd.concat([returns(ENOUGH - 1, 3.0, late=0.5), returns(500, 3.0, late=5.0)])
    waits = Waits.fit(RHYTHMS, both, 1200)
    assert set(waits.factors) == {2}
    assert Waits.from_json(waits.to_json()) == waits
