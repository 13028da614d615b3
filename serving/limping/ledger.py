"""Which codes and claims were credited, read from the journal's tables without any feature.

It is made in a fraction of the time that a state takes, as it reads six columns of the scans and
computes nothing. It says the same as the features of the same names: after merges too, and of
decisions that were known before the event.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.contract import EVENT_TABLES, OUTCOMES
from features.places import TIE_BITS
from features.store.schema import DECISIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from features.places import Ints
    from features.store.store import Store

DAY: Final = 86_400_000 << TIE_BITS
"""A rolling day in places: the window of the caps."""
CREDITED: Final = OUTCOMES.index("credited")
PAID: Final = tuple(DECISIONS.index(word) for word in ("credited", "released", "partial"))
FOLLOWED: Final = 8
"""Merges followed at most, as the features do."""
_SCANS: Final = ("SELECT place, event_id, member_id, COALESCE(code_id, 0), COALESCE(claim, 0), "
                 "COALESCE(invoice, 0), COALESCE(outcome, 0) FROM scans WHERE program = ? "
                 "AND place > ? AND place < ? AND (code_id IS NOT NULL OR invoice IS NOT NULL) "
                 "ORDER BY place")
_KEYED: Final = {"code": 3, "claim": 4, "invoice": 5}
_COUNTED: Final = {"scans": "COALESCE(code_id, 0)", "referrals": "0", "redemptions": "0"}


class Row(NamedTuple):
    """A scan that names a code or an invoice; 0 is unknown."""

    place: int
    event: int
    member: int
    code: int
    claim: int
    invoice: int
    outcome: int


class Asked(NamedTuple):
    """What a member asked for: an event of the last day."""

    place: int
    table: str
    points: int
    code: int


class _Index:
    """Rows of a matrix by the number in one of its columns."""

    def __init__(self, rows: Ints, column: int) -> None:
        known = np.flatnonzero(rows[:, column])
        order = known[np.argsort(rows[known, column], kind="stable")]
        self._order: npt.NDArray[np.intp] = order
        self._numbers = rows[order, column]

    def at(self, number: int) -> npt.NDArray[np.intp]:
        low, high = np.searchsorted(self._numbers, (number, number + 1))
        return self._order[low:high]


class Ledger:
    """Credits of codes and claims, and what members asked for in the last day.

    Parameters
    ----------
    key : int
        The program's key.
    until : int
        Rows known from this place on are not seen.
    caps : bool
        Whether what members asked for is needed: the program has caps.
    """

    def __init__(self, key: int, until: int, *, caps: bool) -> None:
        self._key = key
        self._until = until
        self.counts = caps
        self._rows = np.empty((0, len(Row._fields)), dtype=np.int64)
        self._indexes: dict[str, _Index] = {}
        self._more: dict[tuple[str, int], list[Row]] = {}
        self._open: list[tuple[Row, Asked]] = []
        self._decided: dict[int, list[tuple[int, int, int]]] = {}
        self._merged: dict[int, list[tuple[int, int]]] = {}
        self._asked: dict[int, list[Asked]] = {}
        self._place = self._asked_place = 0
        self._seqs = {"decisions": 0, "merges": 0}

    def read(self, store: Store, last_place: int) -> None:
        """Read all there is; ``last_place`` is that of the journal's last event."""
        self._merge(store)
        self._decide(store)
        rows = store.ints(_SCANS, (self._key, -1, self._until), len(Row._fields))
        self._rows = rows
        self._indexes = {name: _Index(rows, column) for name, column in _KEYED.items()}
        self._place = int(rows[-1, 0]) if len(rows) else -1
        self._asked_place = min(last_place, self._until) - DAY
        self._count(store)

    def open(self, store: Store) -> None:
        """Take in what was committed since, and nothing of a transaction that was not."""
        self._open.clear()
        self._merge(store)
        self._decide(store)
        for cells in store.rows(_SCANS, (self._key, self._place, self._until)):
            self._add(Row(*map(int, cells)))
        self._count(store)

    def note(self, row: Row, asked: Asked) -> None:
        """Take in an event of the open transaction."""
        self._open.append((row, asked))

    def member(self, member: int, place: int) -> int:
        """Follow merges that were known before a place to the member who is kept."""
        kept = member
        for _ in range(FOLLOWED):
            steps = self._merged.get(kept, [])
            known = bisect_right(steps, (place, -1)) - 1
            if known < 0 or steps[known][1] == kept:
                break
            kept = steps[known][1]
            if kept == member:
                break
        return kept

    def credits(self, code: int, member: int, place: int) -> tuple[int, int]:
        """Credits of a code to others and to a member, less those taken back, before a place."""
        own = self.member(member, place)
        every = mine = 0
        for row in self._of("code", code, place):
            for delta, at in self._moves(row, place):
                every += delta
                mine += delta if self.member(row.member, at) == own else 0
        return every - mine, mine

    def claims(self, claim: int, place: int) -> int:
        """Credits of a claim, less those taken back, before a place."""
        return sum(delta for row in self._of("claim", claim, place)
                   for delta, _ in self._moves(row, place))

    def invoices(self, invoice: int, place: int) -> int:
        """Scans with an invoice before a place."""
        return sum(1 for _ in self._of("invoice", invoice, place))

    def asked(self, member: int, place: int) -> list[Asked]:
        """Events of a member in the day before a place, each of his codes once."""
        own = self.member(member, place)
        mine = [*self._asked.get(own, ()),
                *(asked for row, asked in self._open if self.member(row.member, place) == own)]
        return [each for each in mine
                if place - DAY < each.place < place and not self.is_again(own, each)]

    def is_again(self, member: int, asked: Asked) -> bool:
        """Whether the member scanned the code of an event before."""
        return asked.code > 0 and any(
            self.member(row.member, row.place) == member
            for row in self._of("code", asked.code, asked.place))

    def _of(self, name: str, number: int, place: int) -> Iterator[Row]:
        """Rows of a code, claim or invoice before a place, in order."""
        if not number:
            return
        if name in self._indexes:
            for at in self._indexes[name].at(number):
                if self._rows[at, 0] < place:
                    yield Row(*self._rows[at].tolist())
        more = [*self._more.get((name, number), ()),
                *(row for row, _ in self._open if getattr(row, name) == number)]
        yield from (row for row in more if row.place < place)

    def _moves(self, row: Row, place: int) -> Iterator[tuple[int, int]]:
        """Every credit of an event (1) and every one taken back (-1), each with its place."""
        was = row.outcome == CREDITED
        if was:
            yield 1, row.place
        for at, _, status in self._decided.get(row.event, ()):
            if at < place and (status in PAID) != was:
                was = not was
                if at > row.place:  # else the features do not know of which code it speaks
                    yield (1 if was else -1), at

    def _add(self, row: Row) -> None:
        self._place = row.place
        for name in _KEYED:
            if number := getattr(row, name):
                self._more.setdefault((name, number), []).append(row)

    def _new(self, store: Store, table: str, columns: str) -> list[tuple[int, ...]]:
        rows = [tuple(map(int, row)) for row in store.rows(
            f"SELECT seq, place, {columns} FROM {table} WHERE program = ? AND seq > ? "
            "AND place < ? ORDER BY place, seq", (self._key, self._seqs[table], self._until))]
        self._seqs[table] = max([self._seqs[table], *(row[0] for row in rows)])
        return rows

    def _decide(self, store: Store) -> None:
        for seq, place, event, status in self._new(store, "decisions", "event_id, status"):
            self._decided.setdefault(event, []).append((place, seq, status))
            self._decided[event].sort()

    def _merge(self, store: Store) -> None:
        for _, place, member, into in self._new(store, "merges", "member_id, into_member_id"):
            kept = self.member(into, place + 1)  # whom those merges kept that came before
            self._merged.setdefault(member, []).append((place, kept))
            self._merged[member].sort()

    def _count(self, store: Store) -> None:
        """Take in what was asked for since; only caps want it."""
        if not self.counts:
            return
        last = self._asked_place
        for table in EVENT_TABLES:
            for place, member, points, code in store.rows(
                    f"SELECT place, member_id, points, {_COUNTED[table]} FROM {table} "
                    "WHERE program = ? AND place > ? AND place < ?",
                    (self._key, last, self._until)):
                asked = Asked(int(place), table, int(points), int(code))
                self._asked.setdefault(self.member(int(member), asked.place), []).append(asked)
                self._asked_place = max(self._asked_place, asked.place)
