"""Logistic regression on recency, frequency and value, with the rhythm models as columns.

Small enough for a few hundred members, and additive: a column's share of the log-odds is its
coefficient times its distance from the mean.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from features.contract import PERSONAS

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
COLUMNS: Final[dict[str, str]] = {
    "log_silence": "silence", "log_repeat": "volume", "log_value": "value",
    "log_tenure": "reach", "silence_share": "silence", "silence_times_repeat": "rhythm",
    "logit_mbg": "btyd", "logit_bg": "btyd",
    "off_season_ahead": "season", "campaign_days_ahead": "season",
    **{f"persona_{name}": "reach" for name in PERSONAS},
}  # fmt: skip
"""Columns and the family each speaks for; the rhythm terms are split further."""
STRENGTH: Final = 1.0
"""Inverse penalty on standardised columns."""


@dataclass(frozen=True)
class Rfm:
    """A fitted line in standardised columns.

    Parameters
    ----------
    mean, spread, weight : tuple of float
        By column of ``COLUMNS``; a column that never varied has spread 1 and weight 0.
    intercept : float
        Log-odds at the mean.
    """

    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weight: tuple[float, ...]
    intercept: float

    @classmethod
    def fit(cls, table: pd.DataFrame, silent: npt.NDArray[np.bool_]) -> Rfm:
        """Fit on n rows of a member frame joined with its terms.

        Raises
        ------
        ValueError
            Where all are silent or none is.
        """
        columns = design(table)
        mean = np.nan_to_num(_mean(columns))
        spread = np.nan_to_num(np.sqrt(_mean((columns - mean) ** 2)))
        spread = np.where(spread > 1e-9, spread, 1.0)
        line = LogisticRegression(C=STRENGTH, max_iter=1000)
        line.fit(_standard(columns, mean, spread), silent, table["weight"].to_numpy())
        weight = line.coef_[0]
        return cls(tuple(mean.tolist()), tuple(spread.tolist()), tuple(weight.tolist()),
                   float(line.intercept_[0]))  # fmt: skip

    def log_odds(self, table: pd.DataFrame) -> Floats:
        """Log-odds of silence, shape (n,)."""
        return np.asarray(self.parts(table).sum(axis=1) + self.intercept)

    def parts(self, table: pd.DataFrame) -> Floats:
        """Share of each column, shape (n, columns); they and the intercept are the log-odds."""
        standard = _standard(design(table), np.array(self.mean), np.array(self.spread))
        return np.asarray(standard * np.array(self.weight))

    def to_json(self) -> dict[str, Any]:
        """Plain values for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Rfm:
        """Build what `to_json` wrote."""
        return cls(tuple(raw["mean"]), tuple(raw["spread"]), tuple(raw["weight"]),
                   raw["intercept"])  # fmt: skip


def design(table: pd.DataFrame) -> Floats:
    """Columns of the regression, shape (n, len(COLUMNS)); unknown is NaN."""
    silence, repeat = np.log1p(table["days_since_last"]), np.log1p(table["repeat_days"])
    derived = {
        "log_silence": silence, "log_repeat": repeat,
        "log_value": np.log1p(table["points_mean"].clip(lower=0)),
        "log_tenure": np.log1p(table["tenure"]), "silence_times_repeat": silence * repeat,
        **{f"persona_{name}": (table["persona"] == i).astype(np.float64)
           for i, name in enumerate(PERSONAS)},
    }  # fmt: skip
    return np.column_stack(
        [np.asarray(derived.get(name, table.get(name)), dtype=np.float64) for name in COLUMNS]
    )


def _mean(columns: Floats) -> Floats:
    known = np.isfinite(columns)
    total = np.where(known, columns, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


def _standard(columns: Floats, mean: Floats, spread: Floats) -> Floats:
    return np.nan_to_num((columns - mean) / spread)
