"""The gate: a rule for each member goes live only where it surely beats one for all."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from models.uplift.crossfit import out_of_fold
from models.uplift.dr_learner import DRLearner, expected_outcomes, pseudo_outcomes
from training.uplift.gate import gate
from training.uplift.policies import best_of, chosen, doubly_robust, everybody

LINE = LinearRegression()
NAMES = ["streak", "training"]


def judged(seed, differing, n=800):
    """The gate on a log where two missions help all alike, or each helps a half and harms one."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    arm, chance = rng.integers(0, 3, n), np.full((n, 3), 1 / 3)
    lift = 0.1 + differing * np.column_stack([np.sign(x[:, 0]), -np.sign(x[:, 0])])
    worth = 0.4 + np.column_stack([np.zeros(n), lift])
    y = (rng.random(n) < worth[np.arange(n), arm]).astype(float)
    expected = expected_outcomes(LINE, x, y, arm, 3, 5, seed)
    pseudo = pseudo_outcomes(y, arm, chance, expected)
    effect = out_of_fold(DRLearner(LINE, LINE), x, y, arm=arm, propensity=chance, seed=seed)
    personal = doubly_robust(pseudo, chosen(best_of(effect, chance), 3))
    singles = np.column_stack([doubly_robust(pseudo, everybody(k, chance)) for k in range(3)])
    return gate(personal, singles, NAMES)


def test_it_stays_shut_where_all_members_are_alike():
    """Noise looks like differences, and passes in no more than one of forty worlds or so."""
    passed = [judged(seed, 0.0).passed for seed in range(30)]
    assert np.mean(passed) <= 0.05


def test_it_opens_where_members_differ():
    """And says by how much."""
    found = judged(0, 0.25)
    assert found.passed
    assert found.gain.low > 0
    assert found.sentence.startswith("Each member gets the mission that suits him: beside the best")


def test_the_rule_must_beat_every_single_mission():
    """Beating the best seen is not enough: the other may be the best."""
    rng = np.random.default_rng(1)
    base = rng.normal(size=400)
    noisy = base + rng.normal(0, 3, 400)
    noisy += (base - noisy).mean() - 0.01
    singles = np.column_stack([base - 1, base, noisy])
    found = gate(base + 0.1, singles, NAMES)
    assert found.best == 1
    assert not found.passed
    assert found.gain.low < 0


@pytest.mark.parametrize(("best", "words"), [
    (1, "The best single mission, streak, is what is suggested"),
    (0, "No mission is shown to bring anybody back"),
])  # fmt: skip
def test_a_refusal_says_why(best, words):
    rng = np.random.default_rng(2)
    singles = rng.normal(size=(300, 3))
    singles[:, best] += 1
    found = gate(singles[:, best] + rng.normal(0, 0.1, 300), singles, NAMES)
    assert not found.passed
    assert found.best == best
    assert words in found.sentence
    assert "which is not surely better" in found.sentence


def test_rows_of_one_cluster_are_not_so_many():
    """A gain seen in three shops is not proven by their many members."""
    rng = np.random.default_rng(3)
    shop = rng.integers(0, 3, 3000)
    gain = np.array([0.4, 0.1, -0.1])[shop] + rng.normal(0, 0.1, 3000)
    singles = np.zeros((3000, 2))
    assert gate(gain, singles, NAMES[:1]).passed
    assert not gate(gain, singles, NAMES[:1], shop).passed
