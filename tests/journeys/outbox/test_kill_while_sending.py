"""kill -9 while messages are sent: each reaches the program, and a repeat has the same id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.contract import DELIVERY_STATUSES
from features.store.home import Home
from features.store.ingest import ingest
from features.store.schema import DECISIONS as DECIDED
from serving.casework import Casework
from serving.outbox.relay import begin_relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., int]

ROOT = Path(__file__).parents[3]
PROVES = os.environ.get("JAGA_PROVE") == "1"
FAULTS = [
    ("outbox not written", 2), ("sending not committed", 3), ("sending not answered", 2),
    ("taken, not posted", 5), ("posted, not noted", 11), ("noted, not committed", 9),
    ("noted and committed", 3), ("outcomes not committed", 1), ("outcomes not committed", 3),
    ("any commit", 4), ("any commit", 7),
]
MOMENTS = [*range(100, 1_500, 25)] if PROVES else [300, 450, 600, 800]
DECISIONS, MEMBERS, EVENTS, CHANGES = 40, 12, 6, 30


class Receiver(ThreadingHTTPServer):
    """Notes every message it takes, before it says so."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        self.order: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:  # who posted was killed in the middle of it
            self.close_connection = True
            return
        name = self.headers["webhook-id"]
        self.server.bodies[name].append(body)
        self.server.order.append(name)
        time.sleep(0.01)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Be silent."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # who asked has died
            self.close_connection = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Run a service on a home until all is sent, or it dies of a fault; its exit status."""
    command = [sys.executable, str(Path(__file__).with_name("driver.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as driver:

        def ask(fault: str, nth: int, home: Home, webhook: str) -> int:
            assert driver.stdin is not None
            assert driver.stdout is not None
            database = home.url if home.is_shared else ""
            driver.stdin.write("\t".join((fault, str(nth), str(home.path), database, webhook)))
            driver.stdin.write("\n")
            driver.stdin.flush()
            return int(driver.stdout.readline())

        yield ask
        assert driver.stdin is not None
        driver.stdin.close()


def prepared(folder: Path, url: str | None = None) -> Home:
    """A program whose members consent, with decisions that nobody has sent yet."""
    export = folder / "export"
    export.mkdir(parents=True)
    (export / "program.yaml").write_text("program_id: acme\nmessages: {quiet_hours: null}\n")
    pd.DataFrame({"member_id": [f"m-{n}" for n in range(MEMBERS)], "program_id": "acme",
                  "persona": "retailer", "joined_at": "2025-01-01T00:00:00Z", "consent": True,
                  }).to_csv(export / "members.csv", index=False)
    pd.DataFrame({"event_id": [f"s-{n}" for n in range(EVENTS)], "program_id": "acme",
                  "member_id": [f"m-{n}" for n in range(EVENTS)], "points": 5, "proof": "qr",
                  "occurred_at": "2025-05-01T00:00:00Z",
                  }).to_csv(export / "scans.csv", index=False)
    home = Home(folder / "home", url)
    ingest(home, export)
    bodies = [{"decision_id": f"d-{n:02}", "member_id": f"m-{n % MEMBERS}", "mission_id": "streak",
               "propensity": 0.9, "holdout": "none", "channel": "app", "cost_points": 60,
               "policy_version": "p", "message": "Scan a pack."} for n in range(DECISIONS)]
    now_ms = time.time_ns() // 1_000_000
    begin_relay(home.journal(), now_ms)
    with home.journal().begin() as writing:
        for number, body in enumerate(bodies):  # each made when those before it were sent
            Casework(writing.store, writing.key).suggest(
                [(body["decision_id"], body)], now_ms + number * 60_000)
        for number in range(CHANGES):
            writing.decision(f"s-{number % EVENTS}", DECIDED.index("released"), by="rina",
                             points_final=number, reason="", at_ms=now_ms)
    return home


def check(home: Home, receiver: Receiver) -> int:
    """Nothing lost, nothing changed, one line in the log for each; how many came twice."""
    journal = home.journal()
    found, changes = {}, {}
    for name, bodies in receiver.bodies.items():
        assert len(set(bodies)) == 1, "a repeat is the same message"
        told = json.loads(bodies[0])
        if told["type"] == "outcome.changed":
            changes[told["data"]["points_final"]] = receiver.order.index(name)
        else:
            found[told["data"]["decision_id"]] = name
    assert sorted(changes) == list(range(CHANGES))
    for event in range(EVENTS):
        of_it = [changes[number] for number in range(event, CHANGES, EVENTS)]
        assert of_it == sorted(of_it), "of one event in their order"
    assert sorted(found) == [f"d-{n:02}" for n in range(DECISIONS)]
    assert len(set(found.values())) == DECISIONS
    first = [receiver.order.index(found[f"d-{n:02}"]) for n in range(DECISIONS)]
    for member in range(MEMBERS):
        assert first[member::MEMBERS] == sorted(first[member::MEMBERS])
    assert len(journal.frame("missions")) == DECISIONS
    told = journal.frame("deliveries", columns=["decision_id", "status"])
    for status in ("queued", "sent"):
        of_it = told[told["status"] == DELIVERY_STATUSES.index(status)]
        assert (len(of_it), of_it["decision_id"].nunique()) == (DECISIONS, DECISIONS)
    return len(receiver.order) - DECISIONS - CHANGES


@pytest.mark.parametrize(("fault", "nth"), FAULTS)
def test_a_service_killed_while_it_sends_loses_nothing(
    fault: str, nth: int, run: Run, receiver: Receiver, tmp_path: Path
) -> None:
    """Between any two steps of a message; what was posted and not noted comes twice."""
    with closing(prepared(tmp_path)) as home:
        assert run(fault, nth, home, receiver.url) == -signal.SIGKILL
        assert run("none", 0, home, receiver.url) == 0
        repeats = check(home, receiver)
    if fault in ("posted, not noted", "noted, not committed"):
        assert repeats > 0


def test_a_service_killed_again_and_again_loses_nothing(
    run: Run, receiver: Receiver, tmp_path: Path
) -> None:
    """At moments nobody chose."""
    with closing(prepared(tmp_path)) as home:
        for moment in MOMENTS:
            assert run("any moment", moment, home, receiver.url) in (0, -signal.SIGKILL)
        assert run("none", 0, home, receiver.url) == 0
        check(home, receiver)


@pytest.mark.parametrize(("fault", "nth"), [
    ("posted, not noted", 11), ("noted, not committed", 9), ("any commit", 7)])
def test_a_service_on_postgres_killed_while_it_sends_loses_nothing(
    fault: str, nth: int, run: Run, receiver: Receiver, database_url: str, tmp_path: Path
) -> None:
    """The same where the journal lies in a server."""
    with closing(prepared(tmp_path, database_url)) as home:
        assert run(fault, nth, home, receiver.url) == -signal.SIGKILL
        assert run("none", 0, home, receiver.url) == 0
        check(home, receiver)
