"""`jaga serve` as a process that a test starts, kills with all its children, and starts again."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from serving.serve import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]
HOST = "127.0.0.1"
PORTS = range(12_000, 30_000)
"""Below those that a system gives to clients, so that none takes a port between two starts."""
PATIENCE_S = 180.0


class Service:
    """One `jaga serve` on a home.

    Parameters
    ----------
    home : Path
    environment : mapping
        Settings on top of the test's own environment.
    """

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.port = free_port(HOST, random.Random(os.urandom(8)).choice(PORTS))
        self.log = home.parent / f"{home.name}-{self.port}.log"
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start the process; it answers later."""
        command = [sys.executable, "-m", "jaga", "serve", "--home", str(self.home),
                   "--host", HOST, "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **self._environment})

    def start(self) -> float:
        """Start the process and wait until it is ready; seconds it took."""
        began = time.monotonic()
        self.spawn()
        self.wait_ready()
        return time.monotonic() - began

    def wait_ready(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until the service says that it is ready."""
        deadline = time.monotonic() + patience_s
        while not self.is_ready():
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, self.log.read_text()[-2000:]
            time.sleep(0.05)

    def is_ready(self) -> bool:
        return self.status("/readyz") == 200

    def status(self, path: str) -> int:
        """Status of a GET; 0 where nothing answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def family(self) -> list[psutil.Process]:
        """The process and all its children, those that judge last."""
        if self._process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        return []

    def worker(self) -> psutil.Process:
        """The process that judges: of all, the one that grew largest, apart from the pages."""
        found = [one for one in self.family() if any("worker" in word for word in one.cmdline())]
        assert found, "no process judges"
        return found[0]

    def kill(self) -> None:
        """kill -9 of everything at once."""
        family = self.family()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self._reap(family)

    def stop(self) -> None:
        """Ask it to stop, and wait until it has; what is left after a while is killed."""
        if self._process is None or self._process.poll() is not None:
            return
        family = self.family()
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(60)
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._reap(family)

    def _reap(self, family: list[psutil.Process]) -> None:
        assert self._process is not None
        self._process.wait(30)
        psutil.wait_procs(family, timeout=30)
        self._process = None
