"""The papers of a training: model card, plots and the drift report, in one folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.families import family
from models.signs import STRONGEST
from training import plots
from training.card import Card
from training.drift import SCORE, drift_report
from training.evaluate import OURS, Judged

if TYPE_CHECKING:
    from pathlib import Path

    from training.baselines import Fitting
    from training.events import Events
    from training.fitted import Fitted
    from training.settings import DriftSettings, Settings
    from training.splits import Split
    from training.trained import TrainReport

SAMPLE = 400
"""Events that contributions are drawn and averaged over."""
Floats = npt.NDArray[np.float64]
Files = dict[str, tuple["Path", ...]]


@dataclass(frozen=True)
class Papers:
    """What the papers are written from: windows, events, models and their scores."""

    cut: Split
    past: Events
    later: Events
    fit: Fitting
    fitted: Fitted
    scores: dict[str, Floats]
    judged: Judged


def write_papers(
    folder: Path, report: TrainReport, papers: Papers, settings: Settings, seed: int
) -> tuple[TrainReport, Files]:
    """Write all papers; return the report with their paths and MLflow's folders of files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = _plots(folder, papers)
    learnt = papers.past.take(papers.cut.past.holds(papers.past.ms))
    columns = strongest(papers.fitted, learnt, settings.drift)
    gate = drift_report(_frame(learnt, columns, papers.fitted),
                        _frame(papers.later, columns, papers.fitted), folder, settings.drift)
    report = replace(report, drift=gate.as_dict(), card=str(folder / "card.md"))
    card = Card(
        report.bundle_id, report.program_id, report.role, seed, papers.cut, report.labels,
        report.results, report.limits,
        {"Probabilities": report.probabilities, "Inactivity": report.inactivity,
         "Missions": report.uplift},
        (*report.sentences, report.inactivity_sentence, gate.sentence), drawn,
        len(papers.past.catalog.names), report.released,
    ).write(folder / "card.md")
    drift = tuple(path for path in (folder / "drift.html", folder / "drift.json") if path.exists())
    return report, {"card": (card, *drawn), "drift": drift}


def scores_of(fitted: Fitted, events: Events) -> Floats:
    """Return the score that drift is watched on: fraud where it serves, else anomaly."""
    if len(events) and fitted.fraud is not None:
        return fitted.fraud.score(events.matrix)
    if len(events) and fitted.anomaly is not None:
        return fitted.anomaly.score(events.matrix, events.kind, events.persona)
    return np.full(len(events), np.nan)


def strongest(fitted: Fitted, learnt: Events, settings: DriftSettings) -> list[str]:
    """Names of the features to watch: those the fraud model gains most by, else the liveliest."""
    if fitted.fraud is not None:
        gain = fitted.fraud.booster.feature_importance("gain")[: len(fitted.fraud.names)]
    elif len(learnt):
        sample = learnt.matrix[:: max(1, len(learnt) // 2000)]
        gain = np.array([len(np.unique(column[np.isfinite(column)])) for column in sample.T])
    else:
        return []
    order = np.argsort(-gain, kind="stable")[: settings.features]
    return [learnt.catalog.names[index] for index in order if gain[index] > 0]


def _frame(events: Events, columns: list[str], fitted: Fitted) -> pd.DataFrame:
    index = {name: position for position, name in enumerate(events.catalog.names)}
    frame = pd.DataFrame({name: events.matrix[:, index[name]] for name in columns})
    return frame.assign(**{SCORE: scores_of(fitted, events)})


def _plots(folder: Path, papers: Papers) -> list[Path]:
    drawn = []
    judged = papers.judged
    if papers.scores and 0 < judged.frauds < len(judged.truth):
        drawn.append(plots.precision_recall(
            judged.truth, papers.scores, OURS, folder / "precision_recall.png"))
        if papers.fitted.fraud is not None:
            drawn.append(plots.calibration(
                judged.truth, papers.scores[OURS], folder / "calibration.png"))
    if papers.fitted.fraud is not None:
        drawn += _explained(folder, papers)
    return drawn


def _explained(folder: Path, papers: Papers) -> list[Path]:
    """Families and the shap library's summary over a sample as rich in fraud as in the rest."""
    fraud, fit = papers.fitted.fraud, papers.fit
    assert fraud is not None
    guilty, rest = np.flatnonzero(fit.target == 1), np.flatnonzero(fit.target != 1)
    rows = np.concatenate([_even(guilty, SAMPLE // 2), _even(rest, SAMPLE // 2)])
    sample = fit.matrix[rows]
    sizes = np.abs(fraud.contributions(sample)[:, :-1]).mean(axis=0)
    shares: dict[str, float] = {}
    for name, size in zip(fraud.names, sizes, strict=True):
        own = family(name, papers.past.catalog.families).replace("_", " ")
        shares[own] = shares.get(own, 0.0) + float(size)
    inputs, names = sample, list(fraud.names)
    if fraud.signs is not None:
        inputs, names = fraud.signs.read(sample)[0], [*names, *STRONGEST]
    return [
        plots.families(shares, folder / "families.png"),
        plots.shap_summary(fraud.booster, inputs, names, folder / "shap.png"),
    ]


def _even(rows: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(int)]
