"""The Fraud-Detection-Handbook's transactions, through the product's own pipeline.

The simulated card transactions are ingested with ``examples/mappings/handbook.yaml`` (customer as
member, terminal as outlet, label known seven days later), featured by the journal's replay, and
fitted by `training.fit_fraud` with the parameters of ``mlflow.yaml``. Protocol, windows and the
removal of known-compromised customers are the Handbook's: train 25 to 31 July 2018, a week of
delay, test 8 to 14 August; the 30-day window is scored on the same test rows.

Parameters, and which boosters are averaged, were chosen on earlier weeks only, with `rehearse`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import CATALOG
from features.exports.mapping import read_mapping
from features.jobs import event_features
from features.places import TIE_BITS
from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest
from models.labelled import resolve
from training import metrics
from training.baselines import Fitting, baseline_scores
from training.fit_fraud import fit_booster
from training.judging import columns_without_labels
from training.settings import read_settings
from training.splits import DAY_MS, Window

if TYPE_CHECKING:
    from features.store.journal import Journal

DELAY_DAYS: Final = 7
TOP: Final = 100
BASELINE_ROWS: Final = 100_000
"""Rows the baselines are fitted on at most: all of a week, all frauds and a draw of a month."""
MAPPING: Final = Path(__file__).resolve().parents[2] / "examples" / "mappings" / "handbook.yaml"
PUBLISHED: Final = {
    "logistic regression": (0.871, 0.606, 0.291), "random forest": (0.867, 0.658, 0.287),
    "XGBoost": (0.862, 0.639, 0.273),
}
"""AUC, AP and CP@100 printed in the Handbook for 7 days of training, same protocol."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Transactions in order of time: features (n, F) and what the protocol needs, (n,) each."""

    matrix: Floats
    day: Ints
    member: Ints
    fraud: Ints

    def take(self, mask: Bools) -> Rows:
        """Return the rows of a mask."""
        return Rows(self.matrix[mask], self.day[mask], self.member[mask], self.fraud[mask])


def benchmark(data: Path, progress: Progress = silent, seed: int = 0) -> dict[str, Any]:
    """Measure both training windows on the published test rows.

    Parameters
    ----------
    data : Path
        Folder that holds ``handbook/transactions.parquet``.

    Returns
    -------
    dict
        ``train_7d`` and ``train_30d``, each ``auc, ap, cp100, recall_1pct``; the baselines
        beside ours under ``beside``, and a printed ``table``.
    """
    test = week(_day(2018, 8, 8))
    rows = load(data, _day(2018, 7, 2), test.end_ms, progress)
    found: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    for name, days in (("train_7d", 7), ("train_30d", 30)):
        progress(f"fit {name}", 0, 1)
        scores = judge(rows, test, days, seed, baselines=True)
        found[name] = scores.pop("jaga")
        beside[name] = scores
        progress(f"fit {name}", 1, 1)
    judged = rows.take(judged_rows(rows, test))
    return {
        **found, "test_rows": len(judged.fraud), "test_frauds": int(judged.fraud.sum()),
        "beside": beside, "features": len(CATALOG.names), "seed": seed,
        "protocol": "train 2018-07-25..31 (30 days: from 07-02), delay 7 d, test 2018-08-08..14, "
                    "customers already known removed",
        "table": table(found, beside),
    }


def week(start_ms: int) -> Window:
    """Return the seven days from a moment."""
    return Window(start_ms, start_ms + 7 * DAY_MS)


def load(data: Path, start_ms: int, end_ms: int, progress: Progress) -> Rows:
    """Ingest and replay everything before ``end_ms``; keep the rows from ``start_ms`` on."""
    with tempfile.TemporaryDirectory(prefix="jaga-handbook-") as scratch:
        home = Home(Path(scratch))
        mapping = read_mapping(MAPPING)
        ingest(home, data / "handbook", mapping=mapping, progress=progress)
        journal = home.journal()
        return _rows(journal, start_ms, end_ms, progress)


def _rows(journal: Journal, start_ms: int, end_ms: int, progress: Progress) -> Rows:
    labels = resolve(journal.frame("feedback"))
    guilty = labels.loc[labels["target"] == 1, "event"].to_numpy()
    keys: list[pd.DataFrame] = []
    parts: list[Floats] = []
    for key, matrix in event_features(journal, progress=progress):
        ms = key["place"].to_numpy(np.int64) >> TIE_BITS
        wanted = (ms >= start_ms) & (ms < end_ms)
        if wanted.any():
            keys.append(key.loc[wanted])
            parts.append(matrix[wanted])
    kept = pd.concat(keys)
    return Rows(
        np.concatenate(parts), (kept["place"].to_numpy(np.int64) >> TIE_BITS) // DAY_MS,
        kept["member"].to_numpy(np.int64),
        np.isin(kept["event"].to_numpy(), guilty).astype(np.int64),
    )


def judged_rows(rows: Rows, test: Window) -> Bools:
    """Mask of the test rows, customers already known to be compromised removed.

    Known are those with a fraud in the seven days that end a delay before the test week, and,
    day by day, those whose fraud became known the day before.
    """
    first = test.start_ms // DAY_MS
    train_start = first - DELAY_DAYS - 7
    mask = np.zeros(len(rows.day), bool)
    in_train = (rows.day >= train_start) & (rows.day < train_start + 7)
    known = set(rows.member[in_train & (rows.fraud == 1)].tolist())
    for day in range(first, test.end_ms // DAY_MS):
        known |= set(rows.member[(rows.day == day - DELAY_DAYS - 1) & (rows.fraud == 1)].tolist())
        mask |= (rows.day == day) & ~np.isin(rows.member, list(known))
    return mask


def judge(
    rows: Rows, test: Window, train_days: int, seed: int, baselines: bool
) -> dict[str, dict[str, float]]:
    """Fit on the days that end a delay before the test week, and judge on its rows."""
    settings = read_settings()
    end = test.start_ms // DAY_MS - DELAY_DAYS
    train = rows.take((rows.day >= end - train_days) & (rows.day < end))
    judged = rows.take(judged_rows(rows, test))
    weight = np.ones(len(train.fraud))
    booster = fit_booster(train.matrix, train.fraud, weight, CATALOG.names, settings.fraud, seed)
    scores = {"jaga": np.asarray(booster.predict(judged.matrix, raw_score=True))}
    if baselines:
        fit = Fitting(train.matrix, train.fraud, weight)
        beside = settings.baselines.model_copy(update={"max_rows": BASELINE_ROWS})
        scores |= baseline_scores(
            fit, judged.matrix, columns_without_labels(CATALOG), beside, seed)
    return {name: _figures(judged, score) for name, score in scores.items()}


def rehearse(
    data: Path, progress: Progress = silent, seed: int = 0
) -> list[dict[str, dict[str, float]]]:
    """Judge the settings of ``mlflow.yaml`` on earlier weeks: how they were chosen.

    Tests the weeks from 11, 18 and 25 July, none of which shares a row with the published test.
    """
    starts = [_day(2018, 7, day) for day in (11, 18, 25)]
    rows = load(data, starts[0] - 22 * DAY_MS, starts[-1] + 7 * DAY_MS, progress)
    return [judge(rows, week(start), 7, seed, baselines=False) for start in starts]


def _figures(judged: Rows, score: Floats) -> dict[str, float]:
    cards = metrics.card_precision(judged.fraud, score, judged.member, judged.day, TOP)
    figures = {
        "auc": metrics.auc(judged.fraud, score),
        "ap": metrics.average_precision(judged.fraud, score), "cp100": cards,
        "recall_1pct": metrics.recall_at_fpr(judged.fraud, score),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def table(found: dict[str, Any], beside: dict[str, Any]) -> str:
    """Print ours, the baselines and the published figures, one line each."""
    lines = [f"\n{'':34}  AUC    AP     CP@100  recall at 1 % FPR"]
    for window, ours in found.items():
        for name, figures in {"jaga": ours, **beside[window]}.items():
            lines.append(_line(f"{window} {name}", *figures.values()))
    lines += [_line(f"published, 7 days: {name}", *row) for name, row in PUBLISHED.items()]
    return "\n".join(lines)


def _line(name: str, auc: float, ap: float, cards: float, recall: float | None = None) -> str:
    tail = "" if recall is None else f"   {recall:.3f}"
    return f"{name:34}  {auc:.3f}  {ap:.3f}  {cards:.3f}{tail}"


def _day(year: int, month: int, day: int) -> int:
    return round(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)
