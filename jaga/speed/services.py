"""The three services that are compared, each started as a user starts it, and what each cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

from features.errors import Unavailable
from serving.serve import ROOT, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S: Final = 600.0
"""Seconds until ready, where a whole journal is read for the first time."""
HOST: Final = "127.0.0.1"
SETTLED_S: Final = 900
"""Seconds that scoring all members may take."""
BUSY: Final = 503


@dataclass(frozen=True)
class Started:
    """A service that answers.

    Parameters
    ----------
    port : int
    path : str
        Of the route that takes an event.
    process : psutil.Process
        The first of its processes.
    ready_s : float
        Seconds from its start until it was ready.
    """

    port: int
    path: str
    process: psutil.Process
    ready_s: float

    def settle(self, member: str, key: str) -> None:
        """Wait until a service of ours has scored its members, which it does once after a start."""
        asked = urllib.request.Request(
            f"http://{HOST}:{self.port}/v1/members/{member}/inactivity",
            headers={"Authorization": f"Bearer {key}"})
        for _ in range(SETTLED_S):
            try:
                with urllib.request.urlopen(asked, timeout=10):
                    return
            except urllib.error.HTTPError as error:
                if error.code != BUSY:
                    return
                time.sleep(1)

    def cpu_s(self) -> float:
        """Seconds of processor time its processes have used so far."""
        every = [self.process, *self.process.children(recursive=True)]
        return sum(sum(each.cpu_times()[:2]) for each in every)

    def rss_mb(self) -> float:
        """Megabytes of memory that its processes hold."""
        every = [self.process, *self.process.children(recursive=True)]
        return round(sum(each.memory_info().rss for each in every) / 1e6, 1)


@contextmanager
def jaga(home: Path, port: int) -> Iterator[Started]:
    """``jaga serve`` on a home."""
    begin = time.monotonic()
    with running(home, HOST, port, announce=lambda line: None, patience_s=PATIENCE_S) as found:
        ready_s = time.monotonic() - begin
        yield Started(found.port, "/v1/verdicts", psutil.Process(found.service.pid), ready_s)


@contextmanager
def empty(name: str, path: str, port: int) -> Iterator[Started]:
    """``bentoml serve`` on one of `jaga.speed.empty`."""
    begin, free = time.monotonic(), free_port(HOST, port)
    environment = {**os.environ, "BENTOML_DO_NOT_TRACK": "True",
                   "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(
        [sys.executable, "-m", "bentoml", "serve", f"jaga.speed.empty:{name}", "--host", HOST,
         "--port", str(free), "--working-dir", str(ROOT)],
        env=environment, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        _await(free, process)
        yield Started(free, path, psutil.Process(process.pid), time.monotonic() - begin)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise Unavailable("an empty service that is ready", "one that is not",
                      "bentoml serve jaga.speed.empty:Plain says why")
