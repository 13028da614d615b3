"""The scores of a bundle, fitted on what was known before a moment.

Time runs one way: trees are fitted on the first slice, calibrated on a later one, thresholds set
on one later still, and the last slice is kept out. With too few labels the fraud model is left
out and said so; the anomaly model needs none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import EVENT_KINDS
from models.calibration import Calibration, fit_calibration
from models.fraud import FraudModel
from models.thresholds import Thresholds
from training.fit_anomaly import fit_anomaly
from training.fit_fraud import fit_booster
from training.labels import FRAUD, HONEST
from training.thresholds import Limit, Slice, limit

if TYPE_CHECKING:
    from features.exports.program import Program
    from models.anomaly import AnomalyModel
    from training.events import Events
    from training.labels import Labels
    from training.settings import Settings
    from training.splits import Split, Window

KINDS: Final = tuple(EVENT_KINDS)
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fitted:
    """What a moment's knowledge gives.

    Parameters
    ----------
    fraud : FraudModel or None
        None with too few labels.
    anomaly : AnomalyModel or None
        None with too few events.
    thresholds : Thresholds
        What the policy holds at.
    limits : dict
        Score, then kind: how each threshold came about.
    sentences : list of str
        What to tell.
    """

    fraud: FraudModel | None
    anomaly: AnomalyModel | None
    thresholds: Thresholds
    limits: dict[str, dict[str, Limit]]
    sentences: list[str] = field(default_factory=list)


def fit_scores(
    past: Events, labels: Labels, cut: Split, program: Program, settings: Settings, seed: int
) -> Fitted:
    """Fit everything that judges events.

    Parameters
    ----------
    past : Events
        Events before the moment, in order of time.
    labels : Labels
        What was known of them just before it.
    """
    learnt = cut.past.holds(past.ms)
    anomaly = fit_anomaly(past.take(learnt), labels.take(learnt), seed)
    refused = why_not(labels, learnt & labels.known, cut.fit.holds(past.ms), settings)
    fraud = None if refused else fit_fraud(past, labels, cut, settings, seed)
    limits = _limits(past, labels, cut.thresholds, program, settings, fraud, anomaly)
    sentences = [refused] if refused else [_learnt(labels, cut.fit.holds(past.ms))]
    if anomaly is None:
        sentences.append(f"{int(learnt.sum())} events are too few to say what is usual: the "
                         "bundle has no anomaly score.")
    return Fitted(fraud, anomaly, _thresholds(limits), limits, sentences)


def why_not(labels: Labels, learnt: Bools, fit: Bools, settings: Settings) -> str:
    """Say in a sentence why no fraud model can be fitted; empty where one can."""
    wanted = settings.labels
    decided = int((labels.labelled & learnt).sum())
    frauds = int((labels.target[learnt] == FRAUD).sum())
    if decided < wanted.min_labels or frauds < wanted.min_frauds:
        return (f"Wanted {wanted.min_labels} labelled events and {wanted.min_frauds} frauds among "
                f"them to learn from; came {decided} and {frauds}. The bundle goes out without a "
                "fraud score; to do: label more cases and train again.")
    early = labels.target[fit & labels.known]
    if not 0 < int((early == FRAUD).sum()) < len(early):
        came = "fraud" if len(early) and early[0] == FRAUD else "honest events"
        return (f"Wanted fraud and honest events in the first part of the history; came only "
                f"{came}. The bundle goes out without a fraud score; to do: label both.")
    return ""


def fit_fraud(
    past: Events, labels: Labels, cut: Split, settings: Settings, seed: int
) -> FraudModel:
    """Fit trees on the first slice and calibrate them on the next."""
    rows = cut.fit.holds(past.ms) & labels.known
    names, hashes = past.catalog.names, past.catalog.hashes
    booster = fit_booster(past.matrix[rows], labels.target[rows], labels.weight[rows],
                          names, settings.fraud, seed)
    model = FraudModel(booster, Calibration.identity(), names, hashes)
    later = _calibration_rows(past, labels, cut, settings)
    line = fit_calibration(model.margin(past.matrix[later]),
                           labels.target[later].astype(np.float64), labels.weight[later])
    return FraudModel(booster, line, names, hashes)


def _calibration_rows(
    past: Events, labels: Labels, cut: Split, settings: Settings
) -> Bools:
    """The calibration slice, with the thresholds' slice where it holds too few frauds.

    Assumed labels weigh less here too: most frauds are never labelled, and to count all silence
    as honest would state every chance too low.
    """
    own = cut.calibration.holds(past.ms) & labels.known
    if int((labels.target[own] == FRAUD).sum()) >= settings.labels.min_calibration:
        return own
    return (own | cut.thresholds.holds(past.ms)) & labels.known


def _limits(
    past: Events, labels: Labels, window: Window, program: Program, settings: Settings,
    fraud: FraudModel | None, anomaly: AnomalyModel | None,
) -> dict[str, dict[str, Limit]]:
    """Limits of each score and kind on the thresholds' slice."""
    rows = window.holds(past.ms)
    part, known = past.take(rows), labels.take(rows)
    scores: dict[str, Floats] = {}
    chance = np.zeros(len(part))
    if fraud is not None and len(part):
        chance = scores["score"] = fraud.score(part.matrix)
    if anomaly is not None and len(part):
        scores["anomaly"] = anomaly.score(part.matrix, part.kind, part.persona)
    chance = np.where(known.labelled, known.target == FRAUD, chance).astype(np.float64)
    shares = settings.thresholds
    patience = {"score": shares.score_honest,
                "anomaly": shares.anomaly_honest if fraud is not None else shares.anomaly_alone}
    return {
        name: {kind: _kind_limit(score, chance, part, window, program, position, patience[name],
                                 name == "score")
               for position, kind in enumerate(KINDS)}
        for name, score in scores.items()
    }


def _kind_limit(
    score: Floats, chance: Floats, part: Events, window: Window, program: Program, kind: int,
    patience: float, by_costs: bool,
) -> Limit:
    rows = part.kind == kind
    capacity = program.review_capacity_per_day * float(rows.mean())
    cut = Slice(chance[rows], part.points[rows], window.days, capacity)
    return limit(score[rows], cut, program if by_costs else None, patience)


def _thresholds(limits: dict[str, dict[str, Limit]]) -> Thresholds:
    numbers: dict[str, dict[str, float]] = {
        name: {kind: min(found.threshold, 1.0) for kind, found in kinds.items()
               if found.threshold is not None}
        for name, kinds in limits.items()
    }
    return Thresholds(numbers.get("score", {}), numbers.get("anomaly", {}))


def _learnt(labels: Labels, fit: Bools) -> str:
    frauds = int((labels.target[fit] == FRAUD).sum())
    honest = int((labels.labelled & (labels.target == HONEST))[fit].sum())
    assumed = int((~labels.labelled & (labels.target == HONEST))[fit].sum())
    return (f"The fraud model learnt from {frauds:,} frauds, {honest:,} events found honest and "
            f"{assumed:,} assumed honest.")
