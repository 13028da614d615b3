"""One run of the benchmark: every engine, live, recovery and parity, and the figures on top."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.progress import Progress, silent
from training.benchmarks.features.bench import QUICK_ROWS, Bench
from training.benchmarks.features.child import run_child
from training.benchmarks.features.race import CATALOGS
from training.benchmarks.features.table import table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from features.engine.declarations import Catalog
    from training.benchmarks.features.child import Run

    Figures = dict[str, Any]
    Shared = Callable[[Catalog, Path], Mapping[str, Any]]

ROWS: Final = 1_000_000
_PEERS: Final = ("pandas", "duckdb", "polars", "floor")


def benchmark(
    data: Path | None = None, rows: Sequence[int] = (ROWS,), quick: bool = False, seed: int = 0,
    spark: int = 0, progress: Progress = silent, shared: Shared | None = None,
    run: Run = run_child,
) -> Figures:
    """Measure batch, live and recovery, and compare all values.

    Parameters
    ----------
    data : Path, optional
        Folder with room for the logs, which go when all is done; None: the system's.
    rows : sequence of int
        Sizes of the log, in events. The first one gives the figures on top and the live ones.
    quick : bool
        `QUICK_ROWS` events instead, each engine once, to see whether all works.
    seed : int
        Of the log.
    spark : int
        Events on which the SQL runs in Spark too; 0: none.
    progress : callable
        Told of each step.
    shared : callable, optional
        Measures the live store that replicas share, given a catalogue and a log.
    run : callable
        Runs one measurement; a process of its own each.

    Returns
    -------
    dict
        ``rows, ratio_pandas, ratio_duckdb, ratio_polars, ratio_floor, live_us_p50, live_us_p99,
        recovery_per_s, differing_values``; ``compared_values``, ``growth`` (cost of an event at
        the second size beside the first), ``live``, ``sql``, ``runs`` by size, and a ``table``.

    Raises
    ------
    Unavailable
        DuckDB, polars or, where it is asked for, Spark is not installed.
    """
    sizes = (QUICK_ROWS,) if quick else tuple(rows)
    with tempfile.TemporaryDirectory(prefix="jaga-features-", dir=data) as scratch:
        bench = Bench(Path(scratch), seed, progress, run)
        runs = {str(size): bench.batch(size) for size in sizes}
        live = {name: bench.live(sizes[0], name) for name in CATALOGS}
        if shared is not None:
            live["shared"] = dict(shared(CATALOGS["25"], bench.log(sizes[0], "25")))
        sql = {f"duckdb {name}": bench.sql(sizes[0], name, "duckdb") for name in CATALOGS}
        if spark:
            sql |= {f"spark {name}": _spark(bench, spark, name) for name in CATALOGS}
    return _summary(sizes[0], bench, {"live": live, "sql": sql, "runs": runs})


def _spark(bench: Bench, rows: int, catalog: str) -> Figures:
    bench.race(rows, catalog, {"jaga": 1})
    return bench.sql(rows, catalog, "spark")


def _summary(rows: int, bench: Bench, parts: dict[str, Any]) -> Figures:
    runs, live = parts["runs"], parts["live"]["25"]
    first, compared = runs[str(rows)]["25"], bench.compared
    speeds = [run["25"]["events_per_s"] for run in runs.values()]
    found = {
        "rows": rows,
        **{key: first[key] for peer in _PEERS if (key := f"ratio_{peer}") in first},
        "live_us_p50": live["us_p50"], "live_us_p99": live["us_p99"],
        "recovery_per_s": live["recovery_per_s"],
        "differing_values": sum(one.differing for one in compared.values()),
        "compared_values": sum(one.values for one in compared.values()),
        **({"growth": round(speeds[0] / speeds[1], 2)} if len(speeds) > 1 else {}),
        "compared": {name: one._asdict() for name, one in compared.items()}, **parts,
    }
    return {**found, "table": table(found)}
