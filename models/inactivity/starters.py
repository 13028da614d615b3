"""Members who joined and never started: the chance that they stay away, by days since joining."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from models.inactivity.btyd import logit, sigmoid

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
ENOUGH: Final = 50
RARER: Final = 10


@dataclass(frozen=True)
class Starters:
    """A line in log days since joining.

    Examples
    --------
    >>> Starters(0.0, 0.0).p_none(np.array([10.0, np.nan]))
    array([0.5, 0.5])
    """

    intercept: float
    slope: float

    @classmethod
    def fit(cls, table: pd.DataFrame) -> Starters:
        """Fit on labelled rows of members without activity; a smoothed rate where few."""
        silent = table["silent"].to_numpy(dtype=bool)
        rarer = min(silent.sum(), len(silent) - silent.sum())
        if len(silent) < ENOUGH or rarer < RARER:
            return cls(float(logit((silent.sum() + 1) / (len(silent) + 2))), 0.0)
        line = LogisticRegression(C=1.0).fit(_column(table["days_since_joined"]), silent)
        return cls(float(line.intercept_[0]), float(line.coef_[0, 0]))

    def p_none(self, days_since_joined: Any) -> Floats:
        """Chance of no first activity within the horizon, shape (n,)."""
        column = _column(days_since_joined)[:, 0]
        return np.asarray(sigmoid(self.intercept + self.slope * column))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def _column(days: Any) -> Floats:
    return np.log1p(np.nan_to_num(np.asarray(days, dtype=np.float64), nan=0.0)).reshape(-1, 1)
