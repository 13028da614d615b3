"""Limits are never below zero, and trials never use more than is put aside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import BadInput
from models.missions.limits import RARE, Limits, payable


@pytest.mark.parametrize("limits", [
    (-1, {}, ()), (10, {"whatsapp": -1}, ()), (10, {"telegram": 5}, ())])
def test_what_can_not_be_spent_is_refused(limits):
    """A budget or capacity below zero, and a channel that is none."""
    with pytest.raises(BadInput, match="0"):
        Limits(*limits)


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_something_is_put_aside_of_what_is_named(budget, messages):
    """At least a tenth of each, rounded up, and nothing of the others."""
    limits = Limits(budget, {"sms": messages}, (None, 7))
    spared = limits.sparing({"points", 1})
    assert 0 <= spared.budget <= 0.9 * budget
    assert spared.named == {"points": spared.budget, "sms": messages, 1: 6}
    assert limits.sparing(set()) == limits


@pytest.mark.parametrize(("costs", "units"), [
    ([50] * 2_000, 2_000), ([20] * 900 + [150] * 300, 3_000), ([1] * 400, 20)])
def test_trials_stay_within_what_is_put_aside(costs, units):
    """In ten thousand draws the sum goes beyond as rarely as promised; twice the chance does not.
    """
    extra = np.array(costs, dtype=np.float64)
    chance = payable(extra, units, 0.05)
    assert 0 < chance < 0.05
    rng = np.random.default_rng(0)
    kinds, counts = np.unique(extra, return_counts=True)

    def beyond(p):
        return (rng.binomial(counts, p, (10_000, len(kinds))) @ kinds > units).mean()

    assert beyond(chance) <= 3 * RARE
    assert beyond(3 * chance) > 0.01


def test_what_certainly_fits_is_tried_as_wanted():
    """Where everybody's trial could be paid the floor stays what it is."""
    assert payable(np.array([10.0, 20.0]), 30.0, 0.05) == 0.05
    assert payable(np.empty(0), 0.0, 0.05) == 0.05
    assert payable(np.array([10.0, 20.0]), 0.0, 0.05) == 0.0
