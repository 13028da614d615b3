"""How good a bundle is: on labelled events it never saw, and on a simulation's sealed truth.

The only module outside the simulator that opens `training.simulate.truth`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from models.proof import SELF_CODES
from training import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from training.settings import EvaluationSettings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Row = dict[str, Any]

OURS: Final = "jaga"


@dataclass(frozen=True)
class Judged:
    """Labelled events nobody fitted on, in order of time.

    Parameters
    ----------
    truth : int64, shape (n,)
        1 fraud, 0 honest; decided by somebody, never assumed.
    points, member, day : int64, shape (n,)
        What the event asks for, whose it is, and its day.
    weight : float64, shape (n,), optional
        How many events each stands for: 1 / its chance to be seen. None: itself.
    """

    truth: Ints
    points: Ints
    member: Ints
    day: Ints
    weight: Floats | None = None

    @property
    def frauds(self) -> int:
        """How many of the events are fraud."""
        return int(self.truth.sum())


def compare(
    judged: Judged, scores: Mapping[str, Floats], capacity_per_day: int,
    settings: EvaluationSettings, seed: int,
) -> list[Row]:
    """One row of figures per model, ours first and with 95 % intervals over members.

    Parameters
    ----------
    scores : mapping
        Name of the model to its scores, shape (n,), high is bad. `OURS` is ours.
    capacity_per_day : int
        Cases reviewers can look at a day: where precision is read.

    Returns
    -------
    list of dict
        ``model, auc, ap, precision_at_capacity, card_precision, recall_at_1pct, stopped_1pct``;
        ours also ``<figure>_low`` and ``<figure>_high``. Empty with too few frauds to judge by.
    """
    honest = len(judged.truth) - judged.frauds
    if judged.frauds < settings.min_frauds or honest < settings.min_frauds:
        return []
    order = sorted(scores, key=lambda name: name != OURS)
    rows = [{"model": name, **figures(judged, scores[name], capacity_per_day)} for name in order]
    if OURS in scores:
        rows[0] |= _intervals(judged, scores[OURS], settings, seed)
    return rows


def figures(judged: Judged, score: Floats, capacity_per_day: int) -> dict[str, float]:
    """Compute the figures of one model on the judged events; card precision knows no weight."""
    weight = judged.weight
    days = len(np.unique(judged.day))
    top = max(1, min(capacity_per_day * days, len(score)))
    return {
        "auc": metrics.auc(judged.truth, score, weight),
        "ap": metrics.average_precision(judged.truth, score, weight),
        "precision_at_capacity": metrics.precision_at(judged.truth, score, top, weight),
        "card_precision": metrics.card_precision(
            judged.truth, score, judged.member, judged.day, max(1, capacity_per_day)),
        "recall_at_1pct": metrics.recall_at_fpr(judged.truth, score, 0.01, weight),
        "stopped_1pct": metrics.points_stopped(judged.truth, score, judged.points, 0.01, weight),
    }


def probabilities(judged: Judged, probability: Floats) -> dict[str, float]:
    """How honest the probabilities are.

    Labelled events are the ones somebody looked at, richer in fraud than the stream; both
    figures are therefore upper bounds on the error.
    """
    return {
        "brier": metrics.brier(judged.truth, probability, judged.weight),
        "calibration_error": metrics.calibration_error(
            judged.truth, probability, weight=judged.weight),
    }


def stopped(judged: Judged, score: Floats, shares: tuple[float, ...]) -> dict[str, float]:
    """Share of fraudulent points stopped at each share of honest events held."""
    return {
        f"stopped_at_{share:g}": metrics.points_stopped(
            judged.truth, score, judged.points, share, judged.weight)
        for share in shares
    }


def _intervals(
    judged: Judged, score: Floats, settings: EvaluationSettings, seed: int
) -> dict[str, float]:
    found: dict[str, float] = {}
    columns = [judged.truth, score] + ([] if judged.weight is None else [judged.weight])
    for name, figure in (
        ("auc", metrics.auc), ("ap", metrics.average_precision), ("recall_at_1pct", _recall),
    ):
        low, high = metrics.interval(
            figure, *columns, draws=settings.bootstrap, seed=seed, groups=judged.member)
        found |= {f"{name}_low": low, f"{name}_high": high}
    return found


def _recall(truth: Ints, score: Floats, weight: Floats | None = None) -> float:
    return metrics.recall_at_fpr(truth, score, 0.01, weight)


def against_truth(replayed: pd.DataFrame, export: Path) -> dict[str, Any]:
    """Judge replayed verdicts by a simulation's sealed truth.

    Stopped is ``points_held`` on fraud; held is any verdict but approve. Scans and referrals
    are counted together, redemptions apart. A member's own code scanned again is declined kindly
    and is no mark against him: it is not counted as an honest event declined.

    Parameters
    ----------
    replayed : DataFrame
        Rows of `jaga replay`: ``event_id, kind, points, points_held, hard_proof``.
    export : Path
        The simulated export, its sealed ``truth`` inside.

    Returns
    -------
    dict
        ``earning`` and ``redemption``, each ``fraud_events, points_stopped, honest_held,
        honest_declined``; ``patterns`` with the share of points stopped by pattern, and
        ``look_alikes`` with the share of events held by family.
    """
    from training.simulate.truth import read_truth

    rows = replayed.merge(read_truth(export).events, on="event_id", how="inner")
    redeemed = rows["kind"] == "redemption"
    fraud = rows[rows["is_fraud"]]
    alike = rows[rows["look_alike"].fillna("").ne("") & ~rows["is_fraud"]]
    return {
        "earning": _stopped(rows[~redeemed]),
        "redemption": _stopped(rows[redeemed]),
        "patterns": {
            str(name): _share(part["points_held"].sum(), part["points"].sum())
            for name, part in fraud.groupby("pattern")
        },
        "look_alikes": {
            str(name): _share((part["points_held"] > 0).sum(), len(part))
            for name, part in alike.groupby("look_alike")
        },
    }


def sealed_events(export: Path) -> pd.DataFrame:
    """Return the truth of a simulated export's events, one row each; for evaluation only."""
    from training.simulate.truth import read_truth

    return read_truth(export).events.drop_duplicates("event_id")


RINGS: Final = ("referral_ring", "common_payout", "device_farm", "self_referral")
"""Patterns of several accounts that belong together."""


def telling_events(replayed: pd.DataFrame, export: Path) -> dict[str, str]:
    """Choose two replayed events that tell most: a ring that was stopped, a look-alike that passed.

    Parameters
    ----------
    replayed : DataFrame
        Rows of `jaga replay`.
    export : Path
        The simulated export, its sealed ``truth`` inside.

    Returns
    -------
    dict of str to str
        ``ring`` and ``look_alike``, each an event id; a key is absent where there is none.
    """
    from training.simulate.truth import read_truth

    rows = replayed.merge(read_truth(export).events, on="event_id", how="inner")
    held = rows[rows["is_fraud"] & rows["pattern"].isin(RINGS) & (rows["verdict"] == "review")]
    alike = rows[
        ~rows["is_fraud"] & rows["look_alike"].fillna("").ne("") & (rows["verdict"] == "approve")
    ]
    found: dict[str, str] = {}
    for name, choice in (("ring", held), ("look_alike", alike)):
        if len(choice):
            best = choice.assign(plain=choice["reasons"].map(_shared)).sort_values(
                ["plain", "anomaly", "points", "event_id"], ascending=False)
            found[name] = str(best["event_id"].iloc[0])
    return found


def _shared(reasons: str) -> int:
    """How many reasons speak of what several members share."""
    return sum("_members" in reason["code"] for reason in json.loads(reasons))


def _stopped(rows: pd.DataFrame) -> dict[str, Any]:
    fraud, honest = rows[rows["is_fraud"]], rows[~rows["is_fraud"]]
    declined = honest["hard_proof"].map(lambda proof: bool(set(proof) - SELF_CODES))
    return {
        "fraud_events": len(fraud),
        "points_stopped": _share(fraud["points_held"].sum(), fraud["points"].sum()),
        "honest_held": _share((honest["points_held"] > 0).sum(), len(honest)),
        "honest_declined": int(declined.sum()),
    }


def _share(part: float, whole: float) -> float | None:
    return round(float(part) / float(whole), 5) if whole else None
