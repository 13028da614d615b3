"""Simple models printed beside ours, so that a figure can be judged.

Each is fitted on the same rows and scores the same rows as our model. Those without labels use
none. They are compared, never shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from models.families import label_free

if TYPE_CHECKING:
    from training.events import Events
    from training.settings import BaselineSettings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fitting:
    """Rows a baseline is fitted on: features (n, F), target (n,), weight (n,)."""

    matrix: Floats
    target: Ints
    weight: Floats


def baseline_scores(
    fit: Fitting, judged: Floats, label_free: Ints, settings: BaselineSettings, seed: int
) -> dict[str, Floats]:
    """Scores of the learned baselines for the judged rows, by name.

    Parameters
    ----------
    fit : Fitting
        Rows in order of time; all frauds and at most ``settings.max_rows`` rows are used.
    judged : shape (m, F)
        Rows to score.
    label_free : int64
        Columns that rest on no label: all that the isolation forest may see.
    """
    fit = _thin(fit, settings.max_rows, seed)
    filled, judged_filled = _fill(fit.matrix, fit.matrix), _fill(judged, fit.matrix)
    scores: dict[str, Floats] = {}
    if 0 < int(fit.target.sum()) < len(fit.target):
        scores["logistic regression"] = _logistic(fit, filled, judged_filled)
        scores["random forest"] = _forest(fit, filled, judged_filled, settings, seed)
    scores["isolation forest alone"] = _isolation(
        filled[:, label_free], judged_filled[:, label_free], settings, seed)
    return scores


def isolation_held(events: Events, at_ms: int, share: float, seed: int = 0, trees: int = 100
                   ) -> npt.NDArray[np.bool_]:
    """Events that an isolation forest alone would hold, shape (n,).

    It is fitted on the events before ``at_ms``, without labels, and holds what scores above all
    but ``share`` of those of the same kind.
    """
    own = set(label_free(events.catalog.names, events.catalog.families))
    columns = np.flatnonzero([name in own for name in events.catalog.names])
    past = events.ms < at_ms
    filled = _fill(events.matrix[:, columns], events.matrix[past][:, columns]).astype(np.float32)
    model = IsolationForest(n_estimators=trees, random_state=seed, n_jobs=2).fit(filled[past])
    score, held = -model.score_samples(filled), np.zeros(len(events), dtype=bool)
    for kind in np.unique(events.kind[past]):
        own_kind = events.kind == kind
        held |= own_kind & (score > np.quantile(score[own_kind & past], 1 - share))
    return held


def _logistic(fit: Fitting, filled: Floats, judged: Floats) -> Floats:
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, tol=1e-3))
    with np.errstate(all="ignore"):
        model.fit(_squash(filled), fit.target, logisticregression__sample_weight=fit.weight)
        return model.predict_proba(_squash(judged))[:, 1]


def _forest(
    fit: Fitting, filled: Floats, judged: Floats, settings: BaselineSettings, seed: int
) -> Floats:
    model = RandomForestClassifier(
        n_estimators=settings.forest_trees, min_samples_leaf=settings.forest_min_leaf,
        n_jobs=2, random_state=seed,
    )
    model.fit(filled, fit.target, sample_weight=fit.weight)
    return model.predict_proba(judged)[:, 1]


def _isolation(
    filled: Floats, judged: Floats, settings: BaselineSettings, seed: int
) -> Floats:
    model = IsolationForest(n_estimators=settings.isolation_trees, random_state=seed, n_jobs=2)
    model.fit(filled.astype(np.float32))
    return -model.score_samples(judged.astype(np.float32))


def _thin(fit: Fitting, limit: int, seed: int) -> Fitting:
    """All frauds and a random share of the rest, in the old order."""
    if len(fit.target) <= limit:
        return fit
    fraud = np.flatnonzero(fit.target == 1)
    rest = np.flatnonzero(fit.target != 1)
    drawn = np.random.default_rng(seed).choice(
        rest, min(max(limit - len(fraud), limit // 2), len(rest)), replace=False
    )
    rows = np.sort(np.concatenate([fraud, drawn]))
    share = len(drawn) / max(len(rest), 1)
    weight = np.where(fit.target[rows] == 1, fit.weight[rows], fit.weight[rows] / share)
    return Fitting(fit.matrix[rows], fit.target[rows], weight)


def _fill(matrix: Floats, like: Floats) -> Floats:
    """Unknowns become the column's median in the fitted rows; columns never known become 0."""
    known = np.where(np.isfinite(like), like, np.nan)
    empty = np.isnan(known).all(axis=0)
    medians = np.zeros(like.shape[1])
    medians[~empty] = np.nanmedian(known[:, ~empty], axis=0)
    return np.where(np.isfinite(matrix), matrix, medians)


def _squash(matrix: Floats) -> Floats:
    """Signed logarithm: counts, points and milliseconds are long-tailed."""
    return np.sign(matrix) * np.log1p(np.abs(matrix))
