"""The supervised score: a LightGBM booster and its calibration.

The score is the calibrated chance of fraud. Its reasons are exact TreeSHAP values, carried to
the calibrated log-odds by `models.calibration.Calibration.shares`, so that base and contributions
add up to the log-odds of the score. Stored as the booster's text and JSON.
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
from models.signs import STRONGEST, SignReader, SignTails

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float64]
BOOSTER: Final = "fraud.lgb.txt"
REST: Final = "fraud.json"
TAILS: Final = "signs.npz"
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
    signs : SignReader, optional
        For a booster that reads `STRONGEST` behind the features.

    Raises
    ------
    BadInput
        Where booster and names do not fit together.
    """

    def __init__(self, booster: lightgbm.Booster, calibration: Calibration,
                 names: Sequence[str], hashes: dict[str, str],
                 signs: SignReader | None = None) -> None:
        wanted = len(names) + (0 if signs is None else len(STRONGEST))
        if booster.num_feature() != wanted or booster.num_model_per_iteration() != 1:
            raise BadInput(f"a booster with one output and {wanted} features",
                           f"{booster.num_model_per_iteration()} outputs and "
                           f"{booster.num_feature()} features", "train the bundle again")
        self.booster = booster
        self.calibration = calibration
        self.names = tuple(names)
        self.hashes = {name: hashes[name] for name in self.names}
        self.columns = Columns(self.names)
        self.signs = signs

    def bound(self, names: Sequence[str]) -> FraudModel:
        """Copy that takes rows in the order of ``names``; BadInput where a feature is missing."""
        other = copy.copy(self)
        other.columns = Columns(self.names, names)
        return other

    def calibrated(self, calibration: Calibration) -> FraudModel:
        """Copy with another calibration."""
        other = copy.copy(self)
        other.calibration = calibration
        return other

    def score(self, matrix: Floats) -> Floats:
        """Calibrated chance of fraud of each row, shape (n,); NaN means unknown."""
        return self.calibration.chance(self.margin(matrix))

    def margin(self, matrix: Floats) -> Floats:
        """Raw margin of each row, before calibration, shape (n,)."""
        rows, _ = self.inputs(self.columns.take(matrix))
        raw = self.booster.predict(rows, raw_score=True, num_threads=THREADS)
        return np.asarray(raw, dtype=np.float64)

    def score_row(self, vector: Floats) -> float:
        """Calibrated chance of one row, shape (features,): equal to `score`, and fast."""
        row = self.columns.take(vector)
        if self.signs is not None:
            row = self.signs.read_row(row)
        return self.calibration.chance_of(self._fast.score(row))

    def contributions(self, matrix: Floats) -> Floats:
        """Parts of the log-odds of the score, shape (n, features + 1), the base last.

        Columns are in the order of ``self.names``. Each row adds up to the log-odds of its score.
        """
        rows, surprises = self.inputs(self.columns.take(matrix))
        parts = self._fast.contributions_of(rows, THREADS)
        return self.calibration.shares(self.told(parts, surprises))

    def contributions_row(self, vector: Floats) -> Floats:
        """Parts of one row, shape (features + 1,): equal to `contributions`, and fast."""
        row = self.columns.take(vector)
        if self.signs is None:
            return self.calibration.shares_of(self._fast.contributions(row))
        parts = self._fast.contributions(self.signs.read_row(row))
        return self.calibration.shares_of(self.signs.told_row(parts, row))

    def inputs(self, rows: Floats) -> tuple[Floats, Floats | None]:
        """Rows of features as the booster reads them, and the surprise of each sign."""
        return (rows, None) if self.signs is None else self.signs.read(rows)

    def told(self, parts: Floats, surprises: Floats | None) -> Floats:
        """Contributions of what `inputs` gave, told by feature, shape (n, features + 1)."""
        if self.signs is None or surprises is None:
            return parts
        return self.signs.told(parts, surprises)

    def save(self, folder: Path) -> None:
        """Write the booster's text and the rest as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / BOOSTER).write_text(self.text, encoding="utf-8")
        rest = {"names": self.names, "hashes": self.hashes,
                "calibration": self.calibration.to_json()}
        (folder / REST).write_text(json.dumps(rest, indent=1), encoding="utf-8")
        if self.signs is not None:
            np.savez_compressed(folder / TAILS, allow_pickle=False, **self.signs.tails.arrays())

    @classmethod
    def load(cls, folder: Path) -> FraudModel:
        """Read what `save` wrote; BadInput where it is no model."""
        rest: dict[str, Any] = json.loads((folder / REST).read_text(encoding="utf-8"))
        try:
            text = (folder / BOOSTER).read_text(encoding="utf-8")
            booster = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise BadInput("a LightGBM model", str(error), "restore the bundle") from error
        signs = None
        if (folder / TAILS).exists():
            with np.load(folder / TAILS, allow_pickle=False) as stored:
                tails = SignTails.from_arrays({name: stored[name] for name in stored.files})
            signs = SignReader(rest["names"], tails)
        return cls(booster, Calibration.from_json(rest["calibration"]), rest["names"],
                   rest["hashes"], signs)

    @cached_property
    def text(self) -> str:
        """The booster as LightGBM writes it."""
        return self.booster.model_to_string()

    @cached_property
    def _fast(self) -> FastRow:
        return FastRow(self.text)

