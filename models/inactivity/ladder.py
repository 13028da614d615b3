"""Which model a program is big enough for, chosen by evidence and said in a sentence.

Three rungs: the rhythm model alone, a logistic regression, and a weighted mean of rhythm,
regression and trees in log-odds. The highest rung that size allows is taken, unless a lower one
predicts members left out better by more than chance: the ensemble holds the lower rungs in it and
keeps better over time. Nothing after the moment of training is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.inactivity.calibration import log_loss
from models.inactivity.rfm import Rfm
from models.inactivity.trees import Trees

Floats = npt.NDArray[np.float64]
Rung = Literal["btyd", "logistic", "ensemble"]
RUNGS: Final[tuple[Rung, ...]] = ("btyd", "logistic", "ensemble")
MEMBERS: Final[dict[Rung, int]] = {"btyd": 0, "logistic": 200, "ensemble": 400}
"""Members a rung needs. Below 200 the rhythm model wins the learning curves of the public logs;
below 400 a fold leaves the trees too few leaves. Above, the comparison decides."""
RARER: Final[dict[Rung, int]] = {"btyd": 0, "logistic": 50, "ensemble": 100}
"""Rows of the rarer outcome a rung needs."""
RFM_WEIGHT, TREES_WEIGHT, RHYTHM_WEIGHT = 0.2, 0.6, 0.2
"""Of the ensemble, in log-odds. Chosen on eleven windows of the public logs that end before the
first test window of their log: mean AUC 0.788 and log-loss 0.478, against 0.786 and 0.488 for the
plain mean of regression and trees with sharp splits."""
FOLDS: Final = 4
SURE: Final = 2.0
SAMPLE: Final = 30_000
"""Members the comparison reads at most: differences it can't see there do not matter."""


@dataclass(frozen=True)
class Parts:
    """The fitted models of a rung; None where the rung does without."""

    rfm: Rfm | None = None
    trees: Trees | None = None

    def log_odds(self, table: pd.DataFrame) -> Floats:
        """Raw log-odds of silence, shape (n,)."""
        rhythm = table["logit_mbg"].to_numpy(dtype=np.float64)
        if self.rfm is None:
            return rhythm
        line = self.rfm.log_odds(table)
        if self.trees is None:
            return line
        return np.asarray(RFM_WEIGHT * line + TREES_WEIGHT * self.trees.log_odds(table)
                          + RHYTHM_WEIGHT * rhythm)  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """The rung taken, why, and what the comparison saw.

    Parameters
    ----------
    rung : Rung
        The rung taken.
    why : str
        One sentence for people.
    losses : dict of rung to float
        Log-loss on members left out, by rung that was allowed.
    raw : shape (n,), or None
        Log-odds of the rung for the members of ``rows``, each by models that never saw him.
    rows : shape (n,)
        Positions in the table.
    """

    rung: Rung
    why: str
    losses: dict[Rung, float]
    raw: Floats
    rows: npt.NDArray[np.int64]


def fit_parts(rung: Rung, table: pd.DataFrame, seed: int) -> Parts:
    """Fit a rung on labelled rows."""
    silent = table["silent"].to_numpy(dtype=bool)
    if rung == "btyd":
        return Parts()
    rfm = Rfm.fit(table, silent)
    return Parts(rfm) if rung == "logistic" else Parts(rfm, Trees.fit(table, silent, seed))


def choose(table: pd.DataFrame, seed: int) -> Choice:
    """Compare the rungs that size allows on members left out, and take one.

    Parameters
    ----------
    table : DataFrame
        Labelled rows of all snapshots, index member; may be empty.
    """
    members = np.unique(table.index.to_numpy())
    silent = table["silent"].to_numpy(dtype=bool)
    rarer = int(min(silent.sum(), len(silent) - silent.sum()))
    allowed = [rung for rung in RUNGS if len(members) >= MEMBERS[rung] and rarer >= RARER[rung]]
    rng = np.random.default_rng(seed)
    members = rng.permutation(members)[:SAMPLE]
    rows = np.flatnonzero(table.index.isin(members))
    fold = dict(zip(members.tolist(), (np.arange(len(members)) % FOLDS).tolist(), strict=True))
    folds = np.array([fold[m] for m in table.index[rows].tolist()], dtype=np.int64)
    sample = table.iloc[rows]
    raws = {rung: _left_out(rung, sample, folds, seed) for rung in allowed}
    losses = {rung: log_loss(raw, silent[rows]) if len(rows) else float("nan")
              for rung, raw in raws.items()}  # fmt: skip
    best = _taken(raws, silent[rows], sample.index.to_numpy())
    return Choice(best, _why(best, losses, len(fold), rarer), losses, raws[best], rows)


def _left_out(rung: Rung, table: pd.DataFrame, folds: Any, seed: int) -> Floats:
    """Log-odds of each row by models fitted without its member, shape (n,)."""
    raw = np.empty(len(table))
    for fold in range(FOLDS):
        out = folds == fold
        kept = table[~out]
        if rung != "btyd" and kept["silent"].nunique() < 2:
            rung = "btyd"
        if out.any():
            raw[out] = fit_parts(rung, kept, seed).log_odds(table[out])
    return raw


def _taken(raws: dict[Rung, Floats], silent: Any, member: Any) -> Rung:
    """The highest rung, or the best of those that beat it by more than two standard errors."""
    sign = np.where(silent, -1.0, 1.0)
    loss = {rung: np.logaddexp(0.0, sign * raw) for rung, raw in raws.items()}
    highest = list(raws)[-1]
    better: dict[Rung, float] = {}
    for rung in raws:
        gain = pd.Series(loss[highest] - loss[rung]).groupby(member).mean()
        if len(gain) > 1 and gain.mean() > SURE * gain.std() / np.sqrt(len(gain)):
            better[rung] = float(gain.mean())
    return max(better, key=lambda rung: better[rung]) if better else highest


def _why(best: Rung, losses: dict[Rung, float], members: int, rarer: int) -> str:
    size = f"{members} members and {rarer} rows of the rarer outcome"
    if len(losses) == 1:
        return f"{best}: {size} allow no other (logistic from 200 and 50)"
    seen = ", ".join(f"{rung} {loss:.4f}" for rung, loss in losses.items())
    ground = "the highest rung" if best == list(losses)[-1] else "surely better than the next rung"
    return f"{best}: {ground} by log-loss on members left out of {size} ({seen})"
