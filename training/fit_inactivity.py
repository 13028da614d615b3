"""The inactivity model: who stays silent, fitted on earlier snapshots of the same journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.members.calendar_days import as_of_day
from features.members.known import History
from features.members.rhythm import member_frame
from models.inactivity.horizons import Horizons
from models.inactivity.model import InactivityModel
from models.inactivity.snapshots import Snapshot, renumbered, take_snapshots
from training import metrics

if TYPE_CHECKING:
    import pandas as pd

    from features.store.journal import Journal


@dataclass(frozen=True)
class Silence:
    """A fitted inactivity model and the members it was fitted on, as of that moment."""

    model: InactivityModel
    frame: pd.DataFrame


@dataclass(frozen=True)
class Past:
    """What a model learns from: members as of a moment, and snapshots whose horizon was over.

    Parameters
    ----------
    frame, ordered : DataFrame
        The member frame by the journal's numbers, and by ranks of names.
    horizons : Horizons
        Days ahead by persona.
    snapshots : list of Snapshot
        Latest first, numbered by ranks.
    """

    frame: pd.DataFrame
    ordered: pd.DataFrame
    horizons: Horizons
    snapshots: list[Snapshot]


def fit_inactivity(journal: Journal, as_of_ms: int, seed: int) -> Silence:
    """Fit on snapshots whose horizon ended before ``as_of_ms``; few members are no error."""
    past = past_of(journal, as_of_ms, seed)
    model = InactivityModel.fit(past.snapshots, past.ordered, past.horizons, seed)
    return Silence(model, past.frame)


def past_of(journal: Journal, as_of_ms: int, seed: int) -> Past:
    """Everything a model may learn from at ``as_of_ms``."""
    history = History.read(journal, as_of_ms)
    frame = member_frame(history.known(as_of_ms))
    ranks = _ranks(journal, history)
    ordered = renumbered(frame, ranks)
    horizons = Horizons.fit(ordered)
    return Past(frame, ordered, horizons, take_snapshots(history, as_of_ms, horizons, seed, ranks))


def _ranks(journal: Journal, history: History) -> dict[int, int]:
    """Rank of each member's name by his number: the same whatever the journal learnt later."""
    numbers = np.unique(history.members["member_id"].to_numpy())
    order = np.argsort(journal.names("member", numbers).astype(str))
    return {int(number): rank for rank, number in enumerate(numbers[order], 1)}


def judge_inactivity(
    silence: Silence, journal: Journal, as_of_ms: int, end_ms: int, seed: int
) -> dict[str, float]:
    """Compare the chances given at ``as_of_ms`` with what followed, where enough followed.

    Returns
    -------
    dict
        ``members, silent, auc, log_loss, calibration_error`` over members whose whole horizon
        lies before ``end_ms``; empty where there is none.
    """
    model, frame = silence.model, silence.frame
    if not len(frame):
        return {}
    history = History.read(journal, end_ms)
    horizon = model.horizons.of(frame["persona"])
    followed = as_of_day(end_ms, history.timezone) - int(frame["today"].iloc[0])
    whole = frame[(horizon <= followed) & (frame["blocked"] == 0)
                  & frame["days_since_last"].notna()]
    if not len(whole):
        return {}
    snapshot = Snapshot.of(whole, history.log.days(end_ms), model.horizons.of(whole["persona"]),
                           seed)
    silent = snapshot.table["silent"].to_numpy(dtype=np.int64)
    chance = np.clip(model.p_inactive(whole), 1e-6, 1 - 1e-6)
    loss = -np.mean(silent * np.log(chance) + (1 - silent) * np.log(1 - chance))
    return {
        "members": float(len(whole)), "silent": float(silent.mean()),
        "auc": metrics.auc(silent, chance), "log_loss": float(loss),
        "calibration_error": metrics.calibration_error(silent, chance),
    }
