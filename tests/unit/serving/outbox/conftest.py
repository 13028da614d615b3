"""A small program with members who may be written to, and receivers that can be told what to do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.contract import DELIVERY_STATUSES
from features.store.home import Home
from features.store.ingest import ingest
from features.store.schema import DECISIONS
from serving.archive import Archive
from serving.casework import Casework
from serving.outbox.outbox import Outbox
from serving.outbox.relay import begin_relay
from serving.outbox.sender import Sender
from serving.outbox.webhook import Answer, Webhook
from serving.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from serving.outbox.message import Message

NOON = round(pd.Timestamp("2025-06-02T05:00:00Z").timestamp() * 1000)
"""Twelve o'clock in Jakarta."""
SECRET = b"a secret of just enough bytes for it"
MEMBERS = 8
PROGRAM = """program_id: acme
timezone: Asia/Jakarta
messages: {{quiet_hours: {quiet}}}
"""
NIGHT = '{from: "21:00", to: "08:00", then: wait}'


@dataclass
class FakeReceiver:
    """Takes messages, or answers what it was told to; remembers the ids it saw."""

    answers: list[Answer] = field(default_factory=list)
    seen: list[Message] = field(default_factory=list)

    def post(self, message: Message) -> Answer:
        self.seen.append(message)
        return self.answers.pop(0) if self.answers else Answer("http_200", taken=True)

    def close(self) -> None:
        """Nothing is open."""

    @property
    def refs(self) -> list[str]:
        return [message.ref for message in self.seen]


class Desk:
    """A home of one program whose clock is a number."""

    def __init__(self, folder: Path, quiet: str = "null") -> None:
        export = folder / "export"
        export.mkdir(parents=True)
        (export / "program.yaml").write_text(PROGRAM.format(quiet=quiet))
        pd.DataFrame({
            "member_id": [f"m-{n}" for n in range(MEMBERS)], "program_id": "acme",
            "persona": "retailer", "joined_at": "2025-01-01T00:00:00Z", "consent": True,
            "timezone": ["" if n else "America/Bogota" for n in range(MEMBERS)],
        }).to_csv(export / "members.csv", index=False)
        pd.DataFrame({
            "event_id": [f"s-{n}" for n in range(1, MEMBERS)], "program_id": "acme",
            "member_id": [f"m-{n}" for n in range(1, MEMBERS)], "points": 5,
            "occurred_at": "2025-05-01T00:00:00Z", "proof": "qr", "outcome": "held",
        }).to_csv(export / "scans.csv", index=False)
        self.home = Home(folder / "home")
        ingest(self.home, export)
        self.journal = self.home.journal()
        self.now = NOON
        begin_relay(self.journal, self.now)

    def do(self, act: Any) -> Any:
        with self.journal.begin() as writing:
            return act(writing)

    def decide(self, *names: str, member: str = "m-1", **more: Any) -> list[str]:
        """Keep decisions on a member, as a plan does."""
        body = {"member_id": member, "mission_id": "streak", "intended": "streak",
                "propensity": 0.9, "holdout": "none", "channel": "app", "cost_points": 60,
                "policy_version": "suggest-1", "message": "Scan a pack."} | more
        self.do(lambda writing: Casework(writing.store, writing.key).suggest(
            [(name, body | {"decision_id": name}) for name in names], self.now))
        return list(names)

    def send(self, *names: str) -> dict[str, Any]:
        found: dict[str, Any] = self.do(lambda writing: send(writing, list(names), self.now))
        return found

    def offer(self, *names: str, member: str = "m-1") -> None:
        """Decide and send one after the other, each knowing of the one before."""
        for name in names:
            self.decide(name, member=member)
            assert self.send(name)["sent"] == [name]
            self.now += 1

    def change(self, event: str, status: str, points: int = 5, reason: str = "The invoice.") -> int:
        """Change the status of an event; its place in the feed."""
        seq: int = self.do(lambda writing: writing.decision(
            event, DECISIONS.index(status), points_final=points, by="rina", reason=reason,
            at_ms=self.now))
        return seq

    def feed(self, after: int = -1) -> list[dict[str, Any]]:
        """What `/v1/outcomes` tells."""
        with self.journal.database.reading() as store:
            archive = Archive(store, self.journal.key)
            changes = archive.changes(after, 10_000)
            names = archive.names("event", [change.event for change in changes])
        return [change.to_json(names[change.event]) for change in changes]

    def sender(self, receiver: Any, **more: Any) -> Sender:
        return Sender(self.journal, receiver, self.do, lambda: self.now, **more)

    def run(self, receiver: Any) -> Any:
        sender = self.sender(receiver)
        tally = sender.run()
        sender.close()
        return tally

    def row(self, table: str, **cells: Any) -> None:
        """Tell a row of a table, known from now."""
        frame = pd.DataFrame([{"program_id": "acme"} | cells])
        _, rejects = self.do(lambda writing: writing.rows(table, frame, self.now))
        assert not len(rejects), rejects

    def deliveries(self) -> list[tuple[str, str, str]]:
        """Decision, status and code of each delivery, as they came."""
        rows = self.journal.frame("deliveries", columns=["decision_id", "status", "code", "seq"])
        rows = rows.sort_values("seq")
        names = self.journal.names("decision", rows["decision_id"].to_numpy())
        codes = self.journal.names("delivery_code", rows["code"].to_numpy())
        words = [DELIVERY_STATUSES[status] for status in rows["status"]]
        return list(zip(names.tolist(), words, codes.tolist(), strict=True))

    def counts(self) -> tuple[int, int]:
        """Messages that wait, and the dead."""
        with self.journal.database.reading() as store:
            return Outbox(store, self.journal.key).counts()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A program without quiet hours."""
    made = Desk(tmp_path)
    yield made
    made.home.close()


@pytest.fixture
def at_night(tmp_path: Path) -> Iterator[Desk]:
    """A program with quiet hours, at 22:00 of its own time."""
    made = Desk(tmp_path, NIGHT)
    made.now = NOON + 10 * 3_600_000
    yield made
    made.home.close()


@pytest.fixture(scope="session")
def make_desk() -> type[Desk]:
    return Desk


@pytest.fixture
def receiver() -> FakeReceiver:
    return FakeReceiver()


class Listener(ThreadingHTTPServer):
    """A receiver on a port of its own; checks each signature by the words of the specification."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.bodies: list[bytes] = []
        self.ids: list[str] = []
        self.connections: set[Any] = set()
        self.delay = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks?for=jaga"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        name, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        digest = hmac.new(SECRET, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()
        assert self.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        self.server.bodies.append(body)
        self.server.ids.append(name)
        self.server.connections.add(self.client_address)
        status, headers = self.server.answers.pop(0) if self.server.answers else (204, {})
        if status == 0:
            self.server.delay.wait(5)
            self.close_connection = True
            return
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        if status != 204:
            self.send_header("Content-Length", "2")
        self.end_headers()
        if status != 204:
            self.wfile.write(b"ok")
        self.close_connection = "Connection" in headers

    def log_message(self, *_: Any) -> None:
        """Be silent."""


@contextmanager
def listening() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.delay.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as server:
        yield server


@pytest.fixture
def webhook_for() -> Iterator[Callable[..., Webhook]]:
    """Makes webhooks with the listener's secret, closed in the end."""
    made: list[Webhook] = []

    def make(url: str, **more: Any) -> Webhook:
        made.append(Webhook(url, (SECRET,), **more))
        return made[-1]

    yield make
    for webhook in made:
        webhook.close()
