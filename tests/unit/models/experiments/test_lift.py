"""Lift against Welch, a textbook sandwich, simulated truth, and what it is worth."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from features.errors import BadInput
from models.experiments.amount import Amount
from models.experiments.lift import lift


def covered(found, truth):
    """Share of intervals that hold the truth."""
    return np.mean([one.low <= truth <= one.high for one in found])


def test_with_one_chance_for_all_it_is_welch():
    """Difference, interval and degrees of freedom of the two-sample test."""
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(3, 2, 40), rng.normal(2, 5, 12)])
    treated = np.arange(52) < 40
    found = lift(values, treated, 0.75)
    peer = ttest_ind(values[:40], values[40:], equal_var=False).confidence_interval()
    assert found.value == pytest.approx(values[:40].mean() - values[40:].mean())
    assert (found.low, found.high) == pytest.approx((peer.low, peer.high))
    assert (found.treated, found.held_out, found.clusters) == (40, 12, 52)


def test_clusters_are_the_naive_sandwich():
    """Moves of each mean, summed by cluster in a loop."""
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 20, 300)
    treated = rng.random(20)[cluster] < 0.5
    values = rng.normal(size=20)[cluster] + rng.normal(size=300)
    variance = 0.0
    for arm in (True, False):
        rows = treated == arm
        away = values - values[rows].mean()
        sums = [away[rows & (cluster == c)].sum() / rows.sum() for c in set(cluster[rows])]
        variance += len(sums) / (len(sums) - 1) * np.square(sums).sum()
    assert lift(values, treated, 0.5, cluster=cluster).error == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize("target", ["treated", "everyone"])
def test_chances_that_differ_do_not_mislead(target):
    """Those worth most are treated most; weighing finds the truth, comparing means does not."""
    rng = np.random.default_rng(2)
    found, truths, naive = [], [], []
    for _ in range(300):
        kind = rng.integers(0, 2, 1500)
        chance = np.where(kind == 1, 0.9, 0.5)
        treated = rng.random(1500) < chance
        effect = np.where(kind == 1, 0.2, 0.05)
        values = (rng.random(1500) < 0.1 + 0.3 * kind + effect * treated).astype(float)
        found.append(lift(values, treated, chance, target=target))
        truths.append(0.125 if target == "everyone" else (0.45 * 0.2 + 0.25 * 0.05) / 0.7)
        naive.append(values[treated].mean() - values[~treated].mean())
    assert np.mean([one.value for one in found]) == pytest.approx(truths[0], abs=0.005)
    assert 0.92 <= covered(found, truths[0]) <= 0.98
    assert np.mean(naive) > truths[0] + 0.05


def test_a_number_from_before_narrows_the_interval_and_still_covers():
    """Half the width or less where it foretells the outcome well."""
    rng = np.random.default_rng(3)
    plain, adjusted = [], []
    for _ in range(300):
        before = rng.normal(size=200)
        treated = rng.random(200) < 0.8
        values = 2 * before + rng.normal(size=200) + 0.5 * treated
        before[rng.random(200) < 0.02] = np.nan
        plain.append(lift(values, treated, 0.8))
        adjusted.append(lift(values, treated, 0.8, before=before))
    widths = [np.mean([one.high - one.low for one in found]) for found in (adjusted, plain)]
    assert widths[0] < 0.6 * widths[1]
    assert 0.92 <= covered(adjusted, 0.5) <= 0.98
    assert np.mean([one.value for one in adjusted]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("together", [True, False])
def test_partners_of_an_outlet_are_not_counted_as_strangers(together):
    """Drawn by outlet or one by one, the interval covers; ignoring outlets drawn it does not."""
    rng = np.random.default_rng(4)
    found, blind = [], []
    for _ in range(300):
        cluster = np.repeat(np.arange(40), 10)
        treated = rng.random(40)[cluster] < 0.5 if together else rng.random(400) < 0.5
        values = rng.normal(size=40)[cluster] + rng.normal(size=400) + 0.3 * treated
        found.append(lift(values, treated, 0.5, cluster=cluster))
        blind.append(lift(values, treated, 0.5))
    assert 0.91 <= covered(found, 0.3) <= 0.985
    assert not together or covered(blind, 0.3) < 0.8


def test_a_control_group_of_whom_nobody_came_back_is_no_proof():
    """The interval does not shut around 0 for an arm of noughts."""
    found = lift(np.repeat([1, 0], [4, 36]), np.arange(40) < 30, 0.75)
    assert found.share_held_out == 0
    assert found.low < 0.08 < found.value < 0.2 < found.high
    quiet = lift(np.zeros(40), np.arange(40) < 30, 0.75)
    assert quiet.low < -0.05
    assert quiet.high > 0.05


@pytest.mark.parametrize("treated", [[True, True, False], [True] * 3, [False] * 3])
def test_arms_too_small_to_say_have_no_end(treated):
    """One member, or none, has no spread."""
    found = lift([1.0, 0.0, 1.0], treated, 0.5)
    assert (found.low, found.high, found.error) == (-np.inf, np.inf, np.inf)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"chance": 1.0}, "above 0 and below 1"), ({"chance": [0.5, 0.5, 0.0, 0.5]}, "above 0"),
    ({"chance": np.nan}, "above 0"), ({"treated": [True]}, "shapes"),
    ({"outcome": [1.0, 2.0, np.nan, 0.0]}, "finite"), ({"before": [1.0]}, "from before"),
])
def test_what_makes_no_sense_is_refused(wrong, said):
    """A propensity of 0 or 1, arrays that do not fit, outcomes not known."""
    asked = {"outcome": [1.0, 0.0, 1.0, 0.0], "treated": [True, True, False, False], "chance": 0.5}
    with pytest.raises(BadInput, match=said):
        lift(**(asked | wrong))


def test_what_was_brought_is_lift_times_treated():
    """Partners and points in all, with their intervals."""
    active = lift(np.repeat([1, 0, 1, 0], [400, 600, 20, 80]), np.arange(1100) < 1000, 0.9)
    found = Amount.of(active)
    assert found.value == pytest.approx(200)
    assert (found.low, found.high) == pytest.approx((active.low * 1000, active.high * 1000))
    assert Amount.of(active, 2.0).value == pytest.approx(400)
