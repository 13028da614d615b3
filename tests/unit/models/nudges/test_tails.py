from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.nudges.expected import (
    LAG,
    YEAR,
    of_others,
    of_trials,
    of_weekdays,
    trailing,
    with_season,
)
from models.nudges.tails import FREEDOM, tails, weigh


def test_the_tails_are_those_of_scipy() -> None:
    dice = np.random.default_rng(1)
    mean, spread = dice.uniform(5, 400, 60), dice.uniform(1.05, 6, 60)
    count = np.round(mean * dice.uniform(0.4, 1.8, 60))
    low, high = tails(count, mean, spread)
    law = stats.nbinom(mean / (spread - 1), 1 / spread)
    np.testing.assert_allclose(low, stats.t(FREEDOM).cdf(stats.norm.ppf(law.cdf(count))))
    np.testing.assert_allclose(high, stats.t(FREEDOM).cdf(stats.norm.ppf(law.sf(count - 1))),
                               rtol=1e-6)
    assert tails(np.zeros(1), np.array([0.2]), np.ones(1))[1] > 0.99


@pytest.mark.parametrize("spread", [1.0, 3.0])
def test_chances_hold_where_counts_vary_as_they_always_did(spread: float) -> None:
    """Of many honest segments about one in a hundred is below a chance of one in a hundred."""
    dice = np.random.default_rng(2)
    mean, days = 30.0, 220
    shape = (400, days)
    counts = dice.poisson(mean, shape) if spread == 1 else dice.negative_binomial(
        mean / (spread - 1), 1 / spread, shape)
    seen = np.concatenate([np.zeros((400, 1)), counts.cumsum(1)], 1)
    expected = np.tile(np.arange(days + 1) * mean, (400, 1))
    for side in (-1, 1):
        p = np.concatenate([weigh(seen, expected, night, 7, 10, 1.0).tail(side)
                            for night in (200, 207, 214, 220)])
        assert 0.004 < (p < 0.01).mean() < 0.017


def test_what_is_tested_is_never_its_own_yardstick() -> None:
    """Whatever the last week holds, what was expected of it, and how far off is usual, stay."""
    dice = np.random.default_rng(3)
    mine, whole = dice.poisson(20, (3, 2, 150)) * 1.0, np.full((2, 150), 300.0)
    other = mine.copy()
    other[..., -LAG:] *= 0.2
    for base in (28, 112):
        np.testing.assert_array_equal(
            (of_others(mine, whole, base) / (whole - mine).sum(1))[..., :-LAG],
            (of_others(other, whole, base) / (whole - other).sum(1))[..., :-LAG])
        np.testing.assert_allclose(trailing(mine, base), trailing(other, base))
        np.testing.assert_allclose(of_weekdays(mine[:, 0], base), of_weekdays(other[:, 0], base))


def test_expectations_are_as_worked_out_by_hand() -> None:
    dice = np.random.default_rng(4)
    mine = dice.poisson(5, (2, 2, 90)) * 1.0
    whole = mine.sum(0) + dice.poisson(40, (2, 90))
    got = of_others(mine, whole, 28)
    for day in (60, 89):
        span = slice(day - LAG - 28, day - LAG)
        for one in range(2):
            others = whole - mine[one]
            slow = sum(mine[one, part, span].sum() / others[part, span].sum() * others[part, day]
                       for part in range(2))
            assert got[one, day] == pytest.approx(slow)
    hits, tries = dice.binomial(20, 0.3, (1, 90)) * 1.0, np.full((1, 90), 20.0)
    assert of_trials(hits, tries, 56)[0, -1] == pytest.approx(6, abs=0.5)
    assert np.isnan(of_trials(hits, tries, 56)[0, :LAG]).all()


def test_what_looked_the_same_last_year_is_no_drop() -> None:
    """A dip at the same time a year ago lowers what is to be expected; the rest stays."""
    days = 440
    expected, seen = np.full((1, days), 400.0), np.full((1, days), 400.0)
    seen[0, 50:75] = 100.0
    moved = with_season(expected, seen)
    assert moved[0, 62 + YEAR] == pytest.approx(100, rel=0.1)
    assert moved[0, 10 + YEAR] == pytest.approx(400)
    np.testing.assert_array_equal(moved[0, :YEAR], expected[0, :YEAR])
