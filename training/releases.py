"""What was let through by chance: the only held-worthy events whose true end is seen.

A held event never shows what would have become of it, and the labels that reviewers give are on
events they chose. A capped share of what behaviour would hold is let through instead, each with a
chance that was stored before the draw (`models.release`). Weighing such an event by 1 / chance lets
it stand for all that were held like it. Whether an event was let through is never a feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.store.stream import UNTIL_ALL

if TYPE_CHECKING:
    from features.store.journal import Journal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOST: Final = 50.0
"""Largest weight of one event. Below a chance of 0.02 events therefore count too little and the
figure leans towards the rest; in return no single event decides it."""
_READ: Final = (
    "SELECT event_id, release_chance, released FROM verdicts WHERE program = ? AND place < ? "
    "AND release_chance IS NOT NULL ORDER BY event_id"
)


@dataclass(frozen=True)
class Releases:
    """The m events that were eligible for a release by chance, in order of event number.

    Parameters
    ----------
    event : int64, shape (m,)
        Numbers of the events, each once.
    chance : float64, shape (m,)
        Chance with which each was let through; 0 once the day's cap was reached.
    drawn : bool, shape (m,)
        It was let through.

    Examples
    --------
    >>> found = Releases(np.array([3, 7]), np.array([.05, .1]), np.array([False, True]))
    >>> found.of(np.array([7, 8, 3]))
    (array([0.1 ,  nan, 0.05]), array([ True, False, False]))
    """

    event: Ints
    chance: Floats
    drawn: Bools

    def __len__(self) -> int:
        return len(self.event)

    def of(self, event: Ints) -> tuple[Floats, Bools]:
        """Chance of each event, NaN where it was not eligible, and whether it was let through."""
        if not len(self):
            return np.full(len(event), np.nan), np.zeros(len(event), bool)
        at = np.minimum(np.searchsorted(self.event, event), len(self) - 1)
        own = self.event[at] == event
        return np.where(own, self.chance[at], np.nan), own & self.drawn[at]


NONE: Final = Releases(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool))
"""Nothing was ever eligible."""


def read_releases(journal: Journal, until: int | None = None) -> Releases:
    """Read what verdicts before a place say of releases; None: all of them."""
    with journal.database.reading() as store:
        rows = store.rows(_READ, (journal.key, UNTIL_ALL if until is None else until))
    event, chance, drawn = zip(*rows, strict=True) if rows else ((), (), ())
    return Releases(np.array(event, np.int64), np.array(chance, np.float64),
                    np.array(drawn, np.int64) == 1)


def inverse(chance: Floats) -> Floats:
    """How many events each one let through stands for: 1 / chance, at most `MOST`.

    >>> inverse(np.array([1.0, 0.05, 0.001]))
    array([ 1., 20., 50.])
    """
    return 1.0 / np.maximum(chance, 1.0 / MOST)
