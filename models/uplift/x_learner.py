"""The X-learner: each row's own outcome against what the other arm would have brought it."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from models.uplift.arms import comparable
from models.uplift.learner import Learner, Log
from models.uplift.outcomes import Expected

Floats = npt.NDArray[np.float64]


class XLearner(Learner):
    """Effects imputed row by row in both arms, then joined (Künzel and others, PNAS 2019).

    Good where one arm is much larger than the other: its outcome model imputes what is missing in
    the small one. The two estimates are joined by the mean chance of the mission, so that the one
    from the larger outcome model weighs more.

    Parameters
    ----------
    base : estimator
        Classifier or regressor of the outcome.
    final : estimator
        Regressor of the imputed effects.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> x = np.arange(8.0)[:, None]
    >>> arm = np.arange(8) % 2
    >>> y = 1.0 + arm * x[:, 0]
    >>> model = XLearner(LinearRegression(), LinearRegression())
    >>> model.fit(x, y, arm=arm, propensity=np.full((8, 2), 0.5)).predict(np.array([[2.0]]))
    array([[2.]])
    """

    def __init__(self, base: Any, final: Any) -> None:
        self.base = base
        self.final = final

    def fit(
        self, x: Any, y: Any, *, arm: Any, propensity: Any, clusters: Any = None
    ) -> Self:
        """Fit to rows of shape (n, features), outcomes (n,), arms (n,), their chances (n, arms).

        ``clusters`` are taken and not used: nothing is cross-fitted here.
        """
        rows, outcome, arms, chance = Log.of(x, y, arm, propensity)
        overall = float(outcome.mean())
        left = arms == 0
        alone = Expected.fit(self.base, rows[left], outcome[left], overall)
        self.effects_ = []
        for k in range(1, chance.shape[1]):
            given, spared = arms == k, left & comparable(chance, k)
            offered = Expected.fit(self.base, rows[given], outcome[given], overall)
            self.effects_.append((
                Expected.fit(self.final, rows[given], outcome[given] - alone(rows[given])),
                Expected.fit(self.final, rows[spared], offered(rows[spared]) - outcome[spared]),
                _share(chance, k),
            ))
        return self

    def predict(self, x: Any) -> Floats:
        """Effect of each mission beside being left alone, shape (n, arms - 1)."""
        rows = np.asarray(x, dtype=np.float64)
        return np.column_stack([
            share * from_alone(rows) + (1 - share) * from_given(rows)
            for from_given, from_alone, share in self.effects_
        ])


def _share(chance: Floats, arm: int) -> float:
    """Mean chance of an arm among rows that got it or nothing; one half where there are none."""
    rows = comparable(chance, arm)
    if not rows.any():
        return 0.5
    return float((chance[rows, arm] / (chance[rows, arm] + chance[rows, 0])).mean())
