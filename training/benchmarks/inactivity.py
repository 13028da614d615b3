"""Silence on the public purchase logs: our ladder beside BG/NBD and days silent alone.

Fourteen configurations of a documented protocol. Everything is fitted on days before the day of
judging; the rung is chosen on members left out of training snapshots, and the fixed settings were
chosen with `rehearse`. The test windows are looked at to print the figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

from features.members.known import Known
from features.members.rhythm import bare_members, member_frame
from features.progress import Progress, silent
from models.inactivity.calibration import expected_error
from models.inactivity.horizons import Horizons
from models.inactivity.model import InactivityModel
from models.inactivity.snapshots import Snapshot
from training.benchmarks.purchases import (
    CONFIGURATIONS,
    REHEARSALS,
    Configuration,
    read_purchases,
)
from training.metrics import auc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Floats = npt.NDArray[np.float64]
BOOTSTRAPS: Final = 300


def benchmark(data: Path, seed: int = 0, progress: Progress = silent) -> dict[str, Any]:
    """Figures of the fourteen configurations, and their means.

    Parameters
    ----------
    data : Path
        Folder with ``CDNOW_master.txt``, ``online_retail_clean.parquet`` and
        ``grocery.parquet``.
    seed : int
        Of folds, trees and bootstraps.
    progress : callable
        Told of each configuration.

    Returns
    -------
    dict
        ``configurations`` (how many), mean ``auc``, ``logloss``, ``auc_bgnbd``,
        ``logloss_bgnbd``, ``auc_silence``, ``logloss_silence``; ``better_than_bgnbd``: in how
        many the paired 95 % interval of the gain in AUC is above 0; ``runs``: one row each.

    Raises
    ------
    NotFound
        Where a log is missing.
    """
    return _measure(data, CONFIGURATIONS, seed, progress)


def rehearse(data: Path, seed: int = 0) -> dict[str, Any]:
    """Figures as `benchmark` on windows before every test window: where settings are chosen."""
    return _measure(data, REHEARSALS, seed)


def _measure(
    data: Path, configurations: tuple[Configuration, ...], seed: int, progress: Progress = silent
) -> dict[str, Any]:
    logs, runs = read_purchases(data), []
    for done, one in enumerate(configurations, 1):
        runs.append(_run(logs[one.data], one, seed))
        progress("inactivity", done, len(configurations))
    means = {name: float(np.mean([run[name] for run in runs])) for name in (
        "auc", "logloss", "ece", "auc_bgnbd", "logloss_bgnbd", "auc_silence", "logloss_silence")}
    better = sum(run["gain_low"] > 0 for run in runs)
    return {"configurations": len(runs), **means, "better_than_bgnbd": better, "runs": runs}


def _run(days: pd.DataFrame, one: Configuration, seed: int) -> dict[str, Any]:
    horizons = Horizons(one.horizon)
    snapshots = [_snapshot(days, one, back, seed) for back in one.snapshots]
    frame = _frame(days, one.day)
    test = _snapshot(days, one, 0, seed).table
    model = InactivityModel.fit(snapshots, frame, horizons, seed)
    silent = test["silent"].to_numpy(dtype=bool)
    chances = {
        "": model.p_inactive(test[frame.columns]),
        "_bgnbd": test["none_bg"].to_numpy(),
        "_silence": silence_only(snapshots, test),
    }
    gain = _gain(silent, chances[""], chances["_bgnbd"], seed)
    figures = {f"{name}{who}": figure(silent, p) for who, p in chances.items()
               for name, figure in (("auc", auc), ("logloss", _loss))}  # fmt: skip
    return {"name": one.name, "members": len(test), "inactive": float(silent.mean()), **figures,
            "ece": expected_error(chances[""], silent), "gain_low": gain[0], "gain_high": gain[1],
            "rung": model.rung}  # fmt: skip


def _frame(days: pd.DataFrame, day: int) -> pd.DataFrame:
    past = days[days["day"] < day]
    return member_frame(Known(day, past, bare_members(past)))


def _snapshot(days: pd.DataFrame, one: Configuration, back: int, seed: int) -> Snapshot:
    """Everybody seen before, or only those seen lately where the configuration says so.

    The rhythm terms are fitted on everybody's history either way.
    """
    known = days[days["day"] < one.day + (one.horizon if back == 0 else 0)]
    table = Snapshot.of(_frame(days, one.day - back), known, one.horizon, seed).table
    return Snapshot(table[table["days_since_last"] <= one.recent] if one.recent else table)


def silence_only(snapshots: Sequence[Snapshot], test: pd.DataFrame) -> Floats:
    """Chances of silence by a logistic regression on the log of days silent and nothing else.

    Parameters
    ----------
    snapshots : sequence of Snapshot
        Labelled; members who never started are left out.
    test : DataFrame
        ``days_since_last`` of n started members.

    Returns
    -------
    shape (n,)
    """
    table = pd.concat([snapshot.table for snapshot in snapshots])
    table = table[table["days_since_last"].notna()]
    line = LogisticRegression().fit(_log_silence(table), table["silent"].to_numpy(dtype=bool))
    return np.asarray(line.predict_proba(_log_silence(test))[:, 1])


def _log_silence(table: pd.DataFrame) -> Floats:
    return np.log1p(table[["days_since_last"]].to_numpy(dtype=np.float64))


def _loss(silent: npt.NDArray[np.bool_], p: Floats) -> float:
    kept = np.clip(p, 1e-6, 1 - 1e-6)
    return float(-np.where(silent, np.log(kept), np.log1p(-kept)).mean())


def _gain(
    silent: npt.NDArray[np.bool_], ours: Floats, theirs: Floats, seed: int
) -> tuple[float, float]:
    """Paired 95 % interval of the gain in AUC over bootstraps of members."""
    rng = np.random.default_rng(seed)
    ranks = [np.unique(p, return_inverse=True)[1] for p in (ours, theirs)]
    gains = []
    for _ in range(BOOTSTRAPS):
        weight = np.bincount(rng.integers(0, len(silent), len(silent)), minlength=len(silent))
        both = [_weighted_auc(silent, rank, weight) for rank in ranks]
        gains.append(both[0] - both[1])
    low, high = np.percentile(gains, [2.5, 97.5])
    return float(low), float(high)


def _weighted_auc(silent: npt.NDArray[np.bool_], rank: Any, weight: Any) -> float:
    hits = np.bincount(rank, weights=weight * silent)
    others = np.bincount(rank, weights=weight * ~silent)
    below = np.cumsum(others) - others
    return float((hits * (below + others / 2)).sum() / (hits.sum() * others.sum()))
