"""Members who joined and never started: the chance that they stay away, by days of silence.

Silence is seen only since the program's first day: who joined years before it may have been active
all along, so that older days say nothing.
"""

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
    """A line in log days since joining, or since the program's first day where that is later.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"days_since_joined": [10.0, np.nan], "today": 800.0})
    >>> Starters(0.0, 0.0, 700).p_none(frame)
    array([0.5, 0.5])
    """

    intercept: float
    slope: float
    first_day: int

    @classmethod
    def fit(cls, table: pd.DataFrame, first_day: int) -> Starters:
        """Fit on labelled rows of members without activity; a smoothed rate where few.

        Parameters
        ----------
        table : DataFrame
            ``days_since_joined, today, silent``.
        first_day : int
            First day of any activity in the program, days since 1970.
        """
        silent = table["silent"].to_numpy(dtype=bool)
        rarer = min(silent.sum(), len(silent) - silent.sum())
        if len(silent) < ENOUGH or rarer < RARER:
            rate = float(logit((silent.sum() + 1) / (len(silent) + 2)))
            return cls(rate, 0.0, first_day)
        line = LogisticRegression(C=1.0).fit(_column(table, first_day), silent)
        return cls(float(line.intercept_[0]), float(line.coef_[0, 0]), first_day)

    def p_none(self, frame: pd.DataFrame) -> Floats:
        """Chance of no first activity within the horizon, shape (n,).

        Parameters
        ----------
        frame : DataFrame
            ``days_since_joined`` and ``today``.
        """
        column = _column(frame, self.first_day)[:, 0]
        return np.asarray(sigmoid(self.intercept + self.slope * column))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def _column(frame: pd.DataFrame, first_day: int) -> Floats:
    days = np.nan_to_num(frame["days_since_joined"].to_numpy(dtype=np.float64), nan=0.0)
    seen = frame["today"].to_numpy(dtype=np.float64) - first_day
    return np.log1p(np.clip(np.fmin(days, seen), 0.0, None)).reshape(-1, 1)
