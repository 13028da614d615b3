"""Rows that the journal holds and no event has passed yet.

A label, a return or a decision carries the columns of its event. One that waits may have been
read before its event came (a replayed export hands all of them over at once), so events are told
to those that wait for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.records import COLUMN, COLUMNS, SCORED
from features.store.stream import mentions, tell_of

if TYPE_CHECKING:
    from features.places import Ints

_PLACE, _SEQ, _KIND, _EVENT = (COLUMN[name] for name in ("place", "seq", "kind", "event"))
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
        self._awaited: dict[int, set[int]] = {}
        self._met: dict[int, Ints] = {}

    def add(self, records: Ints) -> None:
        """Let records wait."""
        if len(records):
            both = np.concatenate([self._records, records])
            self._records = both[np.lexsort((both[:, _SEQ], both[:, _PLACE]))]
            for seq, event in records[mentions(records)][:, [_SEQ, _EVENT]].tolist():
                self._awaited.setdefault(event, set()).add(seq)

    def meet(self, events: Ints) -> None:
        """Remember events that waiting rows speak of, each with its outcome."""
        if self._awaited:
            for event in events[events[:, _KIND] < SCORED]:
                if int(event[_EVENT]) in self._awaited:
                    self._met[int(event[_EVENT])] = event.copy()

    def complete(self, records: Ints) -> Ints:
        """Give rows that waited the columns of the events that came in the meantime."""
        if not self._awaited:
            return records
        self.meet(records)
        at = np.flatnonzero(mentions(records))
        if not len(at):
            return records
        records = records.copy()
        for record in (records[i] for i in at):
            event = self._met.get(int(record[_EVENT]))
            if event is not None and event[_PLACE] < record[_PLACE]:
                tell_of(record, event)
            self._forget(int(record[_EVENT]), int(record[_SEQ]))
        return records

    def _forget(self, event: int, seq: int) -> None:
        left = self._awaited.get(event, set())
        left.discard(seq)
        if not left:
            self._awaited.pop(event, None)
            self._met.pop(event, None)

    def merge(self, records: Ints, place: int) -> Ints:
        """Take out what is known before a place, records that came among it; the rest waits."""
        ready = records[:, _PLACE] < place
        self.add(records[~ready])
        taken = self.take_before(place)
        if not len(taken):
            return records[ready]
        both = np.concatenate([taken, records[ready]])
        return both[np.lexsort((both[:, _SEQ], both[:, _PLACE]))]

    def take_before(self, place: int) -> Ints:
        """Take out what is known before a place, in order."""
        if not len(self._records) or self._records[0, _PLACE] >= place:
            return NOTHING
        ready = int(np.searchsorted(self._records[:, _PLACE], place))
        taken, self._records = self._records[:ready], self._records[ready:]
        return taken
