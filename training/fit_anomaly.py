"""The label-free anomaly model, fitted on what is usual before a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.errors import BadInput
from models.anomaly import AnomalyModel
from training.labels import FRAUD

if TYPE_CHECKING:
    from training.events import Events
    from training.labels import Labels


def fit_anomaly(past: Events, labels: Labels, seed: int) -> AnomalyModel | None:
    """Fit on past events, those already known to be fraud left out.

    Parameters
    ----------
    past : Events
        Events before the moment, matured or not: no label is needed to be usual.
    labels : Labels
        What was known of them at that moment.

    Returns
    -------
    AnomalyModel or None
        None where there are too few events to say what is usual.
    """
    usual = past.take(labels.target != FRAUD)
    try:
        return AnomalyModel.fit(
            usual.matrix, past.catalog.names, past.catalog.hashes, past.catalog.families,
            usual.kind, usual.persona, seed,
        )
    except BadInput:
        return None
