"""Rows that the journal holds and no event has passed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.records import COLUMN, COLUMNS

if TYPE_CHECKING:
    from features.places import Ints

_PLACE, _SEQ = COLUMN["place"], COLUMN["seq"]
NOTHING: Final = np.empty((0, len(COLUMNS)), dtype=np.int64)


class Waiting:
    """Records in the order of place, then arrival, taken from the front.

    Examples
    --------
    >>> rows = np.zeros((2, len(COLUMNS)), dtype=np.int64)
    >>> rows[:, COLUMN["place"]] = [9, 4]
    >>> waiting = Waiting()
    >>> waiting.add(rows)
    >>> waiting.take_before(9)[:, COLUMN["place"]], len(waiting.take_before(9))
    (array([4]), 0)
    """

    def __init__(self) -> None:
        self._records = NOTHING

    def add(self, records: Ints) -> None:
        """Let records wait."""
        if len(records):
            both = np.concatenate([self._records, records])
            self._records = both[np.lexsort((both[:, _SEQ], both[:, _PLACE]))]

    def take_before(self, place: int) -> Ints:
        """Take out what is known before a place, in order."""
        if not len(self._records) or self._records[0, _PLACE] >= place:
            return NOTHING
        ready = int(np.searchsorted(self._records[:, _PLACE], place))
        taken, self._records = self._records[:ready], self._records[ready:]
        return taken
