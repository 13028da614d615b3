"""`jaga serve`: the BentoML service and the pages, each a process, started and stopped together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from features.errors import Unavailable
from serving.addresses import ANY_ADDRESS, is_free, origin_of, reachable
from serving.doors import DESKS
from serving.kept import Kept
from serving.leash import LEASH
from serving.logs import say
from serving.patience import Patience
from serving.settings import read_settings
from serving.tour import curl_of, read_tour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).parents[1]
ROWS_READ: Final = re.compile(rb"^jaga_state_rows_read (\S+)$", re.MULTILINE)
"""Among the metrics: how many rows of the journal a start has read."""
LAST_PORT: Final = 65_534
DAY_MS: Final = 86_400_000
FIRST_PORT: Final = 3000
PORT_WAIT_S: Final = 10.0
ARENAS: Final = "2"
"""Of glibc's allocator, which else makes one for each thread that computes and gives none back."""
PATIENCE_S: Final = 120.0
"""Seconds until ready, counted anew while a journal is read; the first start compiles."""


@dataclass(frozen=True)
class Running:
    """A service and its pages that answer."""

    host: str
    port: int
    service: subprocess.Popen[bytes]
    pages: Kept

    @property
    def url(self) -> str:
        """Origin of the service."""
        return origin_of(reachable(self.host), self.port)

    @property
    def pages_url(self) -> str:
        """Origin of the pages."""
        return origin_of(reachable(self.host), self.port + 1)


def serve(
    home: Path, host: str = "127.0.0.1", port: int | None = None,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve until a signal comes; then finish what waits for a commit, and stop.

    Pages that end are started again: people may wait for theirs, the points engine may not.

    Parameters
    ----------
    home : Path
        Folder of journal and bundles.
    host : str
    port : int or None
        Where to listen, the pages on the one after it; None: the first free pair from 3000 on.
    announce : callable
        Told each sentence a person should read.

    Raises
    ------
    Unavailable
        A port that is taken, or a service that does not get ready, or that ended.
    """
    is_json = read_settings().log_format == "json"
    announce = say if is_json else announce
    chosen = FIRST_PORT if port is None else _await_free(host, port)
    with (_until_told() as is_told, suppress(_Told),
          running(home, host, chosen, announce, is_told=is_told) as started):
        lines = greeting(started, home)
        for line in lines[:1] if is_json else lines:  # the others are for a person's eyes
            announce(line)
        _wait(started, is_told)
        announce("Stopping; what waits is finished first.")


@contextmanager
def running(
    home: Path, host: str = "127.0.0.1", port: int = 3000,
    announce: Callable[[str], None] = print, patience_s: float = PATIENCE_S,
    is_told: Callable[[], bool] = lambda: False,
) -> Iterator[Running]:
    """Start both processes, wait until they are ready, and stop them in the end.

    A taken port moves on to the next free pair. Once ``is_told`` says so, the start is given up.
    """
    free = free_port(host, port)
    if free != port:
        announce(f"Port {port} or the one after it is taken; using {free}.")
    environment = _environment(home, host, free)
    service = _start(environment, "-m", "bentoml", "serve", "serving.service:Jaga",
                     "--host", host, "--port", str(free), "--working-dir", str(ROOT))
    pages = Kept("pages", lambda: _start(
        environment, "-m", "uvicorn", "serving.pages.app:create", "--factory", "--host", host,
        "--port", str(free + 1), "--log-level", "warning", "--no-access-log",
        "--no-server-header"), announce)
    started = Running(host, free, service, pages)
    try:
        _await_ready(started, patience_s, is_told, announce)
        yield started
    finally:
        _stop(started)


def free_port(host: str, port: int) -> int:
    """Find the first port from ``port`` on that is free together with the one after it."""
    for candidate in range(port, min(port + 200, LAST_PORT), 1):
        if is_free(host, candidate) and is_free(host, candidate + 1):
            return candidate
    raise Unavailable(f"two free ports from {port} on", "none", "name another with --port")


def _await_free(host: str, port: int) -> int:
    """Wait for a port that a service which is stopping may still hold; Unavailable where it does.

    A named port never moves: who asks for verdicts knows one address.
    """
    deadline = time.monotonic() + PORT_WAIT_S
    while not (is_free(host, port) and is_free(host, port + 1)):
        if time.monotonic() > deadline:
            raise Unavailable(f"ports {port} and {port + 1} free", "one that is taken",
                              "stop what listens there, or name another with --port")
        time.sleep(0.1)
    return port


def greeting(started: Running, home: Path) -> list[str]:
    """List the sentences a person reads once everything answers."""
    lines = [f"Jaga answers on {started.url} (OpenAPI document: {started.url}/docs.json)."]
    lines += [f"  {desk[1:]:<10} {started.pages_url}{desk}" for desk in DESKS]
    tour = read_tour(home)
    lines.append(f"    Sign in there as {tour.user} with the password {tour.password}" if tour.user
                 else "    People sign in there; jaga user add NAME --role admin makes the first.")
    lines += [f"  {case.title}: {started.pages_url}{case.path}" for case in tour.cases]
    if tour.behind_ms:
        days = round(tour.behind_ms / DAY_MS)
        lines.append(f"This home is a simulated world; its clock is set back by {days} days.")
    if tour.key and tour.body:
        lines += ["Ask for a verdict:", curl_of(tour, started.url)]
    return [*lines, "Stop with Ctrl-C."]


def _environment(home: Path, host: str, port: int) -> dict[str, str]:
    origin = "{host}" if host in ANY_ADDRESS else host
    return {
        "MALLOC_ARENA_MAX": ARENAS,
        **os.environ,
        "JAGA_HOME": str(home.resolve()),
        "JAGA_PAGES_URL": os.environ.get("JAGA_PAGES_URL") or origin_of(origin, port + 1),
        "FORWARDED_ALLOW_IPS": ",".join(read_settings().trusted_proxies),
        "JAGA_URL": origin_of(reachable(host), port),
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": os.environ.get("BENTOML_HOME") or str(home.resolve() / "cache" / "bentoml"),
        LEASH: str(os.getpid()),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(":"),
    }


def _start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *arguments], env=environment, start_new_session=True)


def _await_ready(started: Running, patience_s: float, is_told: Callable[[], bool],
                 announce: Callable[[str], None]) -> None:
    for url in (f"{started.url}/readyz", f"{started.pages_url}/readyz"):
        patience = Patience(patience_s, lambda: _rows_read(started.url), announce)
        while not _answers(url):
            _check_alive(started)
            if url.startswith(started.pages_url) and started.pages.ends:
                return  # they were announced, and are started again by whoever waits for the end
            if is_told():
                raise _Told
            if patience.is_over():
                raise Unavailable(f"a service that gets ready, or reads on, in {patience_s:.0f} s",
                                  "one that does not", "read its messages above")
            time.sleep(0.1)


def _rows_read(url: str) -> int:
    """Ask how far a start is; 0 where that is not told."""
    try:
        with urllib.request.urlopen(f"{url}/metrics", timeout=5) as answer:
            found = ROWS_READ.search(answer.read())
    except (urllib.error.URLError, OSError):
        return 0
    return int(float(found[1])) if found else 0


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _check_alive(started: Running) -> None:
    """Look after the pages; Unavailable where the service has ended."""
    if started.service.poll() is not None:
        raise Unavailable("a running process of the service",
                          f"one that ended with status {started.service.returncode}",
                          "read its messages above")
    started.pages.look()


class _Told(Exception):
    """A signal came before the service was ready."""


@contextmanager
def _until_told() -> Iterator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came since; both are heard here and nowhere else."""
    heard: list[int] = []

    def hear(number: int, _frame: object) -> None:
        heard.append(number)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(heard)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(started: Running, is_told: Callable[[], bool]) -> None:
    while not is_told():
        _check_alive(started)
        time.sleep(0.2)


def _stop(started: Running) -> None:
    processes = (started.service, started.pages.process)
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
