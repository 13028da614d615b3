"""Verbs that measure Jaga against named peers and published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.console import progress_bars
from jaga.options import FOLDER
from jaga.verb import verb

if TYPE_CHECKING:
    from pathlib import Path

BENCHMARKS = {
    "fraud-handbook": "training.benchmarks.fraud_handbook",
    "inactivity": "training.benchmarks.inactivity",
}


@verb("measure")
@click.argument("name", type=click.Choice(sorted(BENCHMARKS)))
@click.option("--data", type=FOLDER, required=True, help="Folder of the public data sets.")
@click.option("--seed", type=int, default=0, show_default=True)
def benchmark(home: Path, program: str | None, name: str, data: Path, seed: int) -> Any:
    """Measure on public data, beside the published figures."""
    import importlib

    with progress_bars() as progress:
        room = importlib.import_module(BENCHMARKS[name])
        return room.benchmark(data, progress=progress, seed=seed)
