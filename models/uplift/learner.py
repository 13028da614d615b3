"""What all learners share: one shape of data, and the ways of a scikit-learn estimator."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from models.uplift.arms import Ints, checked

Floats = npt.NDArray[np.float64]


class Log(NamedTuple):
    """Rows (n, features), outcomes (n,), arms given (n,) and chances of every arm (n, arms)."""

    x: Floats
    y: Floats
    arm: Ints
    chance: Floats

    @classmethod
    def of(cls, x: Any, y: Any, arm: Any, propensity: Any) -> Log:
        """The same as arrays; BadInput where arms and chances do not fit each other."""
        arms, chance = checked(arm, propensity)
        return cls(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64), arms, chance)


class Learner(BaseEstimator):  # type: ignore[misc]
    """An estimator of effects: ``fit(x, y, arm=, propensity=, clusters=)``, ``predict(x)``.

    ``clone``, ``get_params`` and ``set_params`` are scikit-learn's.
    """
