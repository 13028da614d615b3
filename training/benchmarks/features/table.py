"""What the benchmark of the features prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.benchmarks.features.child import CORES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def table(found: Mapping[str, Any]) -> str:
    """Print every engine's run, the live figures and what was compared, a line each."""
    return "\n".join([
        *_batch(found["runs"]), "",
        *_named("Live, update and read, one event at a time", found["live"]), "",
        *_named("The declarations as SQL", found["sql"]), "", *_compared(found["compared"])])


def _batch(runs: Mapping[str, Any]) -> Iterator[str]:
    yield f"\nBatch, Parquet to Parquet, {CORES} cores"
    yield (f"{'events':>12} {'features':>8}  {'engine':18}{'s':>9}{'cpu s':>9}{'events/s':>12}"
           f"{'MB':>8}")
    for rows, catalogs in runs.items():
        for catalog, run in catalogs.items():
            for engine, one in run["engines"].items():
                speed = int(rows) / one["seconds"]
                yield (f"{int(rows):12,} {catalog:>8}  {engine:18}{one['seconds']:9.2f}"
                       f"{one['cpu_seconds']:9.2f}{speed:12,.0f}{one['peak_mb']:8,}")


def _named(heading: str, figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield heading
    for name, one in figures.items():
        yield f"{name:>12} " + "  ".join(f"{key} {value}" for key, value in one.items())


def _compared(compared: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    yield "Values compared with batch"
    for name, one in compared.items():
        yield f"{name:>34} {one['values']:14,} compared {one['differing']:8,} differ"
