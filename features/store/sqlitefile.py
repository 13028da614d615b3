"""How one SQLite file is opened, begun and planned for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import sqlalchemy as sql

CACHE_MB: Final = 256
"""Page cache of a writing connection: the inner pages of the indexes of some million rows."""
READ_CACHE_KIB: Final = 32_768
MAPPED_BYTES: Final = 1 << 30
LOG_PAGES: Final = 1_000
"""Pages written ahead at which a commit moves them into the file (SQLite's own default)."""
GUARD_PAGES: Final = 131_072
"""The same where a thread beside the commits does it: 512 MB, should that thread fail."""
SUPPOSED_ROWS: Final = 1_000_000
"""Rows of a table that SQLite plans for."""


def open_file(connection: Any, busy_ms: int, log_pages: int) -> None:
    """Leave transactions to us; a commit is on the disk when it returns."""
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "temp_store = MEMORY",
                   f"busy_timeout = {busy_ms}", f"mmap_size = {MAPPED_BYTES}",
                   f"cache_size = -{READ_CACHE_KIB}", f"wal_autocheckpoint = {log_pages}"):
        connection.execute(f"PRAGMA {pragma}")


def enlarge_cache(connection: sql.Connection, megabytes: int = CACHE_MB) -> None:
    """Give a connection that writes the larger page cache, once."""
    if not connection.info.get("jaga_large_cache"):
        driver: Any = connection.connection.dbapi_connection
        driver.execute(f"PRAGMA cache_size = -{megabytes * 1024}")
        connection.info["jaga_large_cache"] = True


def tell_planner(connection: sql.Connection) -> None:
    """Tell SQLite that nearly all rows are of one program.

    Without statistics it takes the first column of a primary key, the program, for a good
    filter, and reads a whole program where an index would find the row. The numbers have the form
    that ANALYZE writes (SQLite, "The ANALYZE command"): rows, then rows per distinct prefix.
    """
    connection.exec_driver_sql("ANALYZE sqlite_schema")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    tables = connection.exec_driver_sql(
        "SELECT name, sql LIKE '%WITHOUT ROWID%' FROM sqlite_schema WHERE type = 'table'")
    for table, is_key in tables.fetchall():
        for _, index, unique, origin, _ in connection.exec_driver_sql(
            f'PRAGMA index_list("{table}")').fetchall():
            columns = connection.exec_driver_sql(f'PRAGMA index_info("{index}")').fetchall()
            shares = [str(max(SUPPOSED_ROWS // 1000 ** min(place, 3), 1 if unique else 10))
                      for place in range(len(columns))]
            shares[-1] = "1" if unique else shares[-1]
            name = table if is_key and origin == "pk" else index
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (
                table, name, " ".join([str(SUPPOSED_ROWS), *shares])))
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def begin(connection: sql.Connection) -> None:
    """Begin a transaction, to write where ``jaga_writing`` says so, past SQLAlchemy's slow way."""
    writing = connection.get_execution_options().get("jaga_writing", False)
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
