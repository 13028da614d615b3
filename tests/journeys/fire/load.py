"""A points engine under load: connections that send, remember what was acknowledged, send again.

An act is over once it is acknowledged. Whatever else comes - nothing, a 429, a 503 - it is sent
again, unchanged, until the service acknowledges it. The ledger compares each answer with what was
acknowledged before.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.journeys.fire import world
from tests.journeys.fire.service import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60.0
"""No answer within this time is a hang. While a service starts its socket listens already, and who
connects waits until a process is there that answers."""
LATER = (429, 503)
LATER_S = 0.05


@dataclass(frozen=True)
class Act:
    """One request of the engine, and what it is about."""

    what: str
    subject: str
    path: str
    body: bytes | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


@dataclass
class Ledger:
    """What was acknowledged to all connections together, and what was wrong with it."""

    sent: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    rows: dict[str, str] = field(default_factory=dict)
    decided: dict[str, dict[str, Any]] = field(default_factory=dict)
    replies: Counter[str] = field(default_factory=Counter)
    held: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    patience_s: float = PATIENCE_S
    lock: threading.Lock = field(default_factory=threading.Lock)

    def settle(self, act: Act, status: int, body: bytes) -> None:
        """Take an acknowledgement, or note what is wrong with it."""
        with self.lock:
            self.seen[f"{act.what} {status}"] += 1
            wanted = 409 if act.what == "changed" else 200
            if status != wanted:
                self.wrong.append(f"{act.what} {act.subject}: {status} {body[:300]!r}")
                return
            getattr(self, f"_{act.what}")(act, body)

    def _verdict(self, act: Act, body: bytes) -> None:
        before = self.answers.setdefault(act.subject, body)
        if before != body:
            self.wrong.append(f"{act.subject}: {before!r}, then {body!r}")
        elif act.subject not in self.sent:
            assert act.body is not None
            self.sent[act.subject] = act.body
            if json.loads(body)["verdict"] == "review":
                self.held.append(act.subject)

    def _changed(self, act: Act, body: bytes) -> None:
        """A body that came second is refused."""

    def _taken(self, act: Act, body: bytes) -> None:
        self.taken.add(act.subject)

    def _row(self, act: Act, body: bytes) -> None:
        if json.loads(body)["rejects"]:
            self.wrong.append(f"{act.path}: {body!r}")
        self.rows[act.subject] = act.path.rpartition("/")[2]

    def _reply(self, act: Act, body: bytes) -> None:
        self.replies[act.subject] += 1

    def _decide(self, act: Act, body: bytes) -> None:
        self.decided[act.subject] = json.loads(body)

    def _read(self, act: Act, body: bytes) -> None:
        told = json.loads(body)["verdict"]
        if told != json.loads(self.answers[act.subject]):
            self.wrong.append(f"{act.subject} reads {told}")


class Traffic:
    """An endless, seeded stream of acts of one connection.

    Parameters
    ----------
    name : str
        Starts every id of this stream.
    seed : int
    ledger : Ledger
        Acts on what was acknowledged to any connection.
    clock : callable
        Milliseconds since 1970 UTC.
    """

    def __init__(self, name: str, seed: int, ledger: Ledger, clock: Callable[[], int]) -> None:
        self._name = name
        self._random = random.Random(f"{name} {seed}")
        self._ledger = ledger
        self._clock = clock
        self._count = 0
        self._mine: list[str] = []

    def next(self) -> Act:
        """Draw the next act."""
        chance = self._random.random()
        for share, make in ((0.10, self._again), (0.03, self._changed), (0.06, self._reply),
                            (0.07, self._decide), (0.05, self._read), (0.08, self._row),
                            (0.04, self._taken)):
            if chance < share:
                found = make()
                return found or self._verdict()
            chance -= share
        return self._verdict()

    def _id(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}"

    def _event(self) -> tuple[str, bytes]:
        name = self._id()
        return name, json.dumps(world.event(self._random, name, self._clock())).encode()

    def _verdict(self) -> Act:
        name, body = self._event()
        return Act("verdict", name, "/v1/verdicts", body)

    def _taken(self) -> Act:
        name, body = self._event()
        return Act("taken", name, "/v1/events", body)

    def _row(self) -> Act:
        name = self._id()
        table, row = world.row(self._random, name, self._clock())
        return Act("row", name, f"/v1/records/{table}", json.dumps(row).encode())

    def _known(self) -> str | None:
        with self._ledger.lock:
            return self._random.choice(list(self._ledger.sent)[-200:] or [None])

    def _again(self) -> Act | None:
        name = self._known()
        return name and Act("verdict", name, "/v1/verdicts", self._ledger.sent[name])

    def _changed(self) -> Act | None:
        name = self._known()
        if name is None:
            return None
        body = json.loads(self._ledger.sent[name])
        return Act("changed", name, "/v1/verdicts",
                   json.dumps({**body, "points": body["points"] + 1}).encode())

    def _read(self) -> Act | None:
        name = self._known()
        return name and Act("read", name, f"/v1/events/{name}")

    def _reply(self) -> Act | None:
        with self._ledger.lock:
            if not self._ledger.held:
                return None
            name = self._random.choice(self._ledger.held)
        said = {"text": f"It was my own purchase, {self._id()}."}
        route = self._random.choice(["appeal", "evidence"])
        return Act("reply", name, f"/v1/events/{name}/{route}", json.dumps(said).encode())

    def _decide(self) -> Act | None:
        """Decide a case that nobody else decides: each has a connection of its own."""
        with self._ledger.lock:
            open_ones = [name for name in self._ledger.held
                         if name.startswith(f"{self._name}-") and name not in self._mine]
        if not open_ones:
            return None
        self._mine.append(open_ones[0])
        said = {"decision": self._random.choice(["release", "keep", "confirm_fraud"]),
                "reason": "As the papers say.", "by": "rina"}
        return Act("decide", open_ones[0], f"/v1/cases/{open_ones[0]}/decisions",
                   json.dumps(said).encode())


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
