"""Weighted shares: Wilson's interval, and sizes that shrink with weights and with members."""

import numpy as np
import pytest
from scipy.stats import binomtest

from training.weighted import weighted_share, wilson


@pytest.mark.parametrize(("hits", "rows"), [(0, 30), (3, 40), (20, 40), (40, 40)])
def test_equal_weights_give_wilson_s_interval(hits: int, rows: int) -> None:
    """With one row a member and equal weights it is the textbook's interval for a share."""
    truth = np.arange(rows) < hits
    found = weighted_share(truth, np.full(rows, 20.0), np.arange(rows))
    expected = binomtest(hits, rows).proportion_ci(method="wilson")
    exact = wilson(hits / rows, rows)
    assert exact == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert found.value == pytest.approx(hits / rows)
    assert (found.low, found.high) == pytest.approx(exact, abs=0.01)
    assert found.effective == pytest.approx(rows, rel=0.03)


def test_a_share_is_that_of_the_repeated_rows() -> None:
    """A weight of three is three rows."""
    rng = np.random.default_rng(1)
    truth, weight = rng.random(200) < 0.3, rng.integers(1, 9, 200)
    found = weighted_share(truth, weight, np.arange(200))
    assert found.value == pytest.approx(np.repeat(truth, weight).mean())
    assert found.effective < 200


def test_rows_of_one_member_are_one_row() -> None:
    """Ten equal rows of each of forty members tell as much as forty rows."""
    truth = np.repeat(np.arange(40) < 12, 10)
    found = weighted_share(truth, np.ones(400), np.repeat(np.arange(40), 10))
    assert found.effective == pytest.approx(40, rel=0.05)


def test_no_fraud_at_all_has_an_interval_too() -> None:
    """Nothing found among thirty is not nothing in the world."""
    found = weighted_share(np.zeros(30), np.ones(30), np.arange(30))
    assert found.low == 0
    assert found.high == pytest.approx(binomtest(0, 30).proportion_ci(method="wilson").high,
                                       abs=1e-6)


def test_nothing_gives_no_share() -> None:
    """No rows, no figure."""
    assert np.isnan(weighted_share(np.zeros(0), np.zeros(0), np.zeros(0, int)).value)
