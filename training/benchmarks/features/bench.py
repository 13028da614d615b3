"""The steps of the feature benchmark over the logs of one folder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from training.benchmarks.features.compare import Compared, compare_files
from training.benchmarks.features.facts import write_facts
from training.benchmarks.features.live import measure_live
from training.benchmarks.features.log import Log, write_log
from training.benchmarks.features.parity import measure_sql
from training.benchmarks.features.race import PEERS, race, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from features.progress import Progress
    from training.benchmarks.features.child import Run

    Figures = dict[str, Any]

QUICK_ROWS: Final = 50_000
WARM_ROWS: Final = 1000
SLOW: Final = 2_000_000
"""From more events on, pandas is left out and the other peers run once."""
STREAMED: Final = 20_000_000
"""From more events on, ours alone runs, once, on the twenty-five."""


class Bench:
    """Logs of any size, what is measured on them, and what was compared.

    Parameters
    ----------
    folder : Path
        Where logs and features are written.
    seed : int
        Of the logs.
    progress : callable
        Told of each step.
    run : callable
        `child.run_child`, or in tests `child.run_here`.
    """

    def __init__(self, folder: Path, seed: int, progress: Progress, run: Run) -> None:
        self.folder, self.seed, self.progress, self.run = folder, seed, progress, run
        self.compared: dict[str, Compared] = {}

    def log(self, rows: int, catalog: str) -> Path:
        """Path of the log of so many events that a catalogue reads; written once."""
        path = self.folder / f"{'events' if catalog == '25' else 'records'}-{rows}.parquet"
        if not path.exists():
            write = write_log if catalog == "25" else write_facts
            write(Log(rows, self.seed), path, self.progress)
        return path

    def batch(self, rows: int) -> Figures:
        """Race the engines on the twenty-five, then ours and the floor on the whole catalogue."""
        found = {"25": self.race(rows, "25", repeats(rows))}
        if rows <= STREAMED:
            found["all"] = self.race(rows, "all", {"jaga": 1, "floor": 1})
        return found

    def race(self, rows: int, catalog: str, wanted: Mapping[str, int]) -> Figures:
        """Race engines on a log, and compare the peers' values with ours."""
        log, warm = self.log(rows, catalog), self.log(WARM_ROWS, catalog)
        engines = race(log, warm, wanted, catalog, self.progress, self.run)
        for peer in sorted(PEERS.keys() & engines.keys()):
            self.compared[f"{peer} {catalog}, {rows} events"] = compare_files(
                written(log, "jaga", catalog), written(log, peer, catalog))
        return {**ratios(engines), "events_per_s": round(rows / engines["jaga"]["seconds"]),
                "engines": engines}

    def live(self, rows: int, catalog: str) -> Figures:
        """Measure the embedded live state, and compare it with batch."""
        return self._compared(f"live {catalog}", lambda: measure_live(
            self.log(rows, catalog), self.log(WARM_ROWS, catalog), catalog, self.run))

    def sql(self, rows: int, catalog: str, engine: str) -> Figures:
        """Run the declarations as SQL, and compare them with batch."""
        return self._compared(f"{engine} sql {catalog}, {rows} events", lambda: measure_sql(
            self.log(rows, catalog), catalog, engine, self.run))

    def _compared(self, what: str, measure: Callable[[], Figures]) -> Figures:
        self.progress(what, 0, 1)
        found = measure()
        self.compared[what] = Compared(found["values"], found["differing"])
        self.progress(what, 1, 1)
        return found


def repeats(rows: int) -> dict[str, int]:
    """How often each engine runs the twenty-five on so many events; ours comes first."""
    if rows <= QUICK_ROWS:
        return dict.fromkeys(("jaga", "floor", *PEERS), 1)
    if rows > STREAMED:
        return {"jaga": 1}
    if rows > SLOW:
        return {"jaga": 3, "floor": 3, "duckdb": 1, "duckdb-rewritten": 1, "polars": 1}
    return {"jaga": 5, "floor": 5, "duckdb": 2, "duckdb-rewritten": 2, "polars": 3, "pandas": 1}


def ratios(engines: Mapping[str, Figures]) -> Figures:
    """Time of each peer as a multiple of ours, the faster form of DuckDB; ours of the floor.

    >>> one = {"seconds": 2.0}
    >>> ratios({"jaga": one, "floor": one, "duckdb": {"seconds": 9.0}, "duckdb-rewritten": one})
    {'ratio_floor': 1.0, 'ratio_duckdb': 1.0}
    """
    seconds = {engine: figures["seconds"] for engine, figures in engines.items()}
    ours = seconds.pop("jaga")
    floor = seconds.pop("floor", None)
    found: Figures = {"ratio_floor": round(ours / floor, 2)} if floor else {}
    for engine, taken in seconds.items():
        name = f"ratio_{engine.partition('-')[0]}"
        found[name] = min(round(taken / ours, 2), found.get(name, math.inf))
    return found
