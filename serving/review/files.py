"""What members' files say today, of all members at once, kept in memory like the trail."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from features.places import MISSING
from features.store.head import Head, read_head, taught_since

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.places import Ints
    from features.store.journal import Journal
    from features.store.store import Store

OF_FILE: Final = {
    "persona": "persona", "region": "region", "payout": "payout_id", "phone": "phone_hash",
    "address": "address_hash", "referrer": "referred_by", "joined": "joined_at",
}
"""Columns and the stored ones behind them."""
_VALUES: Final = ("persona", "joined")
"""Columns that hold a value, `MISSING` where unknown; the others hold numbers, 0 where unknown."""


class Files:
    """The newest version of every member's file, as of the last `read`.

    Parameters
    ----------
    journal : Journal

    Examples
    --------
    >>> import tempfile
    >>> from features.exports.program import Program
    >>> from features.store.home import Home
    >>> home = Home(tempfile.mkdtemp())
    >>> files = Files(home.create(Program(program_id="acme")))
    >>> files.read()
    >>> files.of("payout", [7]).tolist(), files.members("payout", [3]).tolist()
    ([0], [])
    >>> home.close()
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._columns = {name: np.zeros(1, dtype=np.int64) for name in OF_FILE}
        self._orders: dict[str, tuple[Ints, Ints]] = {}
        self._head = Head()
        self._one_reads = threading.Lock()

    def read(self) -> None:
        """Read all files anew, where anything but judged events came since."""
        with self._one_reads:
            with self._journal.database.reading() as store:
                head = read_head(store, self._journal.key)
                if head == self._head:
                    return
                if taught_since(store, self._journal.key, self._head) is not False:
                    self._columns, self._orders = self._all(store), {}
            self._head = head

    def _all(self, store: Store) -> dict[str, Ints]:
        wanted = ", ".join(f"COALESCE({name}, {MISSING})" for name in OF_FILE.values())
        rows = store.ints(f"SELECT member_id, {wanted} FROM members WHERE program = ? "
                          "ORDER BY place, seq", (self._journal.key,), 1 + len(OF_FILE))
        rows = rows[np.argsort(rows[:, 0], kind="stable")]
        member = rows[:, 0]
        last = np.flatnonzero(np.diff(member, append=-1))
        columns = {}
        for at, name in enumerate(OF_FILE, start=1):
            told = np.where(rows[:, at] != MISSING, np.arange(len(rows)), -1)
            newest = np.maximum.accumulate(told)[last] if len(rows) else last
            own = (newest >= 0) & (member[newest] == member[last]) if len(rows) else last > 0
            unknown = MISSING if name in _VALUES else 0
            column = np.full(int(member.max(initial=0)) + 1, unknown, dtype=np.int64)
            column[member[last]] = np.where(own, rows[newest, at], unknown)
            columns[name] = column
        return columns

    def of(self, name: str, members: Iterable[int]) -> Ints:
        """One column of some members; who is not known has `MISSING` or 0."""
        column = self._columns[name]
        wanted = np.fromiter(members, dtype=np.int64)
        known = wanted < len(column)
        unknown = MISSING if name in _VALUES else 0
        return np.where(known, column[np.where(known, wanted, 0)], unknown)

    def members(self, name: str, numbers: Iterable[int]) -> Ints:
        """Members whose file names one of some things, by their numbers."""
        known = self._orders.get(name)
        if known is None:
            order = np.argsort(self._columns[name], kind="stable")
            known = self._orders[name] = (order, self._columns[name][order])
        order, values = known
        wanted = np.unique([int(number) for number in numbers if number > 0] or [0])
        low, high = (np.searchsorted(values, wanted, side) for side in ("left", "right"))
        found = [order[start:end] for start, end, number in zip(low, high, wanted, strict=True)
                 if number]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
