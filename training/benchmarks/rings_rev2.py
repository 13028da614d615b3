"""Fraudulent raters of the Bitcoin OTC network, told by the ratings they give.

The protocol: ten stratified folds over the labelled users, shuffled, five repeats; AUC is the
mean over folds. The labels come from ratings received, so no feature may know one:
`training.benchmarks.ratings` counts as if they did not exist.

Ours is the mean of three fixed models on all outgoing features. Features and models were chosen
with `rehearse`, on users without a label; the folds of the labelled were looked at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.model_selection import StratifiedKFold

from features.progress import Progress, silent
from training.benchmarks.ratings import PROTOCOL, Labelled, outgoing, read_ratings
from training.metrics import auc, average_precision

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FOLDS: Final = 10
REPEATS: Final = 5
TREES: Final = 200
LIGHTGBM: Final[dict[str, Any]] = {
    "n_estimators": 120, "learning_rate": 0.05, "num_leaves": 7, "min_child_samples": 8,
    "subsample": 0.8, "subsample_freq": 1, "colsample_bytree": 0.6, "n_jobs": 1, "verbose": -1,
}
"""The protocol's own settings."""
UNKNOWN: Final = -100.0
"""What the forests read for NaN: apart from every weight; times and counts are never below 0."""
STAND_INS: Final = (180, 136)
"""Fraudulent and honest stand-ins of a rehearsal: as many as are labelled."""
PUBLISHED: Final = {"REV2": 0.895, "RGCN, GAT, GraphSage": 0.912, "SGCN": 0.957, "TGFraud": 0.967}
"""AUC as tabled by the authors of TGFraud; theirs may see ratings received."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def benchmark(data: Path, progress: Progress = silent, seed: int = 0) -> dict[str, Any]:
    """Figures over folds, mean and standard deviation over repeats.

    Parameters
    ----------
    data : Path
        Folder that holds ``rev2/otc_network.csv`` and ``rev2/otc_gt.csv``, or the files.
    seed : int
        Of the first repeat; the others follow. 0 is the protocol.

    Returns
    -------
    dict
        ``auc, auc_sd, ap``; ``auc_lightgbm``: its 16 features and one model, as published;
        ``auc_active``: among users who rated at all; ``silent_share``: of the fraudulent and of
        the honest who rated nobody; a printed ``table``.

    Raises
    ------
    NotFound
        Where a file is missing.
    """
    return measure(read_ratings(data), progress, seed)


def measure(known: Labelled, progress: Progress = silent, seed: int = 0) -> dict[str, Any]:
    """Figures of `benchmark` on a network in hand."""
    table = outgoing(known.ratings, known.user)
    matrix, plain = table.to_numpy(np.float64), table[list(PROTOCOL)].to_numpy(np.float64)
    active = (table["count"] > 0).to_numpy()
    runs = []
    for repeat in range(seed, seed + REPEATS):
        runs.append(_repeat(matrix, plain, known.fraud, active, repeat))
        progress("rings-rev2", len(runs), REPEATS)
    means = {name: round(float(np.mean([run[name] for run in runs])), 4) for name in runs[0]}
    deviation = round(float(np.std([run["auc"] for run in runs])), 4)
    silent_share = {name: round(float(1 - active[known.fraud == value].mean()), 4)
                    for name, value in (("fraud", 1), ("honest", 0))}
    return {**means, "auc_sd": deviation, "users": len(known.user),
            "frauds": int(known.fraud.sum()), "features": table.shape[1],
            "silent_share": silent_share, "table": _table(means, deviation)}


def _repeat(
    matrix: Floats, plain: Floats, fraud: Ints, active: npt.NDArray[np.bool_], seed: int
) -> dict[str, float]:
    """Means over the folds of one repeat."""
    found: list[dict[str, float]] = []
    for fit, held in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(matrix, fraud):
        ours = judge(matrix[fit], fraud[fit], matrix[held], seed)
        simple = boosted(plain[fit], fraud[fit], plain[held], seed)
        awake = active[held]
        found.append({
            "auc": auc(fraud[held], ours), "ap": average_precision(fraud[held], ours),
            "auc_lightgbm": auc(fraud[held], simple),
            "auc_active": auc(fraud[held][awake], ours[awake]),
        })
    return {name: float(np.nanmean([one[name] for one in found])) for name in found[0]}


def judge(train: Floats, fraud: Ints, rows: Floats, seed: int) -> Floats:
    """Mean chance of fraud by boosted trees, random forest and extremely random trees."""
    models = (boosted, forest, extra)
    return np.asarray(np.mean([model(train, fraud, rows, seed) for model in models], axis=0))


def boosted(train: Floats, fraud: Ints, rows: Floats, seed: int) -> Floats:
    """LightGBM with the protocol's settings."""
    model = lgb.LGBMClassifier(random_state=seed, **LIGHTGBM)
    booster = model.fit(train, fraud).booster_
    return np.asarray(booster.predict(rows))


def forest(train: Floats, fraud: Ints, rows: Floats, seed: int) -> Floats:
    """Random forest with the protocol's settings."""
    model = RandomForestClassifier(TREES, min_samples_leaf=2, random_state=seed)
    return np.asarray(model.fit(_known(train), fraud).predict_proba(_known(rows))[:, 1])


def extra(train: Floats, fraud: Ints, rows: Floats, seed: int) -> Floats:
    """Extremely random trees of the same size."""
    model = ExtraTreesClassifier(TREES, min_samples_leaf=2, random_state=seed)
    return np.asarray(model.fit(_known(train), fraud).predict_proba(_known(rows))[:, 1])


def _known(rows: Floats) -> Floats:
    return np.nan_to_num(rows, nan=UNKNOWN)


def rehearse(data: Path, seed: int = 0) -> dict[str, Any]:
    """Figures as `benchmark` on users without a label: where features and models are chosen.

    A stand-in for a fraud is rated below 0 on average by at least two others, one for an honest
    user at least 1. No labelled user is among them, and their features know nothing of it.
    """
    known = read_ratings(data)
    said = known.ratings.groupby("ratee")["weight"].agg(["size", "mean"])
    said = said[(said["size"] >= 2) & ~said.index.isin(known.user)]
    rng = np.random.default_rng(seed)
    groups = (said.index[said["mean"] < 0], said.index[said["mean"] >= 1])
    drawn = [_draw(rng, group, most) for group, most in zip(groups, STAND_INS, strict=True)]
    fraud = np.concatenate([np.full(len(drawn[0]), 1), np.full(len(drawn[1]), 0)])
    return measure(Labelled(known.ratings, np.concatenate(drawn), fraud), seed=seed)


def _draw(rng: np.random.Generator, group: Sequence[int], most: int) -> Ints:
    return rng.choice(np.asarray(group, np.int64), min(most, len(group)), replace=False)


def _table(means: dict[str, float], deviation: float) -> str:
    """Print ours beside the published figures, one line each."""
    lines = {f"jaga, ± {deviation:.3f} over repeats": means["auc"],
             "LightGBM on the protocol's 16 features": means["auc_lightgbm"],
             "jaga, users who rated somebody": means["auc_active"],
             **{f"published: {name}": figure for name, figure in PUBLISHED.items()}}
    return "\n".join([f"\n{'':42}AUC", *(f"{name:42}{x:.3f}" for name, x in lines.items())])
