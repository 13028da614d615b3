"""Verbs that measure Jaga against named peers and published figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jaga.console import progress_bars
from jaga.options import FOLDER
from jaga.verb import verb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.engine.declarations import Catalog

BENCHMARKS = {
    "allocation": "training.benchmarks.allocation",
    "anomaly-adbench": "training.benchmarks.anomaly_adbench",
    "drift-worlds": "training.benchmarks.drift_worlds",
    "features": "training.benchmarks.features",
    "fraud-worlds": "jaga.worlds",
    "fraud-handbook": "training.benchmarks.fraud_handbook",
    "inactivity": "training.benchmarks.inactivity",
    "inactivity-worlds": "training.benchmarks.inactivity_worlds",
    "missions-worlds": "jaga.mission_worlds",
    "nightly": "jaga.speed.nightly",
    "nudge-worlds": "training.benchmarks.nudge_worlds",
    "reasons": "training.benchmarks.reasons",
    "renewal-worlds": "jaga.renewal_worlds",
    "rings-rev2": "training.benchmarks.rings_rev2",
    "scoring": "training.benchmarks.scoring",
    "uplift-hillstrom": "training.benchmarks.uplift_hillstrom",
    "verdict": "jaga.speed.verdict",
}
GENERATED = {"allocation": ("members",), "drift-worlds": ("worlds", "members", "days"),
             "features": ("rows", "quick", "spark", "shared"),
             "fraud-worlds": ("worlds", "members", "days"),
             "inactivity-worlds": ("worlds", "members", "days"),
             "missions-worlds": ("worlds", "members", "days"),
             "nightly": ("members", "days"),
             "nudge-worlds": ("worlds", "members", "days", "quick"), "reasons": ("quick",),
             "renewal-worlds": ("worlds", "members", "days"),
             "scoring": ("members",),
             "verdict": ("members", "days", "seconds", "database", "redis")}
"""Benchmarks that make their own data, and their options, which mean nothing to the others."""
SHARED_EVENTS = 5000
"""Events timed through the shared store."""


@verb("measure")
@click.argument("name", type=click.Choice(sorted(BENCHMARKS)))
@click.option("--data", type=FOLDER,
              help="Folder of the public data sets; features: room for its logs.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
@click.option("--rows", type=click.IntRange(1000), multiple=True, default=(1_000_000,),
              show_default=True, help="features: events of a log; again for another size.")
@click.option("--quick", is_flag=True,
              help="features, nudge-worlds, reasons: small, to see that all works.")
@click.option("--spark", type=click.IntRange(0), default=0,
              help="features: events on which Spark is compared too.")
@click.option("--worlds", type=click.IntRange(1), default=5, show_default=True,
              help="Worlds: how many, of seeds from --seed on.")
@click.option("--members", type=click.IntRange(100),
              help="drift-, fraud- and renewal-worlds: members of each, 3000; "
                   "inactivity-worlds: 2500; "
                   "missions-worlds: 4000; nightly: 40000; nudge-worlds: 16000; "
                   "verdict: 40000; allocation and scoring: how many, a million.")
@click.option("--days", type=click.IntRange(120),
              help="drift-, fraud- and renewal-worlds: days of each, 365; inactivity-worlds: 850; "
                   "missions-worlds: 450; nightly: 138; nudge-worlds: 420; verdict: 138.")
@click.option("--seconds", type=click.FloatRange(0.1),
              help="verdict: of each round, 5; the open load runs four times as long.")
@click.option("--redis", envvar="JAGA_REDIS_URL",
              help="features: URL of a Redis, to measure the shared live store too; verdict: the "
                   "same for two replicas.")
@click.option("--database",
              help="verdict: URL of a PostgreSQL database without tables, to measure two "
                   "replicas too.")
def benchmark(
    home: Path, program: str | None, name: str, data: Path | None, seed: int, redis: str | None,
    **options: Any,
) -> Any:
    """Measure on public or generated data, beside published figures or named peers."""
    import importlib

    if data is None and name not in GENERATED:
        raise click.UsageError("Missing option '--data': the folder of the public data sets.")
    with progress_bars() as progress:
        room = importlib.import_module(BENCHMARKS[name])
        given = {option: value for option, value in options.items() if value is not None}
        given["shared"] = _shared(redis)
        given["redis"] = redis
        own = {option: given[option] for option in GENERATED.get(name, ()) if option in given}
        return room.benchmark(data, progress=progress, seed=seed, **own)


def _shared(redis: str | None) -> Callable[[Catalog, Path], dict[str, Any]] | None:
    """Join the generated log of one room with the shared store of the other."""
    if not redis:
        return None

    def measure(catalog: Catalog, log: Path) -> dict[str, Any]:
        import numpy as np

        from serving.measuring import measure_shared
        from training.benchmarks.features.ours import ZONE, read_slices

        records = np.concatenate(list(read_slices(log)))
        timed = min(SHARED_EVENTS, len(records) // 2)
        found = measure_shared(redis, catalog, records, timed, ZONE).as_dict()
        return {"us_p50": found.pop("shared_us_p50"), "us_p99": found.pop("shared_us_p99"), **found}

    return measure
