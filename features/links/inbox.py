"""Records that were noted and not yet taken into the graph: a buffer that costs microseconds."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from features.places import TIE_BITS, Ints
from features.records import COLUMN, KINDS, SCORED

READ: Final = (
    "place", "kind", "member", "device", "payout", "address", "phone", "outlet", "agent",
    "referee", "referrer", "enroller", "referee_kind", "joined_ms", "declaration",
    "valid_from_ms", "valid_to_ms",
)
"""Columns of a record that say anything about links."""
AT: Final = {name: index for index, name in enumerate(READ)}
_COLUMNS: Final = np.array([COLUMN[name] for name in READ])
ACCOUNT_CHANGE, MERGE, ACTIVITY, MEMBER, DECLARATION = (
    KINDS.index(name)
    for name in ("account_change", "merge", "activity", "member", "declaration"))
_TAKEN: Final = np.zeros(len(KINDS), dtype=bool)
_TAKEN[[*range(SCORED), ACCOUNT_CHANGE, MERGE, ACTIVITY, MEMBER, DECLARATION]] = True
_KIND: Final = COLUMN["kind"]
FIRST_ROOM: Final = 4_096


class Inbox:
    """Rows in the order they came, the columns of `READ`."""

    def __init__(self, rows: Ints | None = None) -> None:
        self._rows = np.empty((FIRST_ROOM, len(READ)), dtype=np.int64)
        self._count = 0
        if rows is not None:
            self._append(rows)

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> Ints:
        """What waits, shape (n, columns); a view."""
        return self._rows[: self._count]

    def add(self, records: Ints) -> None:
        """Take records in, shape (n, len(COLUMNS)); those that link nobody are left out."""
        if len(records) == 1:
            if _TAKEN[records[0, _KIND]]:
                if self._count == len(self._rows):
                    self._grow(1)
                records[0].take(_COLUMNS, out=self._rows[self._count])
                self._count += 1
            return
        self._append(records[_TAKEN[records[:, _KIND]]][:, _COLUMNS])

    def take(self, before_ms: int) -> Ints:
        """Hand out, and forget, what became known before a moment."""
        count = int(np.searchsorted(self.rows[:, 0], before_ms << TIE_BITS))
        taken = self._rows[:count].copy()
        left = self._rows[count : self._count].copy()
        self._rows[: len(left)] = left
        self._count = len(left)
        return taken

    def _append(self, rows: Ints) -> None:
        if self._count + len(rows) > len(self._rows):
            self._grow(len(rows))
        self._rows[self._count : self._count + len(rows)] = rows
        self._count += len(rows)

    def _grow(self, more: int) -> None:
        room = np.empty((2 * len(self._rows) + more, len(READ)), dtype=np.int64)
        room[: self._count] = self.rows
        self._rows = room


def column(rows: Ints, name: str) -> npt.NDArray[np.int64]:
    """One column of rows.

    >>> column(np.arange(len(READ)).reshape(1, -1), "member").tolist()
    [2]
    """
    return rows[:, AT[name]]
