"""A points engine under load: connections that send, remember what was acknowledged, send again.

An act is over once it is acknowledged. Whatever else comes - nothing, a 429, a 503 - it is sent
again, unchanged, until the service acknowledges it. The ledger compares each answer with what was
acknowledged before.
"""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING

from tests.journeys.fire.service import HOST
from tests.journeys.fire.traffic import Act, Ledger, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable

LATER = (429, 503)
LATER_S = 0.05


class Connection(threading.Thread):
    """Sends acts one after the other, each until it is acknowledged."""

    def __init__(self, ports: list[int], key: str, traffic: Traffic, ledger: Ledger,
                 pause_s: float) -> None:
        super().__init__(daemon=True)
        self._ports = ports
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._traffic = traffic
        self._ledger = ledger
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._http: http.client.HTTPConnection | None = None
        self.pending: Act | None = None

    def run(self) -> None:
        turn = 0
        while self.pending is not None or not self._stopping.is_set():
            act = self.pending = self.pending or self._traffic.next()
            answer = self._ask(act, self._ports[turn % len(self._ports)])
            if answer is None or answer[0] in LATER:
                turn += 1
                time.sleep(LATER_S)
            else:
                self._ledger.settle(act, *answer)
                self.pending = None
                time.sleep(self._pause_s)
        if self._http is not None:
            self._http.close()

    def stop(self) -> None:
        self._stopping.set()

    def _ask(self, act: Act, port: int) -> tuple[int, bytes] | None:
        """Ask once; None where no whole answer came."""
        began = time.monotonic()
        if self._http is not None and self._http.port != port:
            self._http.close()
            self._http = None
        self._http = self._http or http.client.HTTPConnection(HOST, port)
        self._http.timeout = self._ledger.patience_s
        if self._http.sock is not None:
            self._http.sock.settimeout(self._ledger.patience_s)
        try:
            self._http.request(act.method, act.path, act.body, self._headers)
            answer = self._http.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            self._http = None
            self._unanswered(act, error, time.monotonic() - began)
            return None
        self._check_later(act, answer)
        return answer.status, body

    def _unanswered(self, act: Act, error: Exception, seconds: float) -> None:
        with self._ledger.lock:
            self._ledger.seen[f"nothing: {type(error).__name__}"] += 1
            if isinstance(error, TimeoutError):
                self._ledger.wrong.append(f"{act.what} {act.subject} hung for {seconds:.1f} s")

    def _check_later(self, act: Act, answer: http.client.HTTPResponse) -> None:
        if answer.status not in LATER:
            return
        with self._ledger.lock:
            self._ledger.seen[f"later {answer.status}"] += 1
            if not answer.headers.get("Retry-After", "").isdigit():
                self._ledger.wrong.append(f"{act.what}: {answer.status} without Retry-After")


class Load:
    """Some connections that load services together.

    Parameters
    ----------
    ports : list of int
        Of one service, or of replicas; a connection turns to the next where one does not answer.
    key : str
    seed : int
    connections : int
    clock : callable
        Milliseconds since 1970 UTC.
    pause_s : float
        Seconds that a connection rests between two acts.
    """

    def __init__(self, ports: list[int], key: str, seed: int, connections: int = 6,
                 clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
                 pause_s: float = 0.0) -> None:
        self.ledger = Ledger()
        self._connections = [
            Connection(ports[n % len(ports):] + ports[:n % len(ports)], key,
                       Traffic(f"c{n}", seed, self.ledger, clock), self.ledger, pause_s)
            for n in range(connections)]

    def start(self) -> None:
        for connection in self._connections:
            connection.start()

    def finish(self, seconds: float = 120.0) -> Ledger:
        """Let each connection end once what it sent last is acknowledged."""
        for connection in self._connections:
            connection.stop()
        deadline = time.monotonic() + seconds
        for connection in self._connections:
            connection.join(max(deadline - time.monotonic(), 0.0))
            assert not connection.is_alive(), f"{connection.pending} is never acknowledged"
        return self.ledger

    def wait_verdicts(self, count: int, seconds: float = 120.0) -> None:
        """Wait until so many verdicts more are acknowledged."""
        wanted, deadline = len(self.ledger.answers) + count, time.monotonic() + seconds
        while len(self.ledger.answers) < wanted:
            assert time.monotonic() < deadline, f"{self.ledger.seen}"
            time.sleep(0.01)
