"""Who did what with which things: the judged events of a program in columns, kept in memory.

The journal is ordered by time; a desk asks by member, by device, by code. An index for each would
be paid for by every verdict, so the pages keep one of their own and read on from where they were.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import EVENT_KINDS
from features.links.edges import BITS
from features.store.head import Head, read_head, taught_since

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.places import Ints
    from features.store.journal import Journal
    from features.store.store import Store

COLUMNS: Final = ("place", "event", "member", "device", "payout", "ip", "code", "invoice",
                  "points", "kind")
"""Columns of the trail; 0 is unknown."""
AT: Final = {name: position for position, name in enumerate(COLUMNS)}
ASKED: Final = ("event", "member", "device", "payout", "ip", "code", "invoice")
"""Columns by which rows are found; their orders are made while nobody waits for them."""
KINDS: Final = tuple(EVENT_KINDS)
ENOUGH: Final = 500
"""Events of a thing that say whether it is shared by few or by many."""
_PAGE: Final = 50_000
"""Rows read in one transaction: others go on in between."""
_TAIL: Final = 20_000
"""Rows that a column's order may lack before it is made anew."""
_OF_TABLE: Final = {
    "scans": "device_id, NULL, ip, code_id, invoice",
    "referrals": "device_id, NULL, ip, NULL, NULL",
    "redemptions": "device_id, payout_id, ip, NULL, NULL",
}


class Trail:
    """Judged events by any column, as of the last `read`; threads may share it.

    Parameters
    ----------
    journal : Journal

    Examples
    --------
    >>> import tempfile
    >>> from features.exports.program import Program
    >>> from features.store.home import Home
    >>> home = Home(tempfile.mkdtemp())
    >>> trail = Trail(home.create(Program(program_id="acme")))
    >>> trail.read(), len(trail), trail.rows("member", [7]).tolist()
    (True, 0, [])
    >>> home.close()
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._forget()
        self._one_reads = threading.Lock()
        self.is_ready = False

    def _forget(self) -> None:
        self._rows = np.empty((0, len(COLUMNS)), dtype=np.int64)
        self._count = 0
        self._orders: dict[str, tuple[Ints, Ints]] = {}
        self._head = Head()
        self._erased = 0

    def __len__(self) -> int:
        return self._count

    def read(self, wait: bool = True) -> bool:
        """Read on to the journal's end; False where another thread is at it and nobody waits.

        What was erased or lost since is forgotten with the rest, and all is read anew.
        """
        if not self._one_reads.acquire(blocking=wait):
            return False
        try:
            with self._journal.database.reading() as store:
                head = read_head(store, self._journal.key)
                if head == self._head:
                    self.is_ready = True
                    return True
                erased = int(store.rows("SELECT COALESCE(MAX(entry), 0) FROM erasures "
                                        "WHERE program = ?", (self._journal.key,))[0][0])
                is_same = taught_since(store, self._journal.key, self._head) is not None
            if erased != self._erased or not is_same:
                self._forget()
            self._append(self._since(self._head.place, head.place))
            for name in ASKED:
                self._order(name, self._count)
            self._head, self._erased, self.is_ready = head, erased, True
        finally:
            self._one_reads.release()
        return True

    def _since(self, after: int, until: int) -> Ints:
        found = [np.empty((0, len(COLUMNS)), dtype=np.int64)]
        for kind, (table, wanted) in enumerate(_OF_TABLE.items()):
            last = after
            while True:
                with self._journal.database.reading() as store:
                    page = self._page(store, table, wanted, last, until, kind)
                found.append(page)
                if len(page) < _PAGE:
                    break
                last = int(page[-1, AT["place"]])
        rows = np.concatenate(found)
        return rows[np.argsort(rows[:, AT["place"]], kind="stable")]

    def _page(self, store: Store, table: str, wanted: str, last: int, until: int, kind: int
              ) -> Ints:
        cells = ", ".join(f"COALESCE({name}, 0)" if name != "NULL" else "0"
                          for name in wanted.split(", "))
        return store.ints(
            f"SELECT place, event_id, member_id, {cells}, points, {kind} FROM {table} "
            "WHERE program = ? AND place > ? AND place <= ? ORDER BY place LIMIT ?",
            (self._journal.key, last, until, _PAGE), len(COLUMNS))

    def _append(self, rows: Ints) -> None:
        count = self._count + len(rows)
        if count > len(self._rows):
            room = np.empty((count + count // 8 + _TAIL, len(COLUMNS)), dtype=np.int64)
            room[: self._count] = self._rows[: self._count]
            self._rows = room
        self._rows[self._count:count] = rows
        self._count = count

    def column(self, name: str, rows: Ints | slice = slice(None)) -> Ints:
        """One column, of all events or of some rows."""
        column: Ints = self._rows[: self._count, AT[name]][rows]
        return column

    def rows(self, name: str, numbers: Iterable[int], newest: int | None = None) -> Ints:
        """Rows whose column holds one of some numbers, in the order of the journal.

        Numbers that are 0 find nothing. ``newest`` takes at most so many of each number.
        """
        count = self._count
        order, values = self._order(name, count)
        wanted = np.unique([int(number) for number in numbers if number] or [0]).astype(np.int64)
        wanted = wanted[wanted > 0]
        low, high = (np.searchsorted(values, wanted, side) for side in ("left", "right"))
        if newest is not None:
            low = np.maximum(low, high - newest)
        found = [order[start:end] for start, end in zip(low, high, strict=True)]
        late = self._rows[len(order):count, AT[name]]
        tail = np.flatnonzero(np.isin(late, wanted)) + len(order)
        return np.sort(np.concatenate([*found, tail])).astype(np.int64)

    def _order(self, name: str, count: int) -> tuple[Ints, Ints]:
        """Rows by a column, and its values in that order; the newest rows may be missing."""
        known = self._orders.get(name)
        if known is None or not len(known[0]) <= count <= len(known[0]) + _TAIL:
            whole = self._rows[:count, AT[name]]
            order = np.argsort(whole, kind="stable")
            known = self._orders[name] = (order, whole[order])
        return known

    def shared(self, name: str, numbers: Iterable[int]) -> dict[int, int]:
        """Count the members of some things, such as devices, by the last `ENOUGH` events of each.

        A thing of more events is a public one: then it is told of fewer members than it has.
        """
        rows = self.rows(name, numbers, ENOUGH)
        pairs = np.unique(self.column(name, rows) << BITS | self.column("member", rows))
        subjects, counts = np.unique(pairs >> BITS, return_counts=True)
        return dict(zip(subjects.tolist(), counts.tolist(), strict=True))
