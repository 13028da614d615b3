"""Whole tables of a store as Parquet files and back, whichever store it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.store.store import Store

LEFT_OUT: Final = frozenset({"alembic_version", "sessions", "handovers"})
"""Whoever was signed in signs in again; answers of hand-overs are of use for a moment only."""
PAGE: Final = 5_000
"""Rows in memory at a time: verdicts are some kilobytes each."""


def tables_of(store: Store) -> list[sql.Table]:
    """Tables of a store that a backup holds, by name, as they are there."""
    metadata = sql.MetaData()
    metadata.reflect(bind=store.connection)
    return [table for name, table in sorted(metadata.tables.items()) if name not in LEFT_OUT]


def write_table(store: Store, table: sql.Table, path: Path) -> int:
    """Write a table's rows to a Parquet file, in the order of its key; how many rows."""
    schema = pa.schema([(column.name, _type(column)) for column in table.columns])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _pages(store, table):
            columns = zip(schema, zip(*rows, strict=True), strict=True)
            writer.write_table(pa.table([_array(field.type, cells) for field, cells in columns],
                                        schema=schema))
            count += len(rows)
    return count


def read_table(store: Store, name: str, path: Path) -> int:
    """Insert the rows of a Parquet file into a table; how many rows."""
    file = pq.ParquetFile(path)
    columns = file.schema_arrow.names
    listed = ", ".join(f'"{column}"' for column in columns)
    count = 0
    for batch in file.iter_batches(PAGE):
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        if store.is_sqlite:
            store.many(f"INSERT INTO {name} ({listed}) VALUES "
                       f"({', '.join('?' * len(columns))})", rows)
        else:
            _copy(store, f"COPY {name} ({listed}) FROM STDIN", rows)
        count += batch.num_rows
    return count


def count_on(store: Store, tables: list[sql.Table]) -> None:
    """Have PostgreSQL go on counting behind the numbers that came with the rows."""
    if store.is_sqlite:
        return
    for table in tables:
        for column in table.primary_key.columns:
            sequence = store.rows("SELECT pg_get_serial_sequence(?, ?)",
                                  (table.name, column.name))[0][0]
            if sequence:
                store.run(f"SELECT setval(?, GREATEST((SELECT max({column.name}) "
                          f"FROM {table.name}), 1))", (sequence,))


def _type(column: sql.Column[Any]) -> pa.DataType:
    kinds = ((sql.LargeBinary, pa.binary()), (sql.Integer, pa.int64()),
             (sql.Numeric, pa.float64()), (sql.Float, pa.float64()))
    return next((kind for word, kind in kinds if isinstance(column.type, word)), pa.string())


def _array(kind: pa.DataType, cells: tuple[Any, ...]) -> pa.Array:
    if pa.types.is_binary(kind):  # some drivers give views of bytes
        return pa.array([None if cell is None else bytes(cell) for cell in cells], kind)
    return pa.array(cells, kind)


def _pages(store: Store, table: sql.Table) -> Iterator[list[tuple[Any, ...]]]:
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]
    listed, order = (", ".join(f'"{name}"' for name in some) for some in (names, keys))
    at = [names.index(name) for name in keys]
    where, last = "", ()
    while True:
        rows = store.rows(f"SELECT {listed} FROM {table.name} {where} ORDER BY {order} "
                          f"LIMIT {PAGE}", last)
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        where = f"WHERE ({order}) > ({', '.join('?' * len(keys))})"
        last = tuple(rows[-1][index] for index in at)


def _copy(store: Store, statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
    driver: Any = store.connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
