"""Few data are drawn to what is known, and intervals hold."""

import numpy as np
import pytest

from models.uplift.shrinkage import DIFFER, WIDEST, Belief, pool, shrink


def alone(measured: Belief, table: Belief):
    """A program with one mission."""
    return pool([measured.value], [[measured.error**2]], [table])[0]


def test_few_data_leave_the_assumption():
    """An effect measured with a wide error hardly moves what was assumed."""
    found = alone(Belief(0.1, 0.3), Belief(0.03, 0.02))
    assert found.overall.value == pytest.approx(0.03, abs=0.015)
    assert found.assumed > 0.8


def test_a_table_that_is_far_off_is_not_believed():
    """The more data contradict it, the less it weighs; its weight is never what it was."""
    weights = [alone(Belief(value, 0.03), Belief(0.02, 0.02)).assumed
               for value in (0.02, 0.1, 0.2, 0.4)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 0.2
    assert weights[-1] < 0.05


def test_missions_are_that_of_an_integral():
    """Draw how far off the table is, how missions differ, and the missions; weigh by the data."""
    measured, table = np.array([0.12, 0.03]), [Belief(0.02, 0.02), Belief(0.04, 0.02)]
    noise = np.array([[0.0016, 0.0004], [0.0004, 0.0025]])
    rng, n = np.random.default_rng(3), 2_000_000
    # Log-uniform over the grid's range; the grid's own factor stands for the half-Cauchy tail.
    wide = np.exp(rng.uniform(0, np.log(WIDEST), n))
    differ = np.abs(rng.normal(0, DIFFER, n))
    off = rng.normal(0, 1, n) * wide * 0.02
    effect = np.array([0.02, 0.04]) + off[:, None] + rng.normal(0, 1, (n, 2)) * differ[:, None]
    rest = measured - effect
    weight = np.exp(-0.5 * (rest @ np.linalg.inv(noise) * rest).sum(axis=1)) * wide / (1 + wide**2)
    weight[differ > 4 * DIFFER] = 0.0
    found = pool(measured, noise, table)
    for k in range(2):
        mean = np.average(effect[:, k], weights=weight)
        spread = np.sqrt(np.average((effect[:, k] - mean) ** 2, weights=weight))
        assert found[k].overall.value == pytest.approx(mean, abs=0.001)
        assert found[k].overall.error == pytest.approx(spread, abs=0.001)


def test_many_data_outweigh_it():
    """A narrow measurement is what is believed, of missions and of segments."""
    found = pool([0.1, 0.02], np.eye(2) * 1e-8, [Belief(0.03, 0.02)] * 2)
    assert [one.overall.value for one in found] == pytest.approx([0.1, 0.02], abs=1e-4)
    assert max(one.assumed for one in found) < 1e-3
    own = shrink(found[0].overall, [0.15, 0.05], [1e-4, 1e-4])
    assert [one.value for one in own.segments] == pytest.approx([0.15, 0.05], abs=1e-4)


def test_missions_measured_badly_say_together_what_the_table_misses():
    """One mission alone leaves a doubt that ten of the same program take away."""
    table = Belief(0.025, 0.025)
    one = alone(Belief(0.1, 0.06), table)
    ten = pool([0.1] * 10, np.eye(10) * 0.06**2, [table] * 10)
    assert ten[0].assumed < 0.5 * one.assumed
    assert abs(ten[0].overall.value - 0.1) < abs(one.overall.value - 0.1)
    assert ten[0].overall.error < one.overall.error


def test_missions_are_believed_to_differ_only_where_they_surely_do():
    table, value = [Belief(0.05, 0.05)] * 4, [0.12, 0.02, 0.09, -0.01]
    noisy, sharp = (pool(value, np.eye(4) * error**2, table) for error in (0.06, 0.005))
    spread = [np.ptp([one.overall.value for one in found]) for found in (noisy, sharp)]
    assert spread[0] < 0.35 * np.ptp(value)
    assert spread[1] > 0.9 * np.ptp(value)


def test_intervals_of_missions_cover_what_is_true():
    """Ten missions a program, all compared with the same members left alone."""
    rng, inside, ours, raw = np.random.default_rng(5), [], [], []
    for _ in range(60):
        truth = rng.normal(rng.uniform(0, 0.12), 0.03, 10)
        noise = np.eye(10) * 0.03**2 + 0.02**2
        seen = rng.multivariate_normal(truth, noise)
        found = pool(seen, noise, [Belief(0.03, 0.03)] * 10)
        value = np.array([one.overall.value for one in found])
        inside.append(np.abs(value - truth) < 1.96 * np.array([o.overall.error for o in found]))
        ours.append(((value - truth) ** 2).mean())
        raw.append(((seen - truth) ** 2).mean())
    assert 0.9 < np.mean(inside) < 0.99
    assert np.mean(ours) < 0.8 * np.mean(raw)


def test_the_posterior_is_that_of_a_simulation():
    """Draw the mission, the spread and the segments from the prior, and weigh by the data."""
    rng = np.random.default_rng(0)
    overall = Belief(0.08, 0.02)
    seen, error = np.array([0.14, 0.02, 0.07]), np.array([0.03, 0.05, 0.1])
    found = shrink(overall, seen, error)
    n = 400_000
    centre = rng.normal(overall.value, overall.error, n)
    tau = np.abs(rng.normal(0, DIFFER, n))
    segment = rng.normal(centre[:, None], tau[:, None], (n, 3))
    # The spread is learnt at the centre itself, so the weight of a draw leaves the centre out.
    spread = error**2 + tau[:, None] ** 2
    tau_odds = np.exp(-0.5 * ((seen - overall.value) ** 2 / spread + np.log(spread)).sum(1))
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
                       error)
        value = np.array([one.value for one in found.segments])
        width = np.array([one.error for one in found.segments])
        inside.append(np.abs(value - truth) < 1.96 * width)
        ours.append((value - truth) ** 2)
        raw.append((seen - truth) ** 2)
    assert 0.92 < np.mean(inside) < 0.99
    assert np.mean(ours) < 0.5 * np.mean(raw)


def test_an_unseen_segment_is_less_sure_than_the_mission():
    mission = Belief(0.08, 0.01)
    found = shrink(mission, [0.2, -0.05], [0.02, 0.02])
    assert found.unseen.value == mission.value
    assert found.unseen.error > 2 * mission.error
