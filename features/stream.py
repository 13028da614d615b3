"""Stored rows as records, in the one order of a program: place, then arrival."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import EVENT_TABLES, TABLES
from features.facts import column_value, unknown
from features.places import MISSING, TIE_BITS, Ints
from features.records import COLUMN, COLUMNS, ENTITIES, KINDS
from features.schema import STREAM, SUBJECTS, derived_columns, fact_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from features.database import Database, Store

UNTIL_ALL: Final = (1 << 63) - 1
_SPHERE: Final = {name: name for name in ("x", "y", "z", "lat", "lon")}
_EVENT: Final = {
    "event": "event_id", "member": "member_id", "device": "device_id", "ip": "ip",
    "agent": "agent_id", "mission": "mission_id", "points": "points", **_SPHERE,
    "occurred_ms": "occurred_at", "channel": "channel", "outcome": "outcome",
}
_OF_TABLE: Final[dict[str, dict[str, str]]] = {
    "scans": {
        **_EVENT, "code": "code_id", "batch": "batch_id", "outlet": "outlet_id",
        "invoice": "invoice", "claim": "claim", "lines": "invoice_lines_hash",
        "end_customer": "end_customer_hash", "seller": "seller_id", "sku": "sku",
        "upload": "upload_id", "amount": "amount", "quantity": "quantity", "proof": "proof",
        "capture": "capture", "mock_location": "mock_location",
    },
    "referrals": {**_EVENT, "referee": "referee", "referee_kind": "referee_kind"},
    "redemptions": {**_EVENT, "payout": "payout_id", "reward": "reward_id", "amount": "amount",
                    "reward_kind": "reward_kind"},
    "feedback": {"event": "event_id", "label": "label", "source": "source"},
    "returns": {"event": "event_id", "returned_quantity": "quantity",
                "occurred_ms": "returned_at"},
    "decisions": {"event": "event_id", "status": "status"},
    "account_changes": {"member": "member_id", "device": "device_id", "agent": "agent_id",
                        "change": "what", "occurred_ms": "changed_at"},
    "merges": {"member": "member_id", "referee": "into_member_id", "occurred_ms": "merged_at"},
    "adjustments": {"event": "event_id", "member": "member_id", "agent": "agent_id",
                    "points": "points", "occurred_ms": "occurred_at"},
    "activities": {"event": "event_id", "member": "member_id", "sku": "sku",
                   "quantity": "quantity", "activity": "kind", "occurred_ms": "occurred_at"},
    "members": {
        "member": "member_id", "outlet": "outlet_id", "payout": "payout_id",
        "address": "address_hash", "phone": "phone_hash", "referrer": "referred_by",
        "enroller": "enrolled_by", "region": "region", "persona": "persona", "tier": "tier",
        "joined_ms": "joined_at", "balance": "points_balance", "expire_ms": "points_expire_at",
        **_SPHERE,
    },
    "codes": {
        "code": "code_id", "batch": "batch_id", "sku": "sku", "points": "points",
        "status": "status", "dispatched_ms": "dispatched_at", "outlet": "dispatched_outlet_id",
        "x": "x", "y": "y", "z": "z", "carton": "carton_id",
    },
    "outlets": {"outlet": "outlet_id", "region": "region", **_SPHERE},
    "declarations": {"declaration": "kind", "valid_from_ms": "valid_from",
                     "valid_to_ms": "valid_to", **{kind: f"subject_{kind}" for kind in SUBJECTS}},
    "campaigns": {"region": "region", "sku": "sku", "persona": "persona", "status": "kind",
                  "valid_from_ms": "starts_at", "valid_to_ms": "ends_at",
                  "multiplier": "multiplier"},
}
"""Record column from stored column, by table."""
_KIND: Final = dict(zip(
    ("scans", "referrals", "redemptions", "feedback", "returns", "decisions", "account_changes",
     "merges", "adjustments", "activities", "members", "codes", "outlets", "declarations",
     "campaigns"), range(len(KINDS)), strict=True))
_SPEAKING: Final = ("feedback", "returns", "decisions")
"""Tables whose rows speak of an event, and carry its columns."""
EMPTY: Final = np.array([0 if name in ENTITIES or name == "event" else MISSING
                         for name in COLUMNS], dtype=np.int64)
"""A record of which nothing is known."""


def _value(table: str, record: str, stored: str, alias: str) -> str:
    """Write SQL for one column of a record."""
    if record == "outcome":
        return f'COALESCE({alias}."outcome", 0)'
    if table == "decisions":
        return f'{alias}."{stored}"'
    return column_value(TABLES[table], stored, alias)


def _columns(table: str, alias: str) -> tuple[list[int], list[str]]:
    """Positions in a record and the SQL that fills them, without place and seq."""
    mapped = _OF_TABLE[table]
    texts = [_value(table, record, stored, alias) for record, stored in mapped.items()]
    positions = [COLUMN[record] for record in mapped]
    if table in EVENT_TABLES:
        positions.append(COLUMN["recorded_ms"])
        texts.append(f"{alias}.place >> {TIE_BITS}")
    if table == "adjustments":
        positions.append(COLUMN["status"])
        texts.append(f"CASE WHEN {alias}.ticket IS NULL THEN 0 ELSE 1 END")
    return positions, texts


def _optional(table: str) -> dict[int, str]:
    """Positions in a record of stored columns that may be unknown, and their names."""
    if table == "decisions":
        return {}
    needed = TABLES[table].required
    return {COLUMN[record]: stored for record, stored in _OF_TABLE[table].items()
            if stored not in needed and record != "outcome"}


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
    empty : frozenset of int
        Positions that held nothing so far: they are only asked whether they still do, which
        costs a fraction of reading them.
    """

    table: str
    program: int
    until: int
    last_seq: int
    place: int
    seq: int = UNTIL_ALL
    arrived_after: int = 0
    empty: frozenset[int] = frozenset()
    is_done: bool = False
    page: Ints = field(default_factory=lambda: np.empty((0, len(COLUMNS)), dtype=np.int64))

    def fill(self, store: Store, rows: int) -> None:
        """Read the next page, where the last one is used up."""
        if self.is_done or len(self.page):
            return
        found = self._read(store, rows, self.empty)
        if self.empty and found[:, -1].any():
            found = self._read(store, rows, frozenset())
            self.empty = frozenset()
        positions = [position for position, _ in self._wanted(self.empty)]
        self.is_done = len(found) < rows
        self.page = np.tile(EMPTY, (len(found), 1))
        self.page[:, [COLUMN["place"], COLUMN["seq"], *positions]] = found[:, :-1]
        self.page[:, COLUMN["kind"]] = _KIND[self.table]
        if not len(found):
            return
        self.empty = frozenset(
            position for position in _optional(self.table)
            if position in self.empty or (self.page[:, position] == EMPTY[position]).all())
        if self.table in _SPEAKING:
            for table in EVENT_TABLES:
                self._join(store, table)
        self.place, self.seq = (int(key) for key in found[-1, :2])

    def _wanted(self, empty: frozenset[int]) -> list[tuple[int, str]]:
        positions, texts = _columns(self.table, "t")
        return [(position, text) for position, text in zip(positions, texts, strict=True)
                if position not in empty]

    def _read(self, store: Store, rows: int, empty: frozenset[int]) -> Ints:
        """Read place, seq, the columns that are not ``empty``, and whether these are not."""
        texts = [text for _, text in self._wanted(empty)]
        optional = _optional(self.table)
        doubts = [f'"{optional[position]}"' for position in sorted(empty)]
        flag = f"COALESCE({', '.join([*doubts, 'NULL', 'NULL'])}) IS NOT NULL"
        return store.ints(
            f"SELECT t.place, t.seq, {', '.join(texts)}, CASE WHEN {flag} THEN 1 ELSE 0 END "
            f"FROM {self.table} t WHERE t.program = ? AND (t.place, t.seq) > (?, ?) "
            "AND t.place < ? AND t.seq <= ? AND t.seq > ? ORDER BY t.place, t.seq LIMIT ?",
            (self.program, self.place, self.seq, self.until, self.last_seq,
             self.arrived_after, rows), len(texts) + 3)

    def _join(self, store: Store, table: str) -> None:
        """Add the columns of the events that the page speaks of and that came before."""
        positions, texts = _columns(table, "e")
        own = {COLUMN[record] for record in _OF_TABLE[self.table]}
        keep = [index for index, position in enumerate(positions) if position not in own]
        wanted = ", ".join(texts[index] for index in keep)
        first, last = self.page[0, :2].tolist(), self.page[-1, :2].tolist()
        found = store.ints(
            f"SELECT t.seq, e.place, {wanted} FROM {self.table} t CROSS JOIN {table} e "
            "WHERE t.program = ? AND (t.place, t.seq) >= (?, ?) AND (t.place, t.seq) <= (?, ?) "
            "AND e.program = t.program AND e.event_id = t.event_id AND e.place < t.place",
            (self.program, *first, *last), len(keep) + 2)
        order = np.argsort(self.page[:, COLUMN["seq"]])
        at = np.searchsorted(self.page[order, COLUMN["seq"]], found[:, 0])
        inside = at < len(order)
        at, found = order[at[inside]], found[inside]
        match = self.page[at, COLUMN["seq"]] == found[:, 0]
        columns = [COLUMN["event_place"], *(positions[index] for index in keep)]
        self.page[np.ix_(at[match], columns)] = found[match, 1:]

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
    arrived_after: int = 0,
) -> Iterator[Ints]:
    """Slices of the stream, in (place, seq) order, as `features.journal.Journal.records`."""
    end = UNTIL_ALL if until is None else until
    sources = [Source(table, program, end, last_seq, after, arrived_after=arrived_after)
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


def event_record(table: str, row: Mapping[str, int], place: int, seq: int) -> Ints:
    """Record of one event that has not been judged: its outcome is unknown.

    Examples
    --------
    >>> record = event_record("scans", {"event_id": 7, "member_id": 2}, 5, 1)
    >>> record[COLUMN["member"]], record[COLUMN["place"]]
    (np.int64(2), np.int64(5))
    """
    record = EMPTY.copy()
    for name, stored in _OF_TABLE[table].items():
        if stored in row and name != "outcome":
            record[COLUMN[name]] = row[stored]
    record[COLUMN["recorded_ms"]] = place >> TIE_BITS
    record[COLUMN["place"]], record[COLUMN["seq"]] = place, seq
    record[COLUMN["kind"]] = _KIND[table]
    return record


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
