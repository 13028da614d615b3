"""One measurement in a process of its own, on the cores that every engine may use."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from features.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., dict[str, Any]]

CORES: Final = 2
_THREADS: Final = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")


def run_child(module: str, *arguments: str | Path) -> dict[str, Any]:
    """Call ``module.measure`` with texts in a new process; see `run_here` for what it gives.

    Raises
    ------
    Unavailable
        The process failed; what came is its last line.
    """
    environment = os.environ | {name: str(CORES) for name in _THREADS}
    done = subprocess.run(
        [sys.executable, "-m", __name__, module, *map(str, arguments)], capture_output=True,
        text=True, check=False, env=environment)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise Unavailable(f"a measurement of {' '.join(map(str, arguments[:2]))}", lines[-1],
                          "see what the message asks for")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run_here(module: str, *arguments: str | Path) -> dict[str, Any]:
    """Call ``module.measure`` with texts; its figures, and ``peak_mb`` that the process held."""
    figures = import_module(module).measure(*map(str, arguments))
    return {**figures, "peak_mb": round(peak_mb())}


def _limit_cores() -> None:
    """Keep this process to `CORES` cores, and Arrow to as many threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    pa.set_cpu_count(CORES)
    pa.set_io_thread_count(CORES)


def peak_mb() -> float:
    """Most memory of this process alone: ``ru_maxrss`` on Linux remembers the parent's too."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(lines[0].split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


if __name__ == "__main__":
    _limit_cores()
    sys.stdout.write(json.dumps(run_here(*sys.argv[1:])) + "\n")
