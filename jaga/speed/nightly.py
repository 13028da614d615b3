"""How long a night takes: the real command on a simulated program, with its memory at the peak."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.contract import EVENT_TABLES
from features.errors import Unavailable
from features.exports.nightly import Nightly
from features.progress import Progress, silent
from features.store.home import Home
from jaga.nightly.night import last_midnight
from jaga.speed.world import made
from models.answers import rfc3339

if TYPE_CHECKING:
    from jaga.speed.world import World

MEGABYTE: Final = 1024
"""Kilobytes, as Linux counts the memory of a process."""


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, members: int = 40_000,
    days: int = 138,
) -> dict[str, Any]:
    """Run a night of a simulated program, but for the training of a challenger.

    Parameters
    ----------
    data : Path, optional
        Folder for the world, which is kept there for the next run; a temporary one if left out.
    members, days : int
        Size of the world: 40,000 and 138 make about 1.1 million events.

    Returns
    -------
    dict
        ``members, events, seconds, peak_mb``, ``steps`` (seconds of each) and ``again_s``, what
        the same night takes that is done already.
    """
    with tempfile.TemporaryDirectory(prefix="jaga-nightly-") as scratch:
        world = made((data or Path(scratch)) / f"nightly-{members}-{days}-{seed}", members, days,
                     seed, progress)
        path, _ = world.copy("night", time.time_ns() // 1_000_000)
        events, moment = _prepare(path, world)
        told = _night(path, moment)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // MEGABYTE
        again = time.perf_counter()
        _night(path, moment)
        again_s = round(time.perf_counter() - again, 1)
    steps = {name: one["seconds"] for name, one in told["steps"].items()
             if one["status"] == "done"}
    rows = [f"{name:<14} {seconds:>8.1f} s" for name, seconds in steps.items()]
    return {"members": members, "events": events, "seconds": told["seconds"], "peak_mb": peak,
            "steps": steps, "again_s": again_s,
            "table": "\n".join([*rows, f"{'all':<14} {told['seconds']:>8.1f} s", ""])}


def _prepare(path: Path, world: World) -> tuple[int, str]:
    """Leave the training out; how many events there are, and the moment of the night."""
    home = Home(path)
    journal = home.journal()
    program = journal.program.model_copy(update={"nightly": Nightly(train_every_days=0)})
    home.create(program, journal.missions)
    events = sum(journal.count(table) for table in EVENT_TABLES)
    moment = rfc3339(last_midnight(world.end_ms, program))
    home.close()
    return events, moment


def _night(path: Path, moment: str) -> dict[str, Any]:
    """Run the command in a process of its own; what it told.

    Raises
    ------
    Unavailable
        Where a step failed.
    """
    answer = subprocess.run(
        [sys.executable, "-m", "jaga", "run", "nightly", "--home", str(path), "--as-of", moment,
         "--json"], capture_output=True, text=True, check=False)
    told: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    if answer.returncode:
        failed = [name for name, one in told["steps"].items()
                  if one["status"] in ("failed", "blocked")]
        raise Unavailable("a night without a failed step", ", ".join(failed),
                          "run jaga run nightly on the world by hand")
    return told
