"""Worth of policies: right on average, intervals that hold, and clusters that count."""

import numpy as np
import pytest

from models.uplift.dr_learner import pseudo_outcomes
from training.uplift.policies import best_of, chosen, doubly_robust, everybody, mean_of, snips


def logged(n, seed):
    """Three arms drawn by chances that follow the row, and the outcome under each."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    odds = np.exp(np.column_stack([np.zeros(n), 0.8 * x, -0.8 * x]))
    chance = odds / odds.sum(axis=1, keepdims=True)
    arm = (rng.random(n)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
    worth = np.clip(0.4 + 0.1 * np.column_stack([x, 1 - x, 0 * x]), 0, 1)
    y = (rng.random(n) < worth[np.arange(n), arm]).astype(float)
    return x, arm, chance, worth, y


@pytest.mark.parametrize("estimate", ["snips", "doubly robust"])
def test_worth_is_right_on_average_and_its_interval_holds(estimate):
    """Over many logs the true worth of a policy lies in nineteen of twenty intervals."""
    inside, values = [], []
    for seed in range(400):
        x, arm, chance, _, y = logged(600, seed)
        policy = chosen(np.where(x > 0, 2, 1), 3)
        wrong = np.full((600, 3), 0.3)
        found = (snips(y, arm, chance, policy) if estimate == "snips" else
                 mean_of(doubly_robust(pseudo_outcomes(y, arm, chance, wrong), policy)))
        values.append(found.value)
        inside.append((found.low, found.high))
    x, _, _, worth, _ = logged(400_000, 10_000)
    truth = (chosen(np.where(x > 0, 2, 1), 3) * worth).sum(axis=1).mean()
    assert np.mean(values) == pytest.approx(truth, abs=0.005)
    assert 0.92 < np.mean([low < truth < high for low, high in inside]) < 0.98


def test_a_good_outcome_model_makes_it_sharper():
    _, arm, chance, worth, y = logged(4000, 1)
    policy = everybody(1, chance)
    blind = mean_of(doubly_robust(pseudo_outcomes(y, arm, chance, np.zeros((4000, 3))), policy))
    seeing = mean_of(doubly_robust(pseudo_outcomes(y, arm, chance, worth), policy))
    assert seeing.error < 0.85 * blind.error


def test_rows_of_a_cluster_are_summed_before_they_vary():
    """The error against the formula written out, and against independent rows."""
    rng = np.random.default_rng(2)
    cluster = rng.integers(0, 30, 400)
    rows = rng.normal(size=30)[cluster] + rng.normal(size=400)
    found = mean_of(rows, cluster)
    sums = [sum(rows[cluster == one] - rows.mean()) for one in range(30)]
    assert found.error == pytest.approx(np.sqrt(30 / 29 * sum(s * s for s in sums)) / 400)
    assert found.error > 2 * mean_of(rows).error
    assert mean_of(rows, np.arange(400)).error == pytest.approx(mean_of(rows).error)
    assert mean_of(rows).error == pytest.approx(rows.std(ddof=1) / 20)


def test_no_row_and_one_cluster_say_nothing():
    assert np.isnan(mean_of(np.empty(0)).value)
    assert mean_of(np.array([1.0, 2.0]), [5, 5]).error == np.inf
    half = np.full((2, 2), 0.5)
    assert np.isnan(snips(np.ones(2), np.zeros(2, dtype=int), half, everybody(1, half)).value)


def test_a_closed_arm_is_never_chosen():
    """The best of those that are open, and nothing where none helps."""
    chance = np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.2, 0.4, 0.4]])
    effect = np.array([[0.1, 0.9], [-0.1, 0.9], [0.1, 0.9]])
    assert best_of(effect, chance).tolist() == [1, 0, 2]
    assert everybody(2, chance).argmax(axis=1).tolist() == [0, 0, 2]
    pseudo = np.where(chance > 0, 1.0, np.nan)
    assert doubly_robust(pseudo, everybody(2, chance)).tolist() == [1, 1, 1]
