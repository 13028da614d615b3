"""The live state, one event at a time: its latency, its values beside batch, its recovery."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.engine.state import State
from features.records import COLUMN, SCORED
from training.benchmarks.features.compare import Written, count_differing
from training.benchmarks.features.ours import ZONE, read_slices
from training.benchmarks.features.race import CATALOGS, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.engine.declarations import Catalog
    from features.engine.state import Floats
    from features.places import Ints
    from training.benchmarks.features.child import Run

TIMED: Final = 100_000
"""The last so many events are timed; all those before warm the state."""
_KIND: Final = COLUMN["kind"]


def measure_live(log: Path, warm: Path, catalog: str, run: Run) -> dict[str, Any]:
    """Feed a log one event at a time to an embedded state, and recover it.

    Parameters
    ----------
    log, warm : Path
        Records whose features batch has written (`race.race`), and a small log of them.
    catalog : str
        One of `CATALOGS`.
    run : callable
        `child.run_child`, or in tests `child.run_here`.

    Returns
    -------
    dict
        ``us_p50, us_p99, us_max`` of update and read; ``values`` compared with batch and
        ``differing`` ones; ``recovery_per_s`` events; ``save_s, load_s, snapshot_mb``;
        ``peak_mb``.
    """
    return run(__name__, catalog, log, warm)


def live_rows(
    state: State, slices: Iterator[Ints], nanoseconds: list[int]
) -> Iterator[Floats]:
    """Yield the features of each slice, every event observed and settled by itself.

    Parameters
    ----------
    nanoseconds : list of int
        Filled with what each judged event took.
    """
    clock = time.perf_counter_ns
    for records in slices:
        rows = []
        for record in records:
            if record[_KIND] < SCORED:
                started = clock()
                row = state.observe(record)
                state.settle(record)
                nanoseconds.append(clock() - started)
                rows.append(row)
            else:
                state.advance(record.reshape(1, -1))
        yield np.array(rows).reshape(-1, len(state.catalog.names))


def _latency(catalog: Catalog, log: Path, batch: Path) -> dict[str, Any]:
    nanoseconds: list[int] = []
    values = differing = 0
    with Written(batch, catalog.names) as ours:
        for rows in live_rows(State(catalog, ZONE), read_slices(log), nanoseconds):
            values += rows.size
            differing += count_differing(rows, ours.take(len(rows)))
        differing += ours.left() * len(catalog.names)
    last = np.array(nanoseconds[-TIMED:]) / 1000
    p50, p99 = np.percentile(last, [50, 99])
    return {"us_p50": round(float(p50), 2), "us_p99": round(float(p99), 2),
            "us_max": round(float(last.max()), 1), "values": values, "differing": differing}


def _recovery(catalog: Catalog, log: Path) -> dict[str, Any]:
    state = State(catalog, ZONE)
    path = log.with_name("snapshot.npz")
    seconds, events = 0.0, 0
    for records in read_slices(log):
        started = time.perf_counter()
        state.advance(records)
        seconds += time.perf_counter() - started
        events += int((records[:, _KIND] < SCORED).sum())
    started = time.perf_counter()
    state.save(path)
    saved = time.perf_counter()
    State.load(path, catalog, ZONE)
    loaded = time.perf_counter()
    return {"recovery_per_s": round(events / seconds), "save_s": round(saved - started, 3),
            "load_s": round(loaded - saved, 3), "snapshot_mb": round(path.stat().st_size / 1e6, 1)}


def measure(name: str, log: str, warm: str) -> dict[str, Any]:
    """Measure one catalogue on one log, after a small one."""
    catalog, whole = CATALOGS[name], Path(log)
    _recovery(catalog, Path(warm))
    recovery = _recovery(catalog, whole)
    return {**_latency(catalog, whole, written(whole, "jaga", name)), **recovery}
