"""What a fresh bundle is judged on, and what it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from models.families import label_free
from training.baselines import Fitting, baseline_scores
from training.evaluate import OURS, Judged, Row, compare, probabilities, stopped
from training.holds import LEAST
from training.rules import rules
from training.splits import DAY_MS

if TYPE_CHECKING:
    from features.catalog import Catalog
    from features.exports.program import Program
    from training.events import Events
    from training.fitted import Fitted
    from training.labels import Labels
    from training.settings import Settings
    from training.splits import Split

RULES_ALONE: Final = "rules alone"
POINTS_ALONE: Final = "points alone"
RINGS_ALONE: Final = "jaga, rings alone"
ANOMALY_ALONE: Final = "jaga, anomaly alone"

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def judge(
    events: Events, labels: Labels, fit: Fitting, fitted: Fitted, program: Program,
    settings: Settings, seed: int,
) -> tuple[list[Row], dict[str, float], dict[str, Floats], Judged]:
    """Compare the fitted scores with the baselines on labelled events nobody fitted on.

    Parameters
    ----------
    events, labels
        Events later than the fit, and what is known of them now; only decided labels count.
    fit : Fitting
        The rows our model was fitted on, for the baselines.

    Returns
    -------
    rows : list of dict
        Of `training.evaluate.compare`; empty with too few frauds.
    more : dict
        Calibration and points stopped, where a fraud model serves.
    scores : dict
        The scores by model, for plots.
    judged : Judged
    """
    part, known = events.take(labels.labelled), labels.take(labels.labelled)
    judged = Judged(known.target, part.points, part.member, part.ms // DAY_MS)
    if judged.frauds < settings.evaluation.min_frauds:
        return [], {}, {}, judged
    scores = _scores(part, fitted)
    own = columns_without_labels(part.catalog)
    scores |= baseline_scores(fit, part.matrix, own, settings.baselines, seed)
    scores |= {RULES_ALONE: rules(part), POINTS_ALONE: part.points.astype(np.float64)}
    rows = compare(judged, scores, program.review_capacity_per_day, settings.evaluation, seed)
    more: dict[str, float] = {}
    if fitted.fraud is not None and rows:
        more = probabilities(judged, scores[OURS])
    if OURS in scores and rows:
        more |= stopped(judged, scores[OURS], settings.evaluation.honest_held)
    return rows, more, scores, judged


def judge_released(
    events: Events, labels: Labels, fitted: Fitted, program: Program, settings: Settings, seed: int
) -> list[Row]:
    """Figures of our score on what was let through by chance, each event weighed by 1 / chance.

    They are right for all that the policy of its time would hold, whoever was labelled. Empty with
    fewer than `training.holds.LEAST` such events, or too few frauds among them.
    """
    part, known = events.take(labels.ended), labels.take(labels.ended)
    if len(part) < LEAST:
        return []
    judged = Judged(known.target, part.points, part.member, part.ms // DAY_MS, known.weight)
    own = {name: score for name, score in _scores(part, fitted).items() if name == OURS}
    return compare(judged, own, program.review_capacity_per_day, settings.evaluation, seed)


def fitting(past: Events, labels: Labels, cut: Split) -> Fitting:
    """Return the rows of the fit slice that have a target, assumed ones weighing less."""
    rows = cut.fit.holds(past.ms) & labels.known
    return Fitting(past.matrix[rows], labels.target[rows], labels.weight[rows])


def columns_without_labels(catalog: Catalog) -> Ints:
    """Positions of the features that a label-free score may read."""
    own = set(label_free(catalog.names, catalog.families))
    return np.flatnonzero([name in own for name in catalog.names])


def _scores(part: Events, fitted: Fitted) -> dict[str, Floats]:
    scores: dict[str, Floats] = {}
    if fitted.anomaly is not None:
        scores[ANOMALY_ALONE] = fitted.anomaly.score(part.matrix, part.kind, part.persona)
    if fitted.fraud is not None:
        scores[OURS] = fitted.fraud.score(part.matrix)
    elif ANOMALY_ALONE in scores:
        scores[OURS] = scores.pop(ANOMALY_ALONE)
    if part.ring.any():
        scores[RINGS_ALONE] = part.ring
    return scores
