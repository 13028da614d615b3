"""The scores of a bundle, fitted on what was known before a moment.

Time runs one way: trees are fitted on the first slice, calibrated on a later one, thresholds set
on one later still, and the last slice is kept out. Then the trees are fitted once more, with the
same settings, on everything known before the moment: patterns are few, and the freshest cases
are what matters. Its calibration is moved until it expects as much fraud among undecided events
of the last slice as the first model did, and thresholds are set on those: no fit has seen them, and
they are the nearest to what comes. Where nothing follows the moment, the model before that last
step is the one that is judged, on the cases of that slice. With too few labels the fraud model is
left out and said so; the anomaly model needs none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import EVENT_KINDS
from models.calibration import Calibration, fit_calibration
from models.fraud import FraudModel
from models.policy import Policy
from models.signs import STRONGEST, SignReader
from models.stakes import Stakes
from models.thresholds import RULES, Thresholds, weighed
from training.costs import harm
from training.fit_anomaly import fit_anomaly
from training.fit_fraud import fit_booster
from training.labels import FRAUD, HONEST
from training.rules import rules
from training.thresholds import Limit, Slice, limit, ring_limit

if TYPE_CHECKING:
    from features.exports.program import Program
    from models.anomaly import AnomalyModel
    from training.events import Events
    from training.labels import Labels
    from training.settings import Settings
    from training.splits import Split, Window

KINDS: Final = tuple(EVENT_KINDS)
LEAST_UNSEEN: Final = 500
"""Fewest undecided events that thresholds can be set on: a share of a hundredth is five of them."""
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fitted:
    """What a moment's knowledge gives.

    Parameters
    ----------
    fraud : FraudModel or None
        None with too few labels.
    rehearsed : FraudModel or None
        The fraud model before it was fitted on everything: it knows nothing of the last slices.
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
    rehearsed: FraudModel | None = None


def fit_scores(
    past: Events, labels: Labels, cut: Split, program: Program, settings: Settings, seed: int,
    policy: Policy | None = None,
) -> Fitted:
    """Fit everything that judges events.

    Parameters
    ----------
    past : Events
        Events before the moment, in order of time.
    labels : Labels
        What was known of them just before it.
    policy : Policy, optional
        For its costs; Jaga's own if left out.
    """
    learnt = cut.past.holds(past.ms)
    anomaly = fit_anomaly(past.take(learnt), labels.take(learnt), seed)
    refused = why_not(labels, learnt & labels.known, cut.fit.holds(past.ms), settings)
    rehearsed = None if refused else fit_fraud(past, labels, cut, settings, seed)
    usual = _usual_points(past.take(learnt))
    window, unseen = _unseen(past, labels, cut)
    fraud = rehearsed and fit_again(rehearsed, past, labels, unseen, settings, seed)
    stakes = Stakes.of(policy or Policy.read(), program)
    limits = _limits(past.take(unseen), labels.take(unseen), window, program, settings, fraud,
                     anomaly, usual, stakes)
    sentences = [refused] if refused else [_learnt(labels)]
    if anomaly is None:
        sentences.append(f"{int(learnt.sum())} events are too few to say what is usual: the "
                         "bundle has no anomaly score.")
    alone = _alone(past.take(unseen), labels.take(unseen), window, program, settings, anomaly,
                   usual, stakes) if fraud is not None else {}
    return Fitted(fraud, anomaly, _thresholds(limits, usual, alone), limits, sentences, rehearsed)


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
    model = _trees(past, labels, cut.fit.holds(past.ms) & labels.known, settings, seed)
    later = _calibration_rows(past, labels, cut, settings)
    return model.calibrated(fit_calibration(
        model.margin(past.matrix[later]), labels.target[later].astype(np.float64),
        labels.weight[later]))


def fit_again(
    model: FraudModel, past: Events, labels: Labels, unseen: Bools, settings: Settings, seed: int
) -> FraudModel:
    """Fit trees on all that is known; they expect as much fraud where nobody decided as before."""
    again = _trees(past, labels, labels.known, settings, seed).calibrated(model.calibration)
    rows = past.matrix[unseen & ~labels.known]
    if not len(rows):
        return again
    return again.calibrated(again.calibration.moved_to(
        again.margin(rows), float(model.score(rows).mean())))


def _unseen(past: Events, labels: Labels, cut: Split) -> tuple[Window, Bools]:
    """The last slice and its undecided events; the thresholds' slice where that is empty.

    What a rule stops anyway is left out: it would use up the patience with the honest.
    """
    free = rules(past) == 0
    last = cut.kept_out.holds(past.ms) & ~labels.known & free
    if int(last.sum()) >= LEAST_UNSEEN:
        return cut.kept_out, last
    return cut.thresholds, cut.thresholds.holds(past.ms) & free


def _trees(past: Events, labels: Labels, rows: Bools, settings: Settings, seed: int
           ) -> FraudModel:
    names, hashes, matrix = past.catalog.names, past.catalog.hashes, past.matrix[rows]
    signs = SignReader.fit(names, matrix)
    inputs, columns = matrix, list(names)
    if signs is not None:
        inputs, columns = signs.read(matrix)[0], [*names, *STRONGEST]
    booster = fit_booster(inputs, labels.target[rows], labels.weight[rows], columns,
                          settings.fraud, seed)
    return FraudModel(booster, Calibration.identity(), names, hashes, signs)


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
    part: Events, known: Labels, window: Window, program: Program, settings: Settings,
    fraud: FraudModel | None, anomaly: AnomalyModel | None, usual: dict[str, float],
    stakes: Stakes,
) -> dict[str, dict[str, Limit]]:
    """Limits of each score and kind on events of a window."""
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
    found = {
        name: {kind: _kind_limit(score, chance, part, window, program, position, patience[name],
                                 stakes if name == "score" else None, usual.get(kind))
               for position, kind in enumerate(KINDS)}
        for name, score in scores.items()
    }
    return found | {"ring": _ring_limits(part, known, chance, window, shares.ring_honest)}


def _alone(
    part: Events, known: Labels, window: Window, program: Program, settings: Settings,
    anomaly: AnomalyModel | None, usual: dict[str, float], stakes: Stakes,
) -> dict[str, float]:
    """Limits of the anomaly as with no fraud model, for while that one is hardly trusted."""
    found = _limits(part, known, window, program, settings, None, anomaly, usual, stakes)
    return {kind: min(one.threshold, 1.0) for kind, one in found.get("anomaly", {}).items()
            if one.threshold is not None}


def _ring_limits(
    part: Events, known: Labels, chance: Floats, window: Window, patience: float
) -> dict[str, Limit]:
    """Limits of rings, one a kind; undecided events count by the ring where that is more."""
    fraud = np.where(known.labelled, chance, np.maximum(chance, part.ring))
    return {
        kind: ring_limit(part.ring[rows], Slice(fraud[rows], part.points[rows], window.days, 0.0),
                         patience)
        for kind, rows in ((kind, part.kind == position) for position, kind in enumerate(KINDS))
    }


def _kind_limit(
    score: Floats, chance: Floats, part: Events, window: Window, program: Program, kind: int,
    patience: float, stakes: Stakes | None, usual: float | None,
) -> Limit:
    rows = part.kind == kind
    points = part.points[rows]
    capacity = program.review_capacity_per_day * float(rows.mean())
    lost = None if stakes is None else harm(stakes, part.take(rows))
    cut = Slice(chance[rows], points, window.days, capacity, lost)
    own = score[rows] if usual is None else weighed(score[rows], points, usual)
    return limit(own, cut, stakes, patience)


def _usual_points(past: Events) -> dict[str, float]:
    """Median of the points that events of each kind ask for, of those that ask for any."""
    asked = {kind: past.points[(past.kind == position) & (past.points > 0)]
             for position, kind in enumerate(KINDS)}
    return {kind: float(np.median(points)) for kind, points in asked.items() if len(points)}


def _thresholds(limits: dict[str, dict[str, Limit]], usual: dict[str, float],
                alone: dict[str, float]) -> Thresholds:
    numbers: dict[str, dict[str, float]] = {
        name: {kind: min(found.threshold, 1.0) for kind, found in kinds.items()
               if found.threshold is not None}
        for name, kinds in limits.items()
    }
    return Thresholds(**{name: numbers.get(name, {}) for name in RULES}, usual_points=usual,
                      anomaly_alone=alone)


def _learnt(labels: Labels) -> str:
    frauds = int((labels.target == FRAUD).sum())
    honest = int((labels.labelled & (labels.target == HONEST)).sum())
    assumed = int((~labels.labelled & (labels.target == HONEST)).sum())
    return (f"The fraud model learnt from {frauds:,} frauds, {honest:,} events found honest and "
            f"{assumed:,} assumed honest.")
