"""Every member of a large program scored: how long each part takes, beside a floor.

The program is generated (`training.benchmarks.crowd`) and the model fitted on a small one like
it. Measured is what a night's scores need once the journal is read: activity days, member
features, chances, states and expected days of everybody, reasons of who slips or lapsed. The
floor is the least any such score needs: one pass over the events that groups them by member, and
the trees' predictions alone.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from features.members.rhythm import member_frame
from features.progress import Progress, silent
from models.inactivity.horizons import Horizons
from models.inactivity.model import EXPLAINED, InactivityModel
from models.inactivity.snapshots import take_snapshots
from training.benchmarks.crowd import crowd
from training.benchmarks.features.child import peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd


FITTED: Final = 8_000
"""Members the model is fitted on: enough for the highest rung."""
PARTS: Final = ("days", "features", "answers")
FLOOR: Final = ("grouping", "trees")


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent,
    members: int = 1_000_000,
) -> dict[str, Any]:
    """Score a generated program once.

    Parameters
    ----------
    data : Path, optional
        Not read.
    seed : int
        Of the program and of the model.
    progress : callable
        Told of each part.
    members : int
        How many.

    Returns
    -------
    dict
        ``members, events, active_days, rung, explained``; ``seconds`` and ``cpu_seconds`` in
        all, ``parts`` and ``floor`` by part; ``members_per_second``; ``ratio_floor``: ours over
        the floor, in seconds of a processor; ``peak_gb`` of this process, the log included.
    """
    model = _fitted(seed + 1)
    history, as_of_ms = crowd(members, seed)
    watch = _Watch(progress)
    known = watch.time("days", lambda: history.known(as_of_ms))
    frame = watch.time("features", lambda: member_frame(known))
    answers = watch.time("answers", lambda: model.predict(frame))
    peak = peak_mb()
    events = history.log.events
    watch.time("grouping", lambda: _grouped(events))
    if model.parts.trees is not None:
        trees, table = model.parts.trees, model.table(frame[frame["days_since_last"].notna()])
        watch.time("trees", lambda: trees.log_odds(table))
    return {
        "members": members, "events": len(events), "active_days": len(known.days),
        "rung": model.rung, "explained": int(answers["state"].isin(EXPLAINED).sum()),
        **watch.told(members), "peak_gb": round(peak / 1024, 2),
    }


class _Watch:
    """Seconds of the clock and of the processor by part."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._took: dict[str, tuple[float, float]] = {}

    def time(self, part: str, work: Callable[[], Any]) -> Any:
        clock, cpu = time.perf_counter(), time.process_time()
        found = work()
        self._took[part] = (time.perf_counter() - clock, time.process_time() - cpu)
        self._progress("scoring", len(self._took), len(PARTS) + len(FLOOR))
        return found

    def told(self, members: int) -> dict[str, Any]:
        clock, cpu = ({part: took[i] for part, took in self._took.items()} for i in (0, 1))
        ours, floor = (sum(cpu.get(part, 0.0) for part in parts) for parts in (PARTS, FLOOR))
        seconds = sum(clock[part] for part in PARTS)
        by_part = {name: {part: round(clock[part], 2) for part in parts if part in clock}
                   for name, parts in (("parts", PARTS), ("floor", FLOOR))}
        return {"seconds": round(seconds, 2), "cpu_seconds": round(ours, 2), **by_part,
                "members_per_second": round(members / seconds),
                "ratio_floor": round(ours / floor, 2)}


def _fitted(seed: int) -> InactivityModel:
    history, as_of_ms = crowd(FITTED, seed)
    frame = member_frame(history.known(as_of_ms))
    horizons = Horizons.fit(frame)
    return InactivityModel.fit(take_snapshots(history, as_of_ms, horizons, seed), frame, horizons,
                               seed)


def _grouped(events: pd.DataFrame) -> pd.DataFrame:
    """Least pass over a log: events, points, first and last day of each member."""
    return events.groupby("member_id").agg(
        events=("day", "size"), points=("points", "sum"), first=("day", "min"),
        last=("day", "max"))
