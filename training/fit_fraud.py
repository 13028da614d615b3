"""The supervised fraud model: LightGBM with settings that survive rare positives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.catalog.signs import PREFIX
from models.signs import STRONGEST
from training.merging import mean_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.settings import FraudSettings

FEW_BINS: Final = 255
"""LightGBM's default; a small program needs no more."""
ROWS_A_BIN: Final = 10
"""Finer bins than this can't be told apart by leaves of twenty rows, and cost time."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def fit_booster(
    matrix: Floats, target: Ints, weight: Floats, names: Sequence[str], settings: FraudSettings,
    seed: int,
) -> lgb.Booster:
    """Fit trees on rows in order of time; the latest rows decide how many trees.

    The number of trees is found on a model that has not seen the latest
    ``settings.stopping_share`` of the rows; then all rows are fitted with that number. Where
    ``settings.averaged`` names several changes of the parameters, the booster is their mean.

    Parameters
    ----------
    matrix : shape (n, F)
        Features; NaN is unknown.
    target, weight : shape (n,)
        1 fraud or 0 honest, and how much the row counts.
    names : sequence of str
        F feature names.
    seed : int
        The same rows and seed give the same trees on the same number of threads.
    """
    base = _parameters(settings, len(target), seed) | _rising(names)
    fitted = []
    for own in settings.averaged:
        parameters = {**base, **own}
        data = lgb.Dataset(matrix, target, weight=weight, feature_name=list(names),
                           params=parameters)
        rounds = _rounds(matrix, target, weight, settings, parameters)
        fitted.append(lgb.train(parameters, data, rounds))
    return mean_of(fitted)


def _rounds(
    matrix: Floats, target: Ints, weight: Floats, settings: FraudSettings,
    parameters: dict[str, Any],
) -> int:
    """How many trees: by early stopping where the latest rows hold enough frauds to judge by.

    Never fewer than ``short_rounds``: most frauds of the latest rows are not labelled yet, and a
    model that finds them is stopped too early for it.
    """
    edge = round(len(target) * (1 - settings.stopping_share))
    late, early = int(target[edge:].sum()), int(target[:edge].sum())
    if min(late, early) < settings.min_stopping_frauds or late == len(target) - edge:
        return settings.short_rounds
    fitted = lgb.Dataset(matrix[:edge], target[:edge], weight=weight[:edge], params=parameters)
    judged = lgb.Dataset(matrix[edge:], target[edge:], weight=weight[edge:], reference=fitted,
                         params=parameters)
    booster = lgb.train(
        parameters, fitted, settings.rounds, valid_sets=[judged],
        callbacks=[lgb.early_stopping(settings.early_stopping, verbose=False)],
    )
    return max(booster.best_iteration, settings.short_rounds)


def _rising(names: Sequence[str]) -> dict[str, Any]:
    """A stronger sign never lowers the score: what few labels can't teach is told beforehand."""
    rising = [int(name.startswith(PREFIX) or name in STRONGEST) for name in names]
    return {"monotone_constraints": rising} if any(rising) else {}


def _parameters(settings: FraudSettings, rows: int, seed: int) -> dict[str, Any]:
    most = settings.parameters.get("max_bin", FEW_BINS)
    bins = min(most, max(FEW_BINS, rows // ROWS_A_BIN))
    return {**settings.parameters, "max_bin": bins, "seed": seed}
