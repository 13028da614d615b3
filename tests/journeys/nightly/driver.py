"""Runs `jaga run nightly` again and again, each in a process of its own that may be killed.

A line names a home, a moment and, in words, what to watch for; the command runs in a fork of this
process, which has imported everything, and the record of the night is watched from outside. What
became of it is one line back.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from jaga.command import main
from jaga.nightly import run, steps  # imported ahead, so that a fork starts at once

PATIENCE_S = 240.0
assert run is not None
assert steps is not None


def record_of(home: Path) -> dict[str, object]:
    for path in (home / "nightly").glob("*/*/run.json"):
        return dict(json.loads(path.read_text())["steps"])
    return {}


def one_run(home: Path, as_of: str, at: str, delay_s: float) -> str:
    """Run until the record says that a step is reached; kill it so long after; what came of it."""
    child = os.fork()
    if not child:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        try:
            main(["run", "nightly", "--home", str(home), "--as-of", as_of, "--json"])
        except SystemExit as left:
            os._exit(int(left.code or 0))
        os._exit(0)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return f"ended {os.waitstatus_to_exitcode(status)}"
        if at and at in record_of(home):
            time.sleep(delay_s)
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            return f"killed {code}" if code < 0 else f"ended {code}"  # it may have been through
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "late"


if __name__ == "__main__":
    for line in sys.stdin:
        path, moment, step, delay = line.rstrip("\n").split("\t")
        sys.stdout.write(one_run(Path(path), moment, step, float(delay)) + "\n")
        sys.stdout.flush()
