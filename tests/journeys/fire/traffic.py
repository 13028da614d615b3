"""What a points engine sends, act by act, and the ledger of what was acknowledged to it."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.journeys.fire import world

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_S = 60.0
"""No answer within this time is a hang. While a service starts its socket listens already, and who
connects waits until a process is there that answers."""


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
    replies: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
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
        assert act.body is not None
        kind = act.path.rpartition("/")[2]
        self.replies[act.subject].add((kind, json.loads(act.body)["text"]))

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
