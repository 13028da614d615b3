"""Scorers without labels on the 14 larger classical sets of ADBench: ours beside its peers.

The protocol, for seeds 1, 2 and 3: at most 10,000 rows drawn, at least six anomalies, a stratified
split of 70 to 30, columns brought to 0..1 by the training part, fitted on the training part with
its anomalies and without labels, judged on the rest. Ours is whatever `models.detector.Detector`
is; beside it scikit-learn's isolation forest, and ECOD alone on all training rows.

The form of `models.ecod` was chosen on these very sets, so our figure flatters us a little. The
third scorer of the detector, `models.distance`, was chosen on other data: scikit-learn's digits,
wine and breast cancer with one class made rare, and generated mixtures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from features.errors import BadInput, NotFound
from features.progress import Progress, silent
from models.detector import Detector
from models.ecod import Ecod
from training.metrics import auc, average_precision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDER: Final = "adbench"
"""Where the sets lie in the folder of all public data sets; or they lie in the named one."""
SETS: Final = (
    "1_ALOI", "2_annthyroid", "8_celeba", "10_cover", "11_donors", "16_http", "23_mammography",
    "24_mnist", "26_optdigits", "27_PageBlocks", "28_pendigits", "31_satimage-2", "32_shuttle",
    "34_smtp",
)
"""Those of more than 5,000 rows and less than 10 % anomalies."""
SEEDS: Final = (1, 2, 3)
MOST_ROWS: Final = 10_000
LEAST_ANOMALIES: Final = 6
JUDGED: Final = 0.3

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def ours(train: Floats, test: Floats, seed: int) -> Floats:
    """Share of training rows that look less unusual, by the product's own detector."""
    return Detector.fit(train, seed).score(test)


def forest(train: Floats, test: Floats, seed: int) -> Floats:
    """Isolation forest of scikit-learn with its defaults."""
    model = IsolationForest(random_state=seed).fit(train)
    return np.asarray(-model.score_samples(test))


def ecod(train: Floats, test: Floats, seed: int) -> Floats:
    """Tails of every column alone, over all training rows; there is nothing to draw."""
    return Ecod.fit(train).score(test)


SCORERS: Final[dict[str, Callable[[Floats, Floats, int], Floats]]] = {
    "": ours, "_iforest": forest, "_ecod": ecod,
}


def benchmark(data: Path, progress: Progress = silent, seed: int = 0) -> dict[str, Any]:
    """Mean figures over sets and seeds.

    Parameters
    ----------
    data : Path
        Folder that holds ``adbench/*.npz``, or the sets themselves.
    seed : int
        Added to the three seeds of the protocol; 0 is the protocol.

    Returns
    -------
    dict
        ``auc, auc_iforest, auc_ecod`` and ``ap`` of each; ``auc_by_seed``; ``runs``: one row a
        set; a printed ``table``.

    Raises
    ------
    NotFound
        Where a set is missing.
    """
    runs = []
    for done, name in enumerate(SETS, 1):
        rows, truth = read_set(data, name)
        found = [measure(rows, truth, draw + seed) for draw in SEEDS]
        runs.append({"name": name, "rows": len(rows), "columns": rows.shape[1],
                     "rate": float(truth.mean()), "by_seed": [one["auc"] for one in found],
                     **_mean(found)})
        progress("anomaly-adbench", done, len(SETS))
    by_seed = np.mean([run.pop("by_seed") for run in runs], axis=0)
    means = _mean([{key: run[key] for key in figures()} for run in runs])
    return {**means, "sets": len(runs), "auc_by_seed": by_seed.round(4).tolist(), "runs": runs,
            "table": table(runs, means)}


def figures() -> tuple[str, ...]:
    """Names of the figures of a set, ours first."""
    return tuple(f"{kind}{who}" for kind in ("auc", "ap") for who in SCORERS)


def read_set(data: Path, name: str) -> tuple[Floats, Ints]:
    """Rows (n, columns) and 1 for an anomaly (n,) of a set."""
    folder = data / FOLDER if (data / FOLDER).is_dir() else data
    path = folder / f"{name}.npz"
    if not path.is_file():
        raise NotFound(f"{name}.npz of ADBench", f"nothing at {path}",
                       "name the folder that holds it with --data")
    with np.load(path) as arrays:
        if not {"X", "y"} <= set(arrays.files):
            raise BadInput("arrays X and y", f"{arrays.files} in {path.name}", "get the set again")
        return arrays["X"].astype(np.float64), arrays["y"].ravel().astype(np.int64)


def measure(rows: Floats, truth: Ints, seed: int) -> dict[str, float]:
    """Figures of each scorer on one draw and split of a set; no scorer is shown a label."""
    train, test, judged = split(rows, truth, seed)
    found: dict[str, float] = {}
    for who, scorer in SCORERS.items():
        score = scorer(train, test, seed)
        found[f"auc{who}"] = auc(judged, score)
        found[f"ap{who}"] = average_precision(judged, score)
    return found


def split(rows: Floats, truth: Ints, seed: int) -> tuple[Floats, Floats, Ints]:
    """Training rows, test rows, and which of the test rows are anomalies.

    Columns lie in 0..1 in the training rows; a test row may lie beyond.
    """
    kept = drawn(truth, seed)
    train, test, _, judged = train_test_split(
        rows[kept], truth[kept], test_size=JUDGED, random_state=seed, stratify=truth[kept])
    scaler = MinMaxScaler().fit(train)
    return scaler.transform(train), scaler.transform(test), judged


def drawn(truth: Ints, seed: int) -> Ints:
    """Rows of a draw: at most so many, and the first anomalies where too few were drawn."""
    if len(truth) <= MOST_ROWS:
        return np.arange(len(truth))
    draw = np.random.RandomState(seed)
    kept = draw.choice(len(truth), MOST_ROWS, replace=False)
    if truth[kept].sum() >= LEAST_ANOMALIES:
        return np.asarray(kept)
    return np.concatenate([kept, np.flatnonzero(truth)[:LEAST_ANOMALIES]])


def _mean(found: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(float(np.mean([one[key] for one in found])), 4) for key in figures()}


def table(runs: list[dict[str, Any]], means: dict[str, float]) -> str:
    """Print a line a set, and the means; AUC, then AP."""
    head = f"\n{'AUC / AP':18}{'jaga':>14}{'iforest':>14}{'ecod':>14}"
    rows = [*runs, {"name": "mean", **means}]
    return "\n".join([head, *(_line(row) for row in rows)])


def _line(row: dict[str, Any]) -> str:
    cells = (f"{row[f'auc{who}']:.3f}/{row[f'ap{who}']:.3f}" for who in SCORERS)
    return f"{row['name']:18}" + "".join(f"{cell:>14}" for cell in cells)
