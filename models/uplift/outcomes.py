"""The outcome expected from features, by any estimator: the nuisance of every learner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """A fitted estimator, or one number where there was nothing to tell rows apart by."""

    model: Any
    constant: float = 0.0

    @classmethod
    def fit(cls, base: Any, x: Floats, y: Floats, otherwise: float = 0.0) -> Expected:
        """Fit a clone of ``base`` to outcomes of shape (n,).

        Where all outcomes are the same no classifier can be fitted, and that outcome is expected;
        ``otherwise`` is expected where there is no row at all.
        """
        if not len(y):
            return cls(None, otherwise)
        if y.min() == y.max():
            return cls(None, float(y[0]))
        return cls(clone(base).fit(x, y))

    def __call__(self, x: Floats) -> Floats:
        """Expected outcomes, shape (n,): the chance of the second class from a classifier."""
        if self.model is None or not len(x):
            return np.full(len(x), self.constant)
        if hasattr(self.model, "predict_proba"):
            return np.asarray(self.model.predict_proba(x)[:, 1], dtype=np.float64)
        return np.asarray(self.model.predict(x), dtype=np.float64)
