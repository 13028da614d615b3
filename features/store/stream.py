"""Stored rows as records, in the one order of a program: place, then arrival."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import EVENT_TABLES, TABLES
from features.places import MISSING, TIE_BITS, Ints
from features.records import COLUMN, COLUMNS, KINDS
from features.store.facts import unknown
from features.store.projection import EMPTY, OF_TABLE, SPEAKING, Projection
from features.store.schema import STREAM, derived_columns, fact_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from features.store.database import Database
    from features.store.store import Store

UNTIL_ALL: Final = (1 << 63) - 1
_KIND: Final = dict(zip(
    ("scans", "referrals", "redemptions", "feedback", "returns", "decisions", "account_changes",
     "merges", "adjustments", "activities", "members", "codes", "outlets", "declarations",
     "campaigns"), range(len(KINDS)), strict=True))


_PLACE, _SEQ, _RECORDED = (COLUMN[name] for name in ("place", "seq", "recorded_ms"))
_EMPTY: Final[list[int]] = EMPTY.tolist()
_POSITIONS: Final = {
    table: tuple((stored, COLUMN[name]) for name, stored in OF_TABLE[table].items()
                 if name != "outcome") for table in EVENT_TABLES}
"""Stored columns of an event and their positions in a record."""
_SPEAKING_KINDS: Final = [_KIND[table] for table in SPEAKING]
_TOLD: Final = {
    (_KIND[table], _KIND[told]): [
        position for position in Projection(told, "e", ()).positions
        if position not in {COLUMN[record] for record in OF_TABLE[table]}]
    for table in SPEAKING for told in EVENT_TABLES
}
"""Columns that a record of one kind takes from an event of another, by both kinds."""


@dataclass
class Source:
    """One table of the stream, read page by page.

    Parameters
    ----------
    table : str
        Name of the stored table.
    program, until, last_seq : int
        The program's key; place before which to stop; arrivals after it are not seen.
    place, seq : int
        Key after which to go on.
    arrived_after : int
        Arrivals up to it are not seen.
    """

    table: str
    program: int
    until: int
    last_seq: int
    place: int
    seq: int = UNTIL_ALL
    arrived_after: int = 0
    is_done: bool = False
    page: Ints = field(default_factory=lambda: np.empty((0, len(COLUMNS)), dtype=np.int64))

    def __post_init__(self) -> None:
        """Choose the columns of the table, and of the events that its rows may speak of."""
        own = {COLUMN[record] for record in OF_TABLE[self.table]}
        self._columns = Projection(self.table, "t", ())
        self._events = {table: Projection(table, "e", own) for table in EVENT_TABLES
                        if self.table in SPEAKING}

    def fill(self, store: Store, rows: int) -> None:
        """Read the next page, where the last one is used up."""
        if self.is_done or len(self.page):
            return
        found = self._columns.read(lambda select, count: store.ints(
            f"SELECT t.place, t.seq, {select} FROM {self.table} t WHERE t.program = ? "
            "AND (t.place, t.seq) > (?, ?) AND t.place < ? AND t.seq <= ? AND t.seq > ? "
            "ORDER BY t.place, t.seq LIMIT ?",
            (self.program, self.place, self.seq, self.until, self.last_seq,
             self.arrived_after, rows), count + 2))
        self.is_done = len(found) < rows
        self.page = np.tile(EMPTY, (len(found), 1))
        self.page[:, [COLUMN["place"], COLUMN["seq"], *self._columns.positions]] = found
        self.page[:, COLUMN["kind"]] = _KIND[self.table]
        self._columns.learn(self.page)
        if not len(found):
            return
        for table, columns in self._events.items():
            self._join(store, table, columns)
        self.place, self.seq = (int(key) for key in found[-1, :2])

    def _join(self, store: Store, table: str, columns: Projection) -> None:
        """Add the columns of the events that the page speaks of and that came before."""
        first, last = self.page[0, :2].tolist(), self.page[-1, :2].tolist()
        found = columns.read(lambda select, count: store.ints(
            f"SELECT t.seq, e.place, {select} FROM {self.table} t CROSS JOIN {table} e "
            "WHERE t.program = ? AND (t.place, t.seq) >= (?, ?) AND (t.place, t.seq) <= (?, ?) "
            "AND e.program = t.program AND e.event_id = t.event_id AND e.place < t.place",
            (self.program, *first, *last), count + 2))
        order = np.argsort(self.page[:, COLUMN["seq"]])
        at = np.searchsorted(self.page[order, COLUMN["seq"]], found[:, 0])
        inside = at < len(order)
        at, found = order[at[inside]], found[inside]
        match = self.page[at, COLUMN["seq"]] == found[:, 0]
        filled = [COLUMN["event_place"], *columns.positions]
        self.page[np.ix_(at[match], filled)] = found[match, 1:]
        columns.learn(self.page[at[match]])

    def take(self, bound: tuple[int, int] | None) -> Ints:
        """Rows of the page up to a key, all of them where there is no bound."""
        if bound is None:
            count = len(self.page)
        else:
            place, seq = self.page[:, COLUMN["place"]], self.page[:, COLUMN["seq"]]
            count = int(((place < bound[0]) | ((place == bound[0]) & (seq <= bound[1]))).sum())
        taken, self.page = self.page[:count], self.page[count:]
        return taken


def read_records(
    database: Database, program: int, last_seq: int, after: int, until: int | None, rows: int,
    arrived_after: int = 0, after_seq: int = UNTIL_ALL,
) -> Iterator[Ints]:
    """Slices of the stream, in (place, seq) order, as `features.store.journal.Journal.records`."""
    end = UNTIL_ALL if until is None else until
    sources = [Source(table, program, end, last_seq, after, after_seq, arrived_after)
               for table in _KIND]
    page = max(rows // 2, 1)
    while True:
        with database.reading() as store:
            for source in sources:
                source.fill(store, page)
        bounds = [(source.place, source.seq) for source in sources if not source.is_done]
        parts = [source.take(min(bounds) if bounds else None) for source in sources]
        parts = [part for part in parts if len(part)]
        if parts:
            matrix = np.concatenate(parts) if len(parts) > 1 else parts[0]
            order = np.lexsort((matrix[:, COLUMN["seq"]], matrix[:, COLUMN["place"]]))
            yield np.ascontiguousarray(matrix[order] if len(parts) > 1 else matrix)
        elif not bounds:
            return


def mentions(records: Ints) -> npt.NDArray[np.bool_]:
    """Which records speak of an event whose columns they do not carry."""
    return (np.isin(records[:, COLUMN["kind"]], _SPEAKING_KINDS)
            & (records[:, COLUMN["event_place"]] == MISSING) & (records[:, COLUMN["event"]] > 0))


def tell_of(record: Ints, event: Ints) -> None:
    """Give a record that speaks of an event the columns of that event, as the stream reads them.

    Examples
    --------
    >>> label, scan = EMPTY.copy(), EMPTY.copy()
    >>> label[[COLUMN["kind"], COLUMN["event"]]] = KINDS.index("feedback"), 7
    >>> scan[[COLUMN["event"], COLUMN["place"], COLUMN["outlet"]]] = 7, 5, 3
    >>> scan[COLUMN["kind"]] = KINDS.index("scan")
    >>> tell_of(label, scan)
    >>> label[COLUMN["outlet"]], label[COLUMN["event_place"]]
    (np.int64(3), np.int64(5))
    """
    positions = _TOLD[int(record[COLUMN["kind"]]), int(event[COLUMN["kind"]])]
    record[positions] = event[positions]
    record[COLUMN["event_place"]] = event[COLUMN["place"]]


def event_record(table: str, row: Mapping[str, int], place: int, seq: int) -> Ints:
    """Record of one event that has not been judged: its outcome is unknown.

    Examples
    --------
    >>> record = event_record("scans", {"event_id": 7, "member_id": 2}, 5, 1)
    >>> record[COLUMN["member"]], record[COLUMN["place"]]
    (np.int64(2), np.int64(5))
    """
    cells = _EMPTY.copy()
    for stored, position in _POSITIONS[table]:
        if stored in row:
            cells[position] = row[stored]
    cells[_RECORDED], cells[_PLACE], cells[_SEQ] = place >> TIE_BITS, place, seq
    cells[COLUMN["kind"]] = _KIND[table]
    return np.array(cells, dtype=np.int64)


def read_event(
    store: Store, program: int, number: int, tables: Sequence[str]
) -> tuple[str, dict[str, int]] | None:
    """Find the stored row of an event: its table, and its columns with unknown as integers."""
    for table in tables:
        contract = TABLES[table]
        names = (*STREAM, *fact_columns(contract), *derived_columns(table))
        wanted = ", ".join(f'"{name}"' for name in names)
        rows = store.rows(f"SELECT {wanted} FROM {table} WHERE program = ? AND event_id = ?",
                          (program, number))
        if rows:
            return table, {name: unknown(contract, name) if cell is None else cell
                           for name, cell in zip(names, rows[0], strict=True)}
    return None
