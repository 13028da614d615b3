"""Few data are drawn to what is known, and intervals hold."""

import numpy as np
import pytest

from models.uplift.shrinkage import SEGMENTS_DIFFER, WIDEST, Belief, shrink


def test_few_data_leave_the_assumption():
    """An effect measured with a wide error hardly moves what was assumed."""
    found = shrink(Belief(0.1, 0.3), [], [], Belief(0.03, 0.02))
    assert found.overall.value == pytest.approx(0.03, abs=0.01)
    assert found.assumed > 0.8


def test_a_table_that_is_far_off_is_not_believed():
    """The more data contradict it, the less it weighs; its weight is never what it was."""
    weights = [shrink(Belief(value, 0.03), [], [], Belief(0.02, 0.02)).assumed
               for value in (0.02, 0.1, 0.2, 0.4)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 0.35
    assert weights[-1] < 0.05


def test_the_mission_is_that_of_an_integral():
    """Over the effect, and over how wide the table may be off, by brute force."""
    measured, table = Belief(0.08, 0.03), Belief(0.02, 0.02)
    effect = np.linspace(-1, 1, 8001)
    wide = np.linspace(1, WIDEST, 3000)[:, None]
    sd = wide * table.error
    prior = (np.exp(-0.5 * ((effect - table.value) / sd) ** 2) / sd / (1 + wide**2)).sum(axis=0)
    odds = prior * np.exp(-0.5 * ((effect - measured.value) / measured.error) ** 2)
    mean = np.average(effect, weights=odds)
    found = shrink(measured, [], [], table).overall
    assert found.value == pytest.approx(mean, abs=2e-4)
    assert found.error == pytest.approx(
        np.sqrt(np.average((effect - mean) ** 2, weights=odds)), abs=2e-4)


def test_many_data_outweigh_it():
    """A narrow measurement is what is believed, of mission and segments."""
    found = shrink(Belief(0.1, 1e-4), [0.15, 0.05], [1e-4, 1e-4], Belief(0.03, 0.02))
    assert found.overall.value == pytest.approx(0.1, abs=1e-4)
    assert [one.value for one in found.segments] == pytest.approx([0.15, 0.05], abs=1e-4)
    assert found.assumed < 1e-4


def test_the_posterior_is_that_of_a_simulation():
    """Draw the mission, the spread and the segments from the prior, and weigh by the data."""
    rng = np.random.default_rng(0)
    overall, table = Belief(0.08, 0.02), Belief(0.03, 0.03)
    seen, error = np.array([0.14, 0.02, 0.07]), np.array([0.03, 0.05, 0.1])
    found = shrink(overall, seen, error, table)
    n = 400_000
    centre = rng.normal(found.overall.value, found.overall.error, n)
    tau = np.abs(rng.normal(0, SEGMENTS_DIFFER, n))
    segment = rng.normal(centre[:, None], tau[:, None], (n, 3))
    # The spread is learnt at the centre itself, so the weight of a draw leaves the centre out.
    spread = error**2 + tau[:, None] ** 2
    tau_odds = np.exp(-0.5 * ((seen - found.overall.value) ** 2 / spread + np.log(spread)).sum(1))
    for i in range(3):
        likely = np.exp(-0.5 * ((seen[i] - segment[:, i]) / error[i]) ** 2)
        alone = np.exp(-0.5 * (seen[i] - centre) ** 2 / spread[:, i]) / np.sqrt(spread[:, i])
        weight = likely / error[i] / alone * tau_odds
        mean = np.average(segment[:, i], weights=weight)
        deviation = np.sqrt(np.average((segment[:, i] - mean) ** 2, weights=weight))
        assert found.segments[i].value == pytest.approx(mean, abs=0.004)
        assert found.segments[i].error == pytest.approx(deviation, abs=0.004)


def test_intervals_cover_and_shrinking_pays():
    """Over many programs segments lie in their intervals, and nearer than what was measured."""
    rng = np.random.default_rng(1)
    inside, ours, raw = [], [], []
    for _ in range(300):
        effect = rng.normal(0.05, 0.03)
        truth = rng.normal(effect, 0.03, 6)
        error = rng.uniform(0.03, 0.1, 6)
        seen = rng.normal(truth, error)
        whole = 1 / np.sqrt((1 / error**2).sum())
        found = shrink(Belief(float(np.average(seen, weights=1 / error**2)), float(whole)), seen,
                       error, Belief(0.05, 0.03))
        value = np.array([one.value for one in found.segments])
        width = np.array([one.error for one in found.segments])
        inside.append(np.abs(value - truth) < 1.96 * width)
        ours.append((value - truth) ** 2)
        raw.append((seen - truth) ** 2)
    assert 0.92 < np.mean(inside) < 0.99
    assert np.mean(ours) < 0.5 * np.mean(raw)


def test_an_unseen_segment_is_less_sure_than_the_mission():
    found = shrink(Belief(0.08, 0.01), [0.2, -0.05], [0.02, 0.02], Belief(0.03, 0.03))
    assert found.unseen.value == found.overall.value
    assert found.unseen.error > 2 * found.overall.error
