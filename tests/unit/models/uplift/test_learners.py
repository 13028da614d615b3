"""Learners of effects: what they recover, what they never see, and what they refuse."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from features.errors import BadInput
from models.uplift.crossfit import folds, out_of_fold
from models.uplift.dr_learner import DRLearner, expected_outcomes, pseudo_outcomes
from models.uplift.t_learner import TLearner
from models.uplift.x_learner import XLearner

LINE = LinearRegression()
EVERY = [TLearner(LINE), XLearner(LINE, LINE), DRLearner(LINE, LINE, seed=3)]


@pytest.mark.parametrize("learner", EVERY, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("tilt", [0.0, 0.8])
def test_known_effects_are_recovered(world, learner, tilt):
    """Each of two missions, drawn by equal chances or by chances that follow a feature."""
    log = world(tilt=tilt)
    fitted = clone(learner).fit(log.x, log.y, arm=log.arm, propensity=log.chance)
    found = fitted.predict(log.x)
    assert found.shape == log.effect.shape
    assert np.sqrt(((found - log.effect) ** 2).mean(axis=0)).max() < 0.15


def test_a_t_learner_is_two_regressions(world):
    """Its effects are the difference of a fit in each arm."""
    log = world(n=300)
    found = TLearner(LINE).fit(log.x, log.y, arm=log.arm, propensity=log.chance).predict(log.x)
    fits = [LinearRegression().fit(log.x[log.arm == k], log.y[log.arm == k]) for k in range(3)]
    for k in (1, 2):
        assert found[:, k - 1] == pytest.approx(fits[k].predict(log.x) - fits[0].predict(log.x))


def test_a_useless_outcome_model_does_no_harm_to_a_dr_learner(world):
    """The chances are known, so the mean effect is right whatever is expected."""
    log = world(n=20_000, tilt=0.8)
    wrong = DRLearner(DummyRegressor(strategy="constant", constant=9.0), LINE)
    found = wrong.fit(log.x, log.y, arm=log.arm, propensity=log.chance).predict(log.x)
    assert found.mean(axis=0) == pytest.approx(log.effect.mean(axis=0), abs=0.5)
    alone, given = log.arm == 0, log.arm == 1
    naive = log.y[given].mean() - log.y[alone].mean()
    assert abs(naive - log.effect[:, 0].mean()) > 0.8


@pytest.mark.parametrize("learner", EVERY, ids=lambda one: type(one).__name__)
def test_learners_are_scikit_learns(learner):
    """Parameters can be read and set, and a clone has the same and no fit."""
    twin = clone(learner)
    assert twin is not learner
    assert {name: str(one) for name, one in twin.get_params().items()} == {
        name: str(one) for name, one in learner.get_params().items()}
    assert twin.set_params(base=LogisticRegression()).base is not learner.base


def test_chances_are_taken_from_a_classifier(world):
    """An outcome of 0 or 1 is expected as a chance, and never beyond it."""
    log = world()
    came = (log.y > 0).astype(float)
    fitted = TLearner(LogisticRegression()).fit(log.x, came, arm=log.arm, propensity=log.chance)
    found = fitted.predict(log.x)
    assert np.abs(found).max() < 1
    assert found.mean(axis=0) == pytest.approx(
        [came[log.arm == k].mean() - came[log.arm == 0].mean() for k in (1, 2)], abs=0.03)


def test_an_arm_that_nobody_got_and_an_outcome_that_never_came():
    """Nothing can be fitted; the mean is expected, and no effect is seen."""
    x, arm = np.arange(12.0)[:, None], np.zeros(12, dtype=int)
    chance = np.full((12, 2), 0.5)
    for y in (np.zeros(12), np.arange(12) % 2):
        for learner in (TLearner(LogisticRegression()), XLearner(LogisticRegression(), LINE)):
            found = learner.fit(x, y, arm=arm, propensity=chance).predict(x)
            assert np.isfinite(found).all()


def test_a_mission_closed_to_a_row_is_learnt_from_the_others(world):
    """Rows that could not have been given a mission are not among those that judge it."""
    log = world(n=6000)
    closed = log.x[:, 3] > 0
    kept = ~(closed & (log.arm == 1))
    chance = log.chance.copy()
    chance[closed] = [0.5, 0.0, 0.5]
    y = np.where(closed & (log.arm == 0), 9.0 + log.y, log.y)
    found = DRLearner(LINE, LINE).fit(log.x[kept], y[kept], arm=log.arm[kept],
                                      propensity=chance[kept]).predict(log.x[~closed])
    assert found[:, 0].mean() == pytest.approx(log.effect[~closed, 0].mean(), abs=0.3)
    mixed = DRLearner(LINE, LINE).fit(log.x[kept], y[kept], arm=log.arm[kept],
                                      propensity=log.chance[kept]).predict(log.x[~closed])
    assert abs(mixed[:, 0].mean() - log.effect[~closed, 0].mean()) > 0.5


@pytest.mark.parametrize(("arm", "chance", "wanted"), [
    ([0, 2], [[0.5, 0.5]] * 2, "arms 0 to 1"),
    ([0, 1], [[0.5, 0.5]], "a chance of every arm"),
    ([0, 1], [[1.0, 0.0]] * 2, "above 0 for the arm"),
    ([0, 1], [[0.5, np.nan]] * 2, "chances of 0 to 1"),
    ([0, 1], [[0.5, 1.5]] * 2, "chances of 0 to 1"),
])  # fmt: skip
def test_arms_and_chances_that_do_not_fit_are_refused(arm, chance, wanted):
    with pytest.raises(BadInput, match=wanted):
        TLearner(LINE).fit(np.zeros((2, 1)), [0.0, 1.0], arm=arm, propensity=chance)


def test_no_row_is_predicted_by_a_fit_that_saw_it():
    """A tree that learns every row by heart finds no effect in noise, out of fold."""
    rng = np.random.default_rng(0)
    x, y, arm = rng.normal(size=(600, 3)), rng.normal(size=600), rng.integers(0, 2, 600)
    heart = DecisionTreeRegressor(random_state=0)
    chance = np.full((600, 2), 0.5)
    expected = expected_outcomes(heart, x, y, arm, 2, 5, 0)
    own = expected[np.arange(600), arm]
    assert abs(np.corrcoef(own, y)[0, 1]) < 0.15
    effect = out_of_fold(TLearner(heart), x, y, arm=arm, propensity=chance)[:, 0]
    inside = TLearner(heart).fit(x, y, arm=arm, propensity=chance).predict(x)[:, 0]
    truth = np.where(arm == 1, y, -y)
    assert np.corrcoef(inside, truth)[0, 1] > 0.5
    assert abs(np.corrcoef(effect, truth)[0, 1]) < 0.15


@pytest.mark.parametrize("clusters", [40, 6000])
def test_clusters_stay_whole(clusters):
    """All rows of a cluster lie in one fold, and every row in exactly one."""
    rng = np.random.default_rng(1)
    n = 2 * clusters
    cluster, arm, y = rng.integers(0, clusters, n), rng.integers(0, 2, n), rng.random(n)
    seen = np.zeros(n, dtype=int)
    for fit, test in folds(arm, y, 5, 0, cluster):
        assert not set(cluster[fit]) & set(cluster[test])
        seen[test] += 1
    assert (seen == 1).all()


def test_folds_have_the_same_shares_of_arms():
    """Without clusters each fold has its part of the treated successes."""
    rng = np.random.default_rng(2)
    arm, y = rng.integers(0, 2, 1000), (rng.random(1000) < 0.05).astype(float)
    counts = [int(((arm == 1) & (y > 0))[test].sum()) for _, test in folds(arm, y, 5, 0)]
    assert max(counts) - min(counts) <= 1


def test_pseudo_outcomes_of_a_closed_arm_are_unknown():
    """Nothing is said of an arm that the row could not get."""
    found = pseudo_outcomes(np.array([1.0]), np.array([0]), np.array([[1.0, 0.0]]),
                            np.array([[0.3, 0.4]]))
    assert found[0, 0] == 1.0
    assert np.isnan(found[0, 1])
