"""DuckDB: the script in one process, on disk where memory is short."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from features.errors import BadInput, Unavailable
from features.sql.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from features.sql.stage import Part


class DuckDB(Engine):
    """Runs a script in a database file of its own.

    Parameters
    ----------
    folder : path
        Scratch space; what memory can't hold goes there too.
    memory_limit : str
        As DuckDB reads it, for example ``4GB``; empty: ``JAGA_DUCKDB_MEMORY``, else DuckDB's own
        limit, 80 % of the machine's memory.
    threads : int
        0: ``JAGA_DUCKDB_THREADS``, else one for each core.

    Raises
    ------
    Unavailable
        DuckDB is not installed.
    """

    def __init__(self, folder: Path, memory_limit: str = "", threads: int = 0) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True, exist_ok=True)
        config: dict[str, Any] = {
            "temp_directory": str(folder / "spilled"), "preserve_insertion_order": "false"}
        if limit := memory_limit or os.environ.get("JAGA_DUCKDB_MEMORY", ""):
            config["memory_limit"] = limit
        if count := threads or int(os.environ.get("JAGA_DUCKDB_THREADS", "0")):
            config["threads"] = count
        self._connection = _duckdb().connect(str(folder / "stages.duckdb"), config=config)

    def open(self, rows: int) -> None:
        """Make ``records`` readable; the result may be read in any slices."""
        parts = str(self.records / "*.parquet").replace("'", "''")
        self._do(f"CREATE OR REPLACE VIEW records AS SELECT * FROM read_parquet('{parts}')")

    def make(self, name: str, text: str) -> None:
        """Make a table of a SELECT."""
        self._do(f"CREATE OR REPLACE TABLE {name} AS\n{text}")

    def keep(self, name: str, text: str) -> None:
        """Make a table of a SELECT, by position, so that a slice reads its own blocks alone."""
        self.make(name, f"{text}\nORDER BY pos")

    def rename(self, name: str, to: str) -> None:
        """Put a table in another's place."""
        self._do(f"DROP TABLE {to}")
        self._do(f"ALTER TABLE {name} RENAME TO {to}")

    def drop(self, name: str) -> None:
        """Forget a table."""
        self._do(f"DROP TABLE {name}")

    def is_pending(self, name: str) -> bool:
        """Whether a row of a table has ``pending`` 1."""
        return self._do(f"SELECT MAX(pending) FROM {name}").fetchall() == [(1,)]

    def read(self, part: Part, first: int, end: int) -> pa.Table:
        """Give the rows of a part with positions in ``[first, end)``, in their order."""
        with _in_range():
            # Not through execute: its Arrow batches may come in another order.
            return self._connection.sql(part.slice(first, end)).to_arrow_table()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def _do(self, text: str) -> Any:
        with _in_range():
            return self._connection.execute(text)


@contextmanager
def _in_range() -> Iterator[None]:
    """Say which error a number beyond 64 bits is."""
    duckdb = _duckdb()
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        raise BadInput("a number that fits into 64 bits", str(error).splitlines()[0],
                       "look for values out of all proportion in the records") from error


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise Unavailable("DuckDB", "an installation without it",
                          "install jaga with its extra sql: pip install 'jaga[sql]'") from error
    return duckdb
