"""Boosted trees on the declared member features and the rhythm terms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.members.rhythm import MEMBER_CATALOG
from models.treeshares import TreeShares

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

Floats = npt.NDArray[np.float64]
SMALL: Final = 100_000
"""Rows up to which one thread is as fast as two, and far faster on a busy machine."""
TERM_COLUMNS: Final = ("none_mbg", "none_bg", "alive_mbg", "alive_bg")
TREES: Final = 250
SETTINGS: Final[dict[str, Any]] = {
    "objective": "binary", "learning_rate": 0.03, "num_leaves": 15, "min_data_in_leaf": 40,
    "bagging_fraction": 0.8, "bagging_freq": 1, "feature_fraction": 0.7, "lambda_l2": 5.0,
    "extra_trees": True, "deterministic": True, "force_row_wise": True, "verbosity": -1,
}  # fmt: skip
"""The documented settings of the silence benchmark, with random thresholds: few members overfit
sharp splits. Chosen with `training.benchmarks.inactivity.rehearse`, see
`models.inactivity.ladder`."""


@dataclass(frozen=True)
class Trees:
    """A fitted booster and the columns it reads, in order."""

    booster: lgb.Booster
    columns: tuple[str, ...]

    @classmethod
    def fit(cls, table: pd.DataFrame, silent: npt.NDArray[np.bool_], seed: int) -> Trees:
        """Fit on n rows of a member frame joined with its terms."""
        columns = (*MEMBER_CATALOG.names, *TERM_COLUMNS)
        settings = SETTINGS | {"seed": seed, "num_threads": _threads(table)}
        data = lgb.Dataset(_matrix(table, columns), np.asarray(silent, dtype=np.float64),
                           weight=table["weight"].to_numpy(), params={"verbosity": -1})  # fmt: skip
        return cls(lgb.train(settings, data, TREES), columns)

    def log_odds(self, table: pd.DataFrame) -> Floats:
        """Log-odds of silence, shape (n,)."""
        raw = self.booster.predict(_matrix(table, self.columns), raw_score=True,
                                   num_threads=_threads(table))  # fmt: skip
        return np.asarray(raw, dtype=np.float64)

    def shares(self, table: pd.DataFrame, group: Sequence[int], groups: int) -> Floats:
        """Exact SHAP values summed by the columns' groups, and the base, shape (n, groups + 1)."""
        return self._flat.grouped(_matrix(table, self.columns), group, groups, _threads(table))

    @cached_property
    def _flat(self) -> TreeShares:
        return TreeShares.of(self.to_text())

    def to_text(self) -> str:
        """The booster as LightGBM's own text."""
        return str(self.booster.model_to_string())

    @classmethod
    def from_text(cls, text: str, columns: tuple[str, ...]) -> Trees:
        """Build what `to_text` wrote."""
        return cls(lgb.Booster(model_str=text), columns)


def _threads(table: pd.DataFrame) -> int:
    return 1 if len(table) <= SMALL else 2


def _matrix(table: pd.DataFrame, columns: tuple[str, ...]) -> Floats:
    return table[list(columns)].to_numpy(dtype=np.float64)
