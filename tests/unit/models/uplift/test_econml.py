"""The same learners as econml's, given the same nuisances, folds and seeds."""

import numpy as np
import pytest
from econml.dr import DRLearner as TheirDR
from econml.metalearners import TLearner as TheirT
from econml.metalearners import XLearner as TheirX
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, Ridge

from models.uplift.crossfit import folds
from models.uplift.dr_learner import DRLearner
from models.uplift.t_learner import TLearner
from models.uplift.x_learner import XLearner

LINE = LinearRegression()


class Known(BaseEstimator):
    """A classifier of arms that answers with the chances carried in the last two features."""

    def fit(self, x, y):
        self.classes_ = np.arange(3)
        return self

    def predict_proba(self, x):
        return np.column_stack([1 - x[:, -2] - x[:, -1], x[:, -2:]])


class PerArm(BaseEstimator):
    """A regression for each arm, from the indicators that econml adds behind the features."""

    def fit(self, x, y, sample_weight=None):
        rows, arm = x[:, :-2], x[:, -2] + 2 * x[:, -1]
        self.fits_ = [LinearRegression().fit(rows[arm == k], y[arm == k]) for k in range(3)]
        return self

    def predict(self, x):
        rows, arm = x[:, :-2], (x[:, -2] + 2 * x[:, -1]).astype(int)
        return np.column_stack([fit.predict(rows) for fit in self.fits_])[np.arange(len(x)), arm]


def both(model, log):
    """Effects of the second and third arm by an estimator of econml."""
    return np.column_stack([model.effect(log.x, T0=0, T1=k) for k in (1, 2)])


def test_the_t_learner_is_theirs(world):
    log = world(n=500)
    ours = TLearner(LINE).fit(log.x, log.y, arm=log.arm, propensity=log.chance).predict(log.x)
    theirs = TheirT(models=LinearRegression()).fit(log.y, log.arm, X=log.x)
    assert ours == pytest.approx(both(theirs, log), abs=1e-9)


def test_the_x_learner_is_theirs(world):
    """With equal chances the shares that join the two estimates are the arms' shares."""
    log = world(n=900)
    shares = np.bincount(log.arm) / len(log.arm)
    chance = np.tile(shares, (len(log.arm), 1))
    ours = XLearner(LINE, Ridge(2.0)).fit(log.x, log.y, arm=log.arm, propensity=chance)
    theirs = TheirX(models=LinearRegression(), cate_models=Ridge(2.0),
                    propensity_model=DummyClassifier()).fit(log.y, log.arm, X=log.x)
    assert ours.predict(log.x) == pytest.approx(both(theirs, log), abs=1e-9)


def test_the_dr_learner_is_theirs(world):
    """The same folds, a regression per arm, and chances that differ between rows."""
    log = world(n=900, tilt=0.5)
    log = log._replace(x=np.column_stack([log.x, log.chance[:, 1:]]))
    ours = DRLearner(LINE, Ridge(2.0), parts=3, seed=4).fit(
        log.x, log.y, arm=log.arm, propensity=log.chance)
    theirs = TheirDR(model_propensity=Known(), model_regression=PerArm(), model_final=Ridge(2.0),
                     min_propensity=1e-9, cv=folds(log.arm, log.y, 3, 4),
                     multitask_model_final=False)
    theirs.fit(log.y, log.arm, X=log.x)
    assert ours.predict(log.x) == pytest.approx(both(theirs, log), abs=1e-6)
