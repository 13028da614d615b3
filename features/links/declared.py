"""What the program declared innocent, and who is one person: neither links anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import DECLARATIONS
from features.links.edges import BITS
from features.links.inbox import AT, column
from features.links.kinds import DEVICE, PAYOUT
from features.places import MISSING, TIE_BITS, Ints

if TYPE_CHECKING:
    from collections.abc import Iterator

INNOCENT: Final = {"shared_device": ("device", DEVICE), "handheld_client": ("device", DEVICE),
                   "bulk_channel": ("device", DEVICE), "shared_payout": ("payout", PAYOUT)}
"""Declarations that take an identifier out of the graph: its column in a record, its kind."""
_OWN_SHOP: Final = DECLARATIONS.index("own_shop")
_EVENT_PLACE: Final = DECLARATIONS.index("event_place")
_BY_INDEX: Final = {DECLARATIONS.index(name): told for name, told in INNOCENT.items()}


_CELLS: Final = ("declaration", "valid_from_ms", "valid_to_ms", "place", "device", "payout",
                 "outlet", "member")
_AT: Final = [AT[name] for name in _CELLS]


class Declared:
    """Declarations by what they are about, the latest version of each.

    Parameters
    ----------
    spans, events : arrays or None
        As `array` and `events` give them.
    """

    def __init__(self, spans: Ints | None = None, events: Ints | None = None) -> None:
        given = [] if spans is None else spans.tolist()
        self._spans = {(kind, subject, since): until for kind, subject, since, until in given}
        self._events: list[list[int]] = [] if events is None else events.tolist()

    def take(self, rows: Ints) -> None:
        """Take declarations in, rows of the inbox in their order."""
        for row in rows:
            cell = dict(zip(_CELLS, row[_AT].tolist(), strict=True))
            kind, since, until = (cell[name] for name in _CELLS[:3])
            if kind == _EVENT_PLACE:
                self._events.append([cell["place"], cell["outlet"], since, until])
                continue
            name = "member" if kind == _OWN_SHOP else _BY_INDEX.get(kind, ("", 0))[0]
            if name and cell[name]:
                self._spans[kind, cell[name], since] = until

    def array(self) -> Ints:
        """Rows of declaration, subject, valid from, valid to, for a snapshot."""
        rows = sorted((*key, until) for key, until in self._spans.items())
        return np.array(rows, dtype=np.int64).reshape(-1, 4)

    def identifiers(self, ms: int) -> Ints:
        """Kind and entity, packed as `Edges.group`, of identifiers innocent at a moment."""
        found = [_BY_INDEX[kind][1] << BITS | subject for kind, subject in self._valid(ms)
                 if kind in _BY_INDEX]
        return np.unique(np.array(found, dtype=np.int64))

    def owners(self, ms: int) -> Ints:
        """Members with a shop of their own at a moment: others use his device, at his address."""
        return np.unique(np.array([s for kind, s in self._valid(ms) if kind == _OWN_SHOP],
                                  dtype=np.int64))

    @property
    def events(self) -> Ints:
        """Rows of place, outlet, valid from, valid to of declared places of events."""
        return np.array(self._events, dtype=np.int64).reshape(-1, 4)

    def at_event(self, outlet: Ints, place: Ints) -> Any:
        """Whether each row lies at a place of an event that was declared before it and lasts."""
        found = np.zeros(len(outlet), dtype=bool)
        ms = place >> TIE_BITS
        for known, subject, since, until in self._events:
            lasts = (ms >= since) & ((ms < until) | (until == MISSING))
            found |= (outlet == subject) & (place > known) & lasts
        return found

    def _valid(self, ms: int) -> Iterator[tuple[int, int]]:
        for (kind, subject, since), until in self._spans.items():
            if since <= ms and (until == MISSING or ms < until):
                yield kind, subject


class Kept:
    """Which member's number a merged member goes by.

    Parameters
    ----------
    pairs : shape (n, 2) or None
        Merged number and the number that it goes by.
    """

    def __init__(self, pairs: Ints | None = None) -> None:
        self._into = {} if pairs is None else dict(pairs.tolist())

    def take(self, rows: Ints) -> None:
        """Take merges in, rows of the inbox in their order."""
        for member, into in zip(column(rows, "member").tolist(),
                                column(rows, "referee").tolist(), strict=True):
            old, new = self._root(member), self._root(into)
            if old != new and old and new:
                self._into[old] = new

    def array(self) -> Ints:
        """Rows of merged number and the number that it goes by, for a snapshot."""
        return np.array(sorted(self._into.items()), dtype=np.int64).reshape(-1, 2)

    def numbers(self, size: int) -> Ints | None:
        """Number that each member goes by, shape (size,); None where nobody was merged."""
        if not self._into:
            return None
        found = np.arange(size)
        for member in self._into:
            if member < size:
                found[member] = self._root(member)
        return found

    def _root(self, member: int) -> int:
        while member in self._into:
            member = self._into[member]
        return member
