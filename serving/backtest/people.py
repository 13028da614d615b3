"""Persona and region of members as of each event, for many events at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import PERSONAS
from features.records import COLUMN, KINDS, SCORED

if TYPE_CHECKING:
    from features.places import Ints

_KIND, _MEMBER, _PERSONA, _REGION = (
    COLUMN[name] for name in ("kind", "member", "persona", "region"))
_MEMBER_ROW: Final = KINDS.index("member")


class People:
    """What the records told of members so far; the vectorised twin of `Circumstances`.

    Examples
    --------
    >>> records = np.zeros((3, len(COLUMN)), np.int64)
    >>> records[:, _MEMBER] = 4
    >>> records[1, [_KIND, _PERSONA, _REGION]] = _MEMBER_ROW, 1, 9
    >>> [column.tolist() for column in People().of(records)]
    [[-1, 1], [0, 9]]
    """

    def __init__(self) -> None:
        self._told = np.empty((0, 2), dtype=np.int64)

    def of(self, records: Ints) -> tuple[Ints, Ints]:
        """Take a slice in and give persona and region of its judged events' members.

        Parameters
        ----------
        records : shape (n, len(COLUMN))
            The next ones of the stream, reference rows included.

        Returns
        -------
        personas : shape (judged,)
            Position in ``PERSONAS``, -1 where not known.
        regions : shape (judged,)
            Number of the region, 0 where not known.
        """
        self._grow(int(records[:, _MEMBER].max(initial=0)))
        judged = np.flatnonzero(records[:, _KIND] < SCORED)
        found = self._told[records[judged, _MEMBER]]
        rows = np.flatnonzero(records[:, _KIND] == _MEMBER_ROW)
        if len(rows):
            found = self._within(records, judged, rows, found)
            self._told[records[rows, _MEMBER]] = records[rows][:, [_PERSONA, _REGION]]
        known = (found[:, 0] >= 0) & (found[:, 0] < len(PERSONAS))
        return np.where(known, found[:, 0], -1), found[:, 1]

    def _within(self, records: Ints, judged: Ints, rows: Ints, found: Ints) -> Ints:
        """Replace what was told before the slice by what the slice told before the event."""
        order = np.lexsort((rows, records[rows, _MEMBER]))
        rows = rows[order]
        key = records[rows, _MEMBER] * len(records) + rows
        wanted = records[judged, _MEMBER] * len(records) + judged
        at = np.searchsorted(key, wanted) - 1
        is_told = (at >= 0) & (records[rows[at], _MEMBER] == records[judged, _MEMBER])
        told = records[rows[at]][:, [_PERSONA, _REGION]]
        return np.where(is_told[:, None], told, found)

    def _grow(self, member: int) -> None:
        missing = member + 1 - len(self._told)
        if missing > 0:
            more = np.tile(np.array([[-1, 0]], dtype=np.int64), (missing + len(self._told) // 4, 1))
            self._told = np.concatenate([self._told, more])
