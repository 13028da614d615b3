"""The DR-learner: a regression on effects that are right on average for each row."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from models.uplift.arms import Ints, comparable
from models.uplift.crossfit import folds
from models.uplift.learner import Learner, Log
from models.uplift.outcomes import Expected

Floats = npt.NDArray[np.float64]


class DRLearner(Learner):
    """Doubly robust effects of rows, regressed on their features (Kennedy, EJS 2023).

    With the true chances of the arms the effects are right on average whatever the outcome model
    says; it only makes them less noisy. It never predicts a row that it was fitted on.

    Parameters
    ----------
    base : estimator
        Classifier or regressor of the outcome.
    final : estimator
        Regressor of the effects.
    parts : int
        Folds in which the outcome models are fitted.
    seed : int
        Of the folds.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> x = np.arange(40.0)[:, None]
    >>> arm = np.arange(40) % 2
    >>> y = 1.0 + arm * x[:, 0]
    >>> model = DRLearner(LinearRegression(), LinearRegression())
    >>> model.fit(x, y, arm=arm, propensity=np.full((40, 2), 0.5)).predict(np.array([[2.0]]))
    array([[2.]])
    """

    def __init__(self, base: Any, final: Any, parts: int = 3, seed: int = 0) -> None:
        self.base = base
        self.final = final
        self.parts = parts
        self.seed = seed

    def fit(
        self, x: Any, y: Any, *, arm: Any, propensity: Any, clusters: Any = None
    ) -> Self:
        """Fit to rows of shape (n, features), outcomes (n,), arms (n,), their chances (n, arms).

        Rows of one cluster, shape (n,), are never on both sides of a fold.
        """
        rows, outcome, arms, chance = Log.of(x, y, arm, propensity)
        expected = expected_outcomes(self.base, rows, outcome, arms, chance.shape[1],
                                     self.parts, self.seed, clusters)
        pseudo = pseudo_outcomes(outcome, arms, chance, expected)
        self.effects_ = []
        for k in range(1, chance.shape[1]):
            open_to = comparable(chance, k)
            effect = pseudo[open_to, k] - pseudo[open_to, 0]
            self.effects_.append(Expected.fit(self.final, rows[open_to], effect))
        return self

    def predict(self, x: Any) -> Floats:
        """Effect of each mission beside being left alone, shape (n, arms - 1)."""
        rows = np.asarray(x, dtype=np.float64)
        return np.column_stack([effect(rows) for effect in self.effects_])


def expected_outcomes(
    base: Any, x: Floats, y: Floats, arm: Ints, arms: int, parts: int, seed: int,
    clusters: Any = None,
) -> Floats:
    """Expected outcome of each row under each arm, by fits that have not seen it: (n, arms)."""
    expected = np.zeros((len(y), arms))
    for fit, test in folds(arm, y, parts, seed, clusters):
        overall = float(y[fit].mean())
        for k in range(arms):
            mine = fit[arm[fit] == k]
            expected[test, k] = Expected.fit(base, x[mine], y[mine], overall)(x[test])
    return expected


def pseudo_outcomes(y: Floats, arm: Ints, chance: Floats, expected: Floats) -> Floats:
    """Outcomes of each row under each arm that are right on average, shape (n, arms).

    What is expected, and for the arm that was given the miss over its chance (Robins and others,
    JASA 1994). NaN where an arm was not open to the row.

    Examples
    --------
    >>> pseudo_outcomes(np.array([1.0]), np.array([1]), np.array([[0.5, 0.5]]),
    ...                 np.array([[0.2, 0.4]]))
    array([[0.2, 1.6]])
    """
    own = np.arange(len(y))
    pseudo = np.where(chance > 0, expected, np.nan)
    pseudo[own, arm] += (y - expected[own, arm]) / chance[own, arm]
    return pseudo
