"""Reasons of one event: exact SHAP values of one row, beside LightGBM's own.

The models are generated: trees of the size a fraud model has, on columns of which a tenth is
missing, with paths of at most six or eight splits and without a limit. Ours and both ways of
LightGBM (`Booster.predict` and the quicker C API) take turns on the same rows, one thread each;
the ratio is to the quicker of the two.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import lightgbm as lgb
import numpy as np
import numpy.typing as npt

from features.errors import BadInput
from features.progress import Progress, silent
from models.fastrow import FastRow
from models.treeshares import TreeShares

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Floats = npt.NDArray[np.float64]
COLUMNS: Final = 60
MISSING: Final = 0.1
DEPTHS: Final = (6, 8, -1)
"""Longest paths; the first is what training allows, -1 is no limit."""
WAYS: Final = ("ours", "predict", "c_api")


class Size(NamedTuple):
    """How much is fitted and asked.

    Parameters
    ----------
    fitted, trees, leaves : int
        Rows a model is fitted on, its trees and the leaves of each.
    rounds, rows : int
        Turns, and rows in each turn.
    """

    fitted: int = 50_000
    trees: int = 300
    leaves: int = 31
    rounds: int = 25
    rows: int = 40


QUICK: Final = Size(fitted=2_000, trees=20, rounds=3, rows=10)
"""Enough to see that all works."""


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, quick: bool = False
) -> dict[str, Any]:
    """Time the reasons of single rows, model by model.

    Parameters
    ----------
    data : Path, optional
        Not read.
    seed : int
        Of the rows and of the models.
    progress : callable
        Told of each model.
    quick : bool
        Small models, a few rows.

    Returns
    -------
    dict
        ``us_per_row`` (median), ``ratio_lightgbm`` (LightGBM's time over ours, median of the
        turns), ``max_abs_diff`` of models of depth 6; these and ``us_p99, predict_us, c_api_us,
        table_mb, build_s, depth, splits`` of each depth under ``runs``; a printed ``table``.
    """
    size = QUICK if quick else Size()
    runs = []
    for done, depth in enumerate(DEPTHS):
        progress("models", done, len(DEPTHS))
        runs.append(measure(depth, size, seed))
    progress("models", len(DEPTHS), len(DEPTHS))
    headline = {name: runs[0][name] for name in ("us_per_row", "ratio_lightgbm", "max_abs_diff")}
    return {**headline, **size._asdict(), "columns": COLUMNS, "seed": seed, "runs": runs,
            "table": _table(runs)}


def measure(depth: int, size: Size, seed: int) -> dict[str, Any]:
    """Fit a model of a depth and time its reasons."""
    random = np.random.default_rng(seed)
    model = _fit(random, depth, size, seed).model_to_string()
    start = time.perf_counter()
    shares = TreeShares.of(model)
    build_s = time.perf_counter() - start
    booster = lgb.Booster(model_str=model)
    ways: dict[str, Callable[[Floats], Floats]] = {
        "ours": shares.row,
        "predict": lambda row: _predict(booster, row),
        "c_api": FastRow(model, lay_out=_refused).contributions,
    }
    differing = 0.0
    seconds: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    shares.row(np.zeros(COLUMNS))  # compiled now, not in the first turn
    for _ in range(size.rounds):
        rows = _draw(random, size.rows)
        found = {way: _timed(ways[way], rows, seconds[way]) for way in WAYS}
        differing = max(differing, *(float(np.abs(found["ours"] - found[way]).max())
                                     for way in WAYS[1:]))
    return {"depth": depth, "splits": len(shares.splits), **_told(seconds),
            "max_abs_diff": differing, "table_mb": round(shares.size_mb, 2),
            "build_s": round(build_s, 3)}


def _timed(way: Callable[[Floats], Floats], rows: Floats, seconds: list[list[float]]) -> Floats:
    """Answers to rows, one by one; how long each took is added to ``seconds`` as one turn."""
    found, turn = [], []
    for row in rows:
        start = time.perf_counter()
        found.append(way(row))
        turn.append(time.perf_counter() - start)
    seconds.append(turn)
    return np.array(found)


def _told(seconds: dict[str, list[list[float]]]) -> dict[str, float]:
    """Medians in microseconds, and the ratio of each turn's."""
    ours, predict, c_api = (np.median(seconds[way], axis=1) * 1e6 for way in WAYS)
    return {
        "us_per_row": round(float(np.median(seconds["ours"]) * 1e6), 1),
        "us_p99": round(float(np.quantile(seconds["ours"], 0.99) * 1e6), 1),
        "predict_us": round(statistics.median(predict), 1),
        "c_api_us": round(statistics.median(c_api), 1),
        "ratio_lightgbm": round(statistics.median(np.minimum(predict, c_api) / ours), 2),
    }


def _fit(random: np.random.Generator, depth: int, size: Size, seed: int) -> lgb.Booster:
    rows = _draw(random, size.fitted)
    known = np.nan_to_num(rows)
    signal = known[:, 0] * known[:, 1] + np.sin(2 * known[:, 2]) + 0.4 * known[:, 3:10].sum(axis=1)
    label = signal + random.normal(size=len(rows)) > 2
    parameters = {"objective": "binary", "num_leaves": size.leaves, "max_depth": depth,
                  "learning_rate": 0.05, "num_threads": 1, "verbosity": -1, "seed": seed}
    return lgb.train(parameters, lgb.Dataset(rows, label, params={"verbosity": -1}), size.trees)


def _draw(random: np.random.Generator, many: int) -> Floats:
    rows = random.normal(size=(many, COLUMNS))
    rows[random.random(rows.shape) < MISSING] = np.nan
    return rows


def _predict(booster: lgb.Booster, row: Floats) -> Floats:
    parts = booster.predict(row[None, :], pred_contrib=True, num_threads=1)
    return np.asarray(parts, dtype=np.float64)[0]


def _refused(model: str) -> TreeShares:
    raise BadInput("LightGBM's own contributions", "ours", "take these")


def _table(runs: list[dict[str, Any]]) -> str:
    lines = [f"\n{'depth':>7} {'ours us':>9} {'p99':>7} {'predict':>9} {'C API':>8} {'ratio':>7}"
             f" {'largest difference':>20} {'MB':>6} {'build s':>8}"]
    for run in runs:
        depth = "none" if run["depth"] < 0 else run["depth"]
        lines.append(
            f"{depth:>7} {run['us_per_row']:>9} {run['us_p99']:>7} {run['predict_us']:>9} "
            f"{run['c_api_us']:>8} {run['ratio_lightgbm']:>7} {run['max_abs_diff']:>20.1e} "
            f"{run['table_mb']:>6} {run['build_s']:>8}")
    return "\n".join(lines)
