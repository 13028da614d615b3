"""Feedback becomes labels: who said what, when it was known, and what silence means.

Labels that disagree are all kept in the journal; which one counts says `models.labelled`. Where
second reviews tell how often reviewers are wrong, a label that rests on a review alone weighs
less in a fit (`training.secondlooks`). A credited event that nobody labelled is *assumed* honest
once its maturity has passed: it weighs less in a fit and never enters a metric. Anything else
without a label stays unknown.

An event that was let through by chance is the exception: it shows the end that held events hide.
Once matured, labelled or not, it counts with 1 / chance, for all that were held like it. Held
events have no end of their own; reviewers label them, and those labels keep their weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import OUTCOMES, SOURCES
from features.places import TIE_BITS
from models.labelled import resolve
from training import secondlooks
from training.releases import NONE, inverse
from training.splits import DAY_MS

if TYPE_CHECKING:
    import pandas as pd

    from training.releases import Releases
    from training.secondlooks import SecondLooks

UNKNOWN: Final = -1
HONEST: Final = 0
FRAUD: Final = 1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Labels:
    """What is known of n events, row by row.

    Parameters
    ----------
    target : int64, shape (n,)
        1 fraud, 0 honest, -1 unknown.
    weight : float64, shape (n,)
        1 where somebody decided, less where only a review did and reviews are known to err or
        where honesty is assumed, 0 where unknown; 1 / chance, at most `training.releases.MOST`,
        where ``ended``.
    labelled : bool, shape (n,)
        Somebody decided. Only these enter metrics.
    disagreed : int
        Events whose labels did not all say the same.
    ended : bool, shape (n,)
        Let through by chance and matured since: its true end is known, as far as frauds are found.
    """

    target: Ints
    weight: Floats
    labelled: Bools
    disagreed: int
    ended: Bools

    @property
    def known(self) -> Bools:
        """Events that have a target, decided or assumed."""
        return self.target != UNKNOWN

    def take(self, rows: Bools) -> Labels:
        """Return the labels of a mask, shape (n,)."""
        return Labels(self.target[rows], self.weight[rows], self.labelled[rows], self.disagreed,
                      self.ended[rows])

    def counts(self) -> dict[str, int]:
        """How many of each sort, for reports."""
        return {
            "fraud": int((self.labelled & (self.target == FRAUD)).sum()),
            "honest": int((self.labelled & (self.target == HONEST)).sum()),
            "assumed_honest": int((~self.labelled & (self.target == HONEST)).sum()),
            "unknown": int((self.target == UNKNOWN).sum()),
            "disagreed": self.disagreed,
        }


SURE: Final = tuple(position for position, name in enumerate(SOURCES) if name != "review")
"""Sources whose labels weigh in full: somebody looked beyond the case itself."""


def label(
    events: pd.DataFrame, feedback: pd.DataFrame, as_of_ms: int, maturity_days: float,
    assumed_weight: float, releases: Releases = NONE, looks: SecondLooks = secondlooks.NONE,
) -> Labels:
    """Say what is known of each event just before ``as_of_ms``.

    Parameters
    ----------
    events : DataFrame
        One row per event: ``event, place, outcome`` as integers.
    feedback : DataFrame
        Feedback rows *known before* ``as_of_ms``; rows of unknown events, and decisions that say
        they were taken later, are ignored.
    as_of_ms : int
        The moment we pretend to stand at.
    maturity_days : float
        Silence this long means honest, for credited events only.
    assumed_weight : float
        What an assumed label weighs, in (0, 1].
    releases : Releases
        What verdicts *known before* ``as_of_ms`` say of releases by chance.
    looks : SecondLooks
        What second reviews given before ``as_of_ms`` say of the first.
    """
    rows = resolve(feedback, as_of_ms)
    found = rows.set_index("event")[["target", "source"]].reindex(events["event"].to_numpy())
    target = found["target"].fillna(UNKNOWN).to_numpy().astype(np.int64)
    labelled = target != UNKNOWN
    told = np.where(np.isin(found["source"].to_numpy(), SURE), 1.0, looks.weight)
    matured = events["place"].to_numpy() >> TIE_BITS < as_of_ms - round(maturity_days * DAY_MS)
    outcome = events["outcome"].to_numpy()
    credited = ~np.isin(outcome, [OUTCOMES.index("held"), OUTCOMES.index("refused")])
    assumed = ~labelled & matured & credited
    target[assumed] = HONEST
    weight = np.where(labelled, told, np.where(assumed, assumed_weight, 0.0))
    chance, drawn = releases.of(events["event"].to_numpy())
    ended = drawn & matured & (labelled | assumed)
    weight[ended] = inverse(chance[ended])
    return Labels(target, weight, labelled, int(rows["disagreed"].sum()), ended)
