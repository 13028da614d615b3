"""The same declarations as SQL, in DuckDB or Spark, beside what batch wrote."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.sql.rows import sql_rows
from training.benchmarks.features.compare import Written, count_differing
from training.benchmarks.features.ours import ZONE, read_slices
from training.benchmarks.features.race import CATALOGS, written

if TYPE_CHECKING:
    from training.benchmarks.features.child import Run

_SETTINGS: Final[dict[str, dict[str, Any]]] = {"duckdb": {"threads": 2}, "spark": {}}


def measure_sql(log: Path, catalog: str, engine: str, run: Run) -> dict[str, Any]:
    """Run a catalogue's SQL over a log and compare it with batch.

    Parameters
    ----------
    log : Path
        Records whose features batch has written (`race.race`).
    catalog : str
        One of `CATALOGS`.
    engine : str
        ``duckdb`` or ``spark``.
    run : callable
        `child.run_child`, or in tests `child.run_here`.

    Returns
    -------
    dict
        ``seconds``, ``values`` compared, ``differing`` ones, ``peak_mb`` (of Spark without its
        Java process).
    """
    return run(__name__, engine, catalog, log)


def measure(engine: str, name: str, log: str) -> dict[str, Any]:
    """Compare one catalogue on one log."""
    catalog, path = CATALOGS[name], Path(log)
    values = differing = 0
    started = time.perf_counter()
    with Written(written(path, "jaga", name), catalog.names) as ours:
        rows = sql_rows(read_slices(path), catalog, ZONE, engine, path.parent, **_SETTINGS[engine])
        for places, matrix in rows:
            values += matrix.size
            differing += count_differing(matrix[np.argsort(places)], ours.take(len(matrix)))
        differing += ours.left() * len(catalog.names)
    return {"seconds": round(time.perf_counter() - started, 2), "values": values,
            "differing": differing}
