"""Clean rows with every text turned into its number: what is compared and stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
from sqlalchemy.schema import CreateIndex, DropIndex

from features.contract import SUBJECT_KINDS, TABLES, Column, Table
from features.places import MISSING, Ints
from features.store.derived import SPHERE, on_sphere
from features.store.normalise import KNOWN_AT, ROW
from features.store.schema import AXES, STORED, STREAM, SUBJECTS, derived_columns, fact_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from features.store.entities import Entities
    from features.store.store import Store

BATCH: Final = 20_000
ASKED: Final = 2_000
"""Ids in one query; written into the statement, as drivers bound the number of variables."""
LOOKED_UP: Final = 50_000
"""Above so many ids, reading a whole table once is the quicker way."""
CHUNK: Final = 200_000
_LOOKUP: Final = (
    "SELECT {wanted} FROM {table} k CROSS JOIN {table} t "
    'WHERE k.program = ? AND k."{key}" IN ({asked}) '
    "AND t.program = k.program AND t.place = k.place AND t.seq = k.seq"
)
"""Through the index of ``key`` to the row; asked in one step, SQLite reads the whole program."""
UNCOMPARED: Final = ("recorded_at", "outcome")
"""Columns in which the same event may differ."""


@dataclass
class Facts:
    """Rows of one table as columns of integers; a column that is not there is unknown.

    Parameters
    ----------
    table : Table
        Whose rows these are.
    columns : dict of str to int64 array, each of shape (n,)
        ``row``, ``known_ms`` and the stored columns that came.
    people : Arrow table or None
        Texts kept apart, beside the rows.
    """

    table: Table
    columns: dict[str, Ints]
    people: pa.Table | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def get(self, name: str) -> Ints:
        """Values of a column, unknown where it did not come."""
        found = self.columns.get(name)
        return np.full(len(self), unknown(self.table, name)) if found is None else found

    def take(self, rows: Ints) -> Facts:
        """Choose some rows, in the order asked for."""
        return Facts(self.table, {name: cells[rows] for name, cells in self.columns.items()})


def unknown(table: Table, name: str) -> int:
    """Tell what stands for an unknown value of a stored column: 0 for ids.

    >>> from features.contract import SCANS
    >>> unknown(SCANS, "code_id"), unknown(SCANS, "amount") == MISSING
    (0, True)
    """
    if name in ("invoice", "claim", "referee") or name.startswith("subject_"):
        return 0
    return 0 if name in _ids(table.name) else MISSING


@cache
def _ids(table: str) -> frozenset[str]:
    return frozenset(column.name for column in TABLES[table].columns if column.type == "id")


def to_facts(table: Table, rows: pa.Table, entities: Entities) -> Facts:
    """Turn clean rows into numbers, giving new numbers to new names."""
    columns: dict[str, Ints] = {ROW: _ints(rows[ROW])}
    if KNOWN_AT.name in rows.column_names:
        columns["known_ms"] = _ints(rows[KNOWN_AT.name])
    for column in table.columns:
        if column.name in rows.column_names and column.type != "private":
            columns[column.name] = _numbers(column, rows, entities)
    for name in ("invoice", "claim"):
        if name in rows.column_names:
            columns[name] = entities.intern(name, rows[name])
    facts = Facts(table, columns, _people(table, rows))
    _add_axes(facts)
    if table.name == "referrals":
        _add_referee(facts, rows, entities)
    if table.name == "declarations":
        _add_subjects(facts, rows, entities)
    return facts


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.array(column.fill_null(MISSING), dtype=np.int64)


def _numbers(column: Column, rows: pa.Table, entities: Entities) -> Ints:
    if column.type != "id":
        return _ints(rows[column.name])
    kind = "subject" if column.kind == "subject" else column.kind
    return entities.intern(kind, rows[column.name])


def _people(table: Table, rows: pa.Table) -> pa.Table | None:
    private = [column.name for column in table.columns
               if column.type == "private" and column.name in rows.column_names]
    return rows.select(private) if private else None


def _add_axes(facts: Facts) -> None:
    names = SPHERE.get(facts.table.name, ())
    if names and all(name in facts.columns for name in names):
        lat, lon = (facts.columns[name] for name in names)
        facts.columns |= dict(zip(AXES, on_sphere(lat, lon), strict=True))


def _add_referee(facts: Facts, rows: pa.Table, entities: Entities) -> None:
    """Look the referee up as a member, or as an outlet where the row says so."""
    outlet = facts.get("referee_kind") == 1
    names = rows["referee_id"].cast(pa.large_string())
    facts.columns["referee"] = _chosen(names, outlet, "outlet", entities) + _chosen(
        names, ~outlet, "member", entities)


def _add_subjects(facts: Facts, rows: pa.Table, entities: Entities) -> None:
    kinds = facts.get("kind")
    names = rows["subject_id"].cast(pa.large_string())
    for kind in SUBJECTS:
        meant = [index for index, candidates in enumerate(SUBJECT_KINDS.values())
                 if kind in candidates]
        facts.columns[f"subject_{kind}"] = _chosen(names, np.isin(kinds, meant), kind, entities)


def _chosen(
    names: pa.ChunkedArray, chosen: np.ndarray[Any, np.dtype[np.bool_]], kind: str,
    entities: Entities,
) -> Ints:
    numbers = np.zeros(len(names), dtype=np.int64)
    if chosen.any():
        numbers[chosen] = entities.intern(kind, names.filter(pa.array(chosen)))
    return numbers


def body_columns(table: Table) -> tuple[str, ...]:
    """Columns in which two rows must be equal to be the same.

    >>> from features.contract import REFERRALS
    >>> "outcome" in body_columns(REFERRALS)
    False
    """
    return tuple(name for name in fact_columns(table) if name not in UNCOMPARED)


def is_same(left: Facts, left_rows: Ints, right: Facts, right_rows: Ints) -> Any:
    """Which pairs of rows of one table are equal in all columns that are compared."""
    same = np.ones(len(left_rows), dtype=bool)
    for name in body_columns(left.table):
        if name in left.columns or name in right.columns:
            same &= left.get(name)[left_rows] == right.get(name)[right_rows]
    return same


def insert(store: Store, program: int, facts: Facts) -> None:
    """Store rows; their columns must hold ``place`` and ``seq``."""
    stored = (*STREAM, *fact_columns(facts.table), *derived_columns(facts.table.name))
    names = [name for name in stored if name in facts.columns]
    indexes = STORED[facts.table.name].indexes if _fills(store, facts) else ()
    for index in indexes:
        store.connection.execute(DropIndex(index))
    store_rows(store, program, facts.table, names, [facts.columns[name] for name in names])
    for index in indexes:
        store.connection.execute(CreateIndex(index))


def _fills(store: Store, facts: Facts) -> bool:
    """Whether many rows go into an empty table: sorting them into its index later is quicker.

    Not where others write: an index that goes locks the table for every program.
    """
    return (store.is_sqlite and len(facts) > LOOKED_UP
            and not store.rows(f"SELECT 1 FROM {facts.table.name} LIMIT 1"))


def store_rows(
    store: Store, program: int, table: Table, names: list[str], columns: list[Ints]
) -> None:
    """Insert columns of integers, unknown as NULL."""
    sure = {name for name, cells in zip(names, columns, strict=True)
            if not (cells == unknown(table, name)).any()}
    statement = insert_statement(table, tuple(names), program, sure)
    for start in range(0, len(columns[0]), BATCH):
        cells = [column[start : start + BATCH].tolist() for column in columns]
        store.many(statement, zip(*cells, strict=True))


@cache
def event_insert(table: str) -> tuple[str, tuple[str, ...]]:
    """One event's INSERT with all its columns, and their names in order; unknown ones are None.

    >>> event_insert("referrals")[1][:4]
    ('program', 'place', 'seq', 'event_id')
    """
    names = ("program", *STREAM[:2], *fact_columns(TABLES[table]), *derived_columns(table))
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({listed}) VALUES ({marks})", names


def insert_statement(
    table: Table, names: tuple[str, ...], program: int, sure: Collection[str] = ()
) -> str:
    """One row's INSERT: the values of ``names`` in order, unknown ones as NULL.

    Columns that are ``sure`` have no unknown value.
    """
    listed = ", ".join(f'"{name}"' for name in ("program", *names))
    plain = {"place", "seq", *sure}
    marks = ", ".join("?" if name in plain else f"NULLIF(?, {unknown(table, name)})"
                      for name in names)
    return f"INSERT INTO {table.name} ({listed}) VALUES ({program}, {marks})"


def stored_facts(store: Store, program: int, table: Table, key: str, numbers: Ints) -> Facts:
    """Read the rows whose column ``key`` is one of ``numbers``, in (place, seq) order."""
    parts = list(stored_parts(store, program, table, key, numbers, CHUNK))
    rows = Facts(table, {name: np.concatenate([part.columns[name] for part in parts])
                         for name in _stored_names(table)})
    return rows.take(np.lexsort((rows.columns["seq"], rows.columns["place"])))


def stored_parts(
    store: Store, program: int, table: Table, key: str, numbers: Ints, size: int
) -> Iterator[Facts]:
    """Read the rows whose column ``key`` is one of ``numbers``, part after part, at least one.

    Few rows are looked up, many are found by reading the whole table.
    """
    names = _stored_names(table)
    wanted = ", ".join(column_value(table, name, "t") for name in names)
    last = store.rows(f"SELECT max(place) FROM {table.name} WHERE program = ?", (program,))[0][0]
    if last is None or len(numbers) < LOOKED_UP:
        yield _facts(table, names, [np.empty((0, len(names)), dtype=np.int64), *(
            store.ints(_LOOKUP.format(wanted=wanted, asked=_listed(some), table=table.name,
                                      key=key), (program,), len(names))
            for some in _batches(numbers if last is not None else numbers[:0], ASKED))])
        return
    place, seq = -1, -1
    asked = np.sort(numbers)
    at = names.index(key)
    while True:
        found = store.ints(
            f"SELECT {wanted} FROM {table.name} t WHERE t.program = ? AND (t.place, t.seq) > "
            "(?, ?) ORDER BY t.place, t.seq LIMIT ?", (program, place, seq, size), len(names))
        if not len(found):
            return
        place, seq = (int(cell) for cell in found[-1, :2])
        near = asked[np.minimum(np.searchsorted(asked, found[:, at]), len(asked) - 1)]
        yield _facts(table, names, [found[near == found[:, at]]])


def _facts(table: Table, names: tuple[str, ...], parts: list[Ints]) -> Facts:
    matrix = np.concatenate(parts)
    return Facts(table, {name: np.ascontiguousarray(matrix[:, index])
                         for index, name in enumerate(names)})


def _stored_names(table: Table) -> tuple[str, ...]:
    return (*STREAM, *fact_columns(table), *derived_columns(table.name))


def _listed(numbers: Ints) -> str:
    return ", ".join(map(str, numbers.tolist()))


def _batches(numbers: Ints, size: int) -> Iterator[Ints]:
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


def column_value(table: Table, name: str, alias: str = "") -> str:
    """Write SQL for a stored column with unknown as its integer.

    >>> from features.contract import SCANS
    >>> column_value(SCANS, "code_id", "t")
    'COALESCE(t."code_id", 0)'
    """
    where = f'{alias}."{name}"' if alias else f'"{name}"'
    if name in ("place", "seq"):
        return where
    return f"COALESCE({where}, {unknown(table, name)})"
