"""The supervised score: a LightGBM booster and its calibration.

The score is the calibrated chance of fraud. Its reasons are LightGBM's exact TreeSHAP values,
carried to the calibrated log-odds by `models.calibration.Calibration.shares`, so that base and
contributions add up to the log-odds of the score. Stored as the booster's text and JSON.
"""

from __future__ import annotations

import copy
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import lightgbm
import numpy as np
import numpy.typing as npt

from features.errors import BadInput
from models.calibration import Calibration
from models.columns import Columns
from models.fastrow import FastRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float64]
BOOSTER: Final = "fraud.lgb.txt"
REST: Final = "fraud.json"
THREADS: Final = 2


class FraudModel:
    """Scores events by what confirmed cases taught.

    Parameters
    ----------
    booster : lightgbm.Booster
        Binary objective, one output, trained on a matrix with ``names`` as columns.
    calibration : Calibration
        From raw margin to log-odds, fitted on later events than the booster.
    names : sequence of str
        Features, in the booster's order.
    hashes : dict
        Hash of the definition of each feature.

    Raises
    ------
    BadInput
        Where booster and names do not fit together.
    """

    def __init__(self, booster: lightgbm.Booster, calibration: Calibration,
                 names: Sequence[str], hashes: dict[str, str]) -> None:
        if booster.num_feature() != len(names) or booster.num_model_per_iteration() != 1:
            raise BadInput(f"a booster with one output and {len(names)} features",
                           f"{booster.num_model_per_iteration()} outputs and "
                           f"{booster.num_feature()} features", "train the bundle again")
        self.booster = booster
        self.calibration = calibration
        self.names = tuple(names)
        self.hashes = {name: hashes[name] for name in self.names}
        self.columns = Columns(self.names)

    def bound(self, names: Sequence[str]) -> FraudModel:
        """Copy that takes rows in the order of ``names``; BadInput where a feature is missing."""
        other = copy.copy(self)
        other.columns = Columns(self.names, names)
        return other

    def score(self, matrix: Floats) -> Floats:
        """Calibrated chance of fraud of each row, shape (n,); NaN means unknown."""
        return self.calibration.chance(self.margin(matrix))

    def margin(self, matrix: Floats) -> Floats:
        """Raw margin of each row, before calibration, shape (n,)."""
        raw = self.booster.predict(self.columns.take(matrix), raw_score=True, num_threads=THREADS)
        return np.asarray(raw, dtype=np.float64)

    def score_row(self, vector: Floats) -> float:
        """Calibrated chance of one row, shape (features,): equal to `score`, and fast."""
        return self.calibration.chance_of(self._fast.score(self.columns.take(vector)))

    def contributions(self, matrix: Floats) -> Floats:
        """Parts of the log-odds of the score, shape (n, features + 1), the base last.

        Columns are in the order of ``self.names``. Each row adds up to the log-odds of its score.
        """
        parts = self.booster.predict(self.columns.take(matrix), pred_contrib=True,
                                     num_threads=THREADS)
        return self.calibration.shares(np.asarray(parts, dtype=np.float64))

    def contributions_row(self, vector: Floats) -> Floats:
        """Parts of one row, shape (features + 1,): equal to `contributions`."""
        parts = self._fast.contributions(self.columns.take(vector))
        return self.calibration.shares(parts[None, :])[0]

    def save(self, folder: Path) -> None:
        """Write the booster's text and the rest as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BOOSTER).write_text(self.text, encoding="utf-8")
        rest = {"names": self.names, "hashes": self.hashes,
                "calibration": self.calibration.to_json()}
        (folder / REST).write_text(json.dumps(rest, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> FraudModel:
        """Read what `save` wrote; BadInput where it is no model."""
        rest: dict[str, Any] = json.loads((folder / REST).read_text(encoding="utf-8"))
        try:
            text = (folder / BOOSTER).read_text(encoding="utf-8")
            booster = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise BadInput("a LightGBM model", str(error), "restore the bundle") from error
        return cls(booster, Calibration.from_json(rest["calibration"]), rest["names"],
                   rest["hashes"])

    @cached_property
    def text(self) -> str:
        """The booster as LightGBM writes it."""
        return self.booster.model_to_string()

    @cached_property
    def _fast(self) -> FastRow:
        return FastRow(self.text)
