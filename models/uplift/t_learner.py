"""The T-learner: two expectations, one with the mission and one without, and their difference."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from models.uplift.learner import Learner, Log
from models.uplift.outcomes import Expected

Floats = npt.NDArray[np.float64]


class TLearner(Learner):
    """An outcome model for each arm (Künzel and others, PNAS 2019); effects are differences.

    It can't use the chances of the arms: where they differ between rows, what they depend on must
    be among the features.

    Parameters
    ----------
    base : estimator
        Classifier or regressor of the outcome.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> x = np.arange(8.0)[:, None]
    >>> arm = np.arange(8) % 2
    >>> y = 1.0 + arm * x[:, 0]
    >>> model = TLearner(LinearRegression()).fit(x, y, arm=arm, propensity=np.full((8, 2), 0.5))
    >>> model.predict(np.array([[2.0], [5.0]]))
    array([[2.],
           [5.]])
    """

    def __init__(self, base: Any) -> None:
        self.base = base

    def fit(
        self, x: Any, y: Any, *, arm: Any, propensity: Any, clusters: Any = None
    ) -> Self:
        """Fit to rows of shape (n, features), outcomes (n,), arms (n,), their chances (n, arms).

        ``clusters`` are taken and not used: nothing is cross-fitted here.
        """
        rows, outcome, arms, chance = Log.of(x, y, arm, propensity)
        overall = float(outcome.mean())
        self.expected_ = [
            Expected.fit(self.base, rows[arms == k], outcome[arms == k], overall)
            for k in range(chance.shape[1])
        ]
        return self

    def predict(self, x: Any) -> Floats:
        """Effect of each mission beside being left alone, shape (n, arms - 1)."""
        rows = np.asarray(x, dtype=np.float64)
        alone = self.expected_[0](rows)
        return np.column_stack([expected(rows) - alone for expected in self.expected_[1:]])
