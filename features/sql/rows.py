"""Feature rows from a script: an engine's integers, made features by the one evaluator."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.engine.expression import evaluate
from features.engine.zone import offsets
from features.errors import BadInput
from features.places import MISSING
from features.sql.duckdb_engine import DuckDB
from features.sql.export import write_records
from features.sql.script import KEYS, compile_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa

    from features.engine.declarations import Catalog
    from features.places import Ints
    from features.sql.engine import Engine
    from features.sql.stage import Script

Floats = npt.NDArray[np.float64]
ENGINES: Final = ("duckdb", "spark")
ROWS: Final = 100_000
"""Records whose result is held at a time."""


def sql_features(
    slices: Iterable[Ints], catalog: Catalog, timezone: str, engine: str = "duckdb",
    folder: Path | None = None, rows: int = ROWS, **settings: Any,
) -> Iterator[tuple[pd.DataFrame, Floats]]:
    """Yield slices of keys and features of every judged record, in place order.

    Parameters
    ----------
    slices : iterable of int64, shape (n, len(COLUMNS))
        Records in the order of place, then seq: `Journal.records`, or `read_parts` of files.
    catalog, timezone
        As of `features.engine.state.State`.
    engine : str
        ``duckdb`` or ``spark``.
    folder : path, optional
        Where the scratch folder is made that goes with the run; None: ``JAGA_SCRATCH``, else
        the system's. On a cluster every machine must see it under this path.
    rows : int
        Records whose result is held at a time.
    settings
        As of `DuckDB` or `Spark`.

    Yields
    ------
    keys : DataFrame
        ``event, kind, member, place, points`` as integers, one row a record.
    matrix : float64, shape (n, features)
        In the order of ``catalog.names``, NaN where unknown; the bits of the kernel.

    Raises
    ------
    Unavailable
        The engine is not installed.
    """
    script = compile_sql(catalog, offsets(timezone))
    with _opened(engine, folder, settings) as opened:
        count = write_records(slices, opened.records)
        if not count:
            return
        for table in opened.run(script, count, rows):
            if len(table):
                yield keys_of(table), evaluated(script, table)


def sql_rows(
    slices: Iterable[Ints], catalog: Catalog, timezone: str, engine: str = "duckdb",
    folder: Path | None = None, **settings: Any,
) -> Iterator[tuple[Ints, Floats]]:
    """Yield places and features, as `sql_features` does with all keys."""
    for keys, matrix in sql_features(slices, catalog, timezone, engine, folder, **settings):
        yield keys["place"].to_numpy(), matrix


def evaluated(script: Script, table: pa.Table) -> Floats:
    """Make features of integers, shape (n, features)."""
    integers = np.empty((len(table), len(script.columns)), np.int64)
    for i, name in enumerate(script.columns):
        integers[:, i] = table.column(name).cast("int64").fill_null(MISSING).to_numpy()
    out = np.empty((len(table), len(script.starts) - 1))
    evaluate(script.code, script.starts, integers, out)
    return out


def keys_of(table: pa.Table) -> pd.DataFrame:
    """Give the keys of a result's rows."""
    return pd.DataFrame({name: table.column(name).to_numpy() for name in KEYS})


@contextmanager
def _opened(engine: str, folder: Path | None, settings: dict[str, Any]) -> Iterator[Engine]:
    make = _engine(engine)
    parent = folder or os.environ.get("JAGA_SCRATCH") or None
    with tempfile.TemporaryDirectory(prefix="jaga-", dir=parent) as scratch:
        opened = make(Path(scratch), **settings)
        try:
            yield opened
        finally:
            opened.close()


def _engine(name: str) -> Callable[..., Engine]:
    if name == "duckdb":
        return DuckDB
    if name == "spark":
        from features.sql.spark_engine import Spark

        return Spark
    raise BadInput(f"an engine among {', '.join(ENGINES)}", f"'{name}'", "name one of them")
