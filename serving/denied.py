"""The deny list as the judge needs it: what of an event is denied at its moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.records import COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.places import Ints

DENIABLE: Final = ("member", "device", "payout", "outlet", "seller", "agent", "ip")
"""Kinds of entity that can be denied; each is a column of a record."""
_COLUMNS: Final = tuple((kind, COLUMN[kind]) for kind in DENIABLE)


class Denied:
    """Entries of the deny list, the newest of an entity last.

    Examples
    --------
    >>> import numpy as np
    >>> denied = Denied([("device", 7, 1, None, 1000)])
    >>> record = np.zeros(len(COLUMN), dtype=np.int64)
    >>> record[COLUMN["device"]] = 7
    >>> denied.of(record, 999), denied.of(record, 1000)
    ((), ('device',))
    """

    def __init__(self, entries: Iterable[tuple[str, int, int, int | None, int]] = ()) -> None:
        self._entries: dict[tuple[str, int], list[tuple[int, int, int | None]]] = {}
        for kind, number, listed, until_ms, at_ms in entries:
            self.add(kind, number, listed, until_ms, at_ms)

    def add(self, kind: str, number: int, listed: int, until_ms: int | None, at_ms: int) -> None:
        """Add an entry; ``listed`` 1 denies, 0 takes off."""
        self._entries.setdefault((kind, number), []).append((at_ms, listed, until_ms))

    def of(self, record: Ints, ms: int) -> tuple[str, ...]:
        """Kinds of what is denied in an event at a moment."""
        if not self._entries:
            return ()
        return tuple(kind for kind, column in _COLUMNS
                     if record[column] and self._is_denied((kind, int(record[column])), ms))

    def members(self, ms: int) -> frozenset[int]:
        """Members denied at a moment."""
        return frozenset(number for kind, number in self._entries
                         if kind == "member" and self._is_denied((kind, number), ms))

    def _is_denied(self, entity: tuple[str, int], ms: int) -> bool:
        entries = [entry for entry in self._entries.get(entity, ()) if entry[0] <= ms]
        if not entries:
            return False
        _, listed, until_ms = entries[-1]
        return listed == 1 and (until_ms is None or ms < until_ms)
