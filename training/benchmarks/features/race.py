"""Engines end to end, each in a process of its own, on the same two cores, in turns.

The clock starts when the packages are loaded and a log of a thousand events has gone through, so
that neither imports nor just-in-time compilation count for anybody; it stops when the Parquet file
is written.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq

from features.catalog import CATALOG
from training.benchmarks.features.declared import TWENTY_FIVE
from training.benchmarks.features.duckdb import duckdb_native, duckdb_rewritten
from training.benchmarks.features.floor import floor_of
from training.benchmarks.features.ours import batch
from training.benchmarks.features.pandas import pandas_peer
from training.benchmarks.features.polars import polars_peer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from features.progress import Progress
    from training.benchmarks.features.child import Run

PEERS: Final = {
    "duckdb": duckdb_native, "duckdb-rewritten": duckdb_rewritten, "polars": polars_peer,
    "pandas": pandas_peer,
}
CATALOGS: Final = {"25": TWENTY_FIVE, "all": CATALOG}
"""What is computed: the twenty-five of the peers, or every feature of the catalogue."""


def race(
    log: Path, warm: Path, repeats: Mapping[str, int], catalog: str, progress: Progress,
    run: Run,
) -> dict[str, dict[str, Any]]:
    """Run engines in turns, so often each; the features go into ``CATALOG-ENGINE.parquet``.

    Parameters
    ----------
    log, warm : Path
        The log, and a small one of the same columns.
    repeats : mapping
        How often each of ``jaga``, ``floor`` and `PEERS` runs; ``jaga`` comes first.
    catalog : str
        One of `CATALOGS`; the peers know only ``25``.
    progress : callable
        Told of each run.
    run : callable
        `child.run_child`, or in tests `child.run_here`.

    Returns
    -------
    dict
        By engine: median ``seconds``, all ``times``, ``cpu_seconds`` of all threads, ``peak_mb``.

    Raises
    ------
    Unavailable
        An engine is not installed or failed.
    """
    runs: dict[str, list[dict[str, Any]]] = {engine: [] for engine in repeats}
    total, done = sum(repeats.values()), 0
    for turn in range(max(repeats.values())):
        for engine in [engine for engine, wanted in repeats.items() if turn < wanted]:
            runs[engine].append(run(__name__, engine, catalog, log, warm))
            done += 1
            progress(f"{catalog} features, {log.stem}", done, total)
    return {engine: _summary(found) for engine, found in runs.items()}


def written(log: Path, engine: str, catalog: str) -> Path:
    """Where an engine writes its features of a log."""
    return log.with_name(f"{log.stem}-{catalog}-{engine}.parquet")


def _summary(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    times = [run["seconds"] for run in runs]
    return {
        "seconds": statistics.median(times), "times": times,
        "cpu_seconds": statistics.median(run["cpu_seconds"] for run in runs),
        "peak_mb": max(run["peak_mb"] for run in runs),
    }


def _engine(name: str, catalog: str, log: Path) -> Callable[[Path, Path], None]:
    if name == "jaga":
        return lambda log, out: batch(CATALOGS[catalog], log, out)
    if name == "floor":
        return floor_of(pq.read_table(written(log, "jaga", catalog)).combine_chunks())
    return PEERS[name]


def measure(name: str, catalog: str, log: str, warm: str) -> dict[str, float]:
    """Run one engine once, after a small log: ``seconds`` and ``cpu_seconds`` of all threads."""
    whole, small = Path(log), Path(warm)
    engine = _engine(name, catalog, whole)
    engine(small, written(small, name, catalog))
    started, busy = time.perf_counter(), time.process_time()
    engine(whole, written(whole, name, catalog))
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    return {"seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3)}
