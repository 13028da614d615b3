"""`jaga send`: what would go, what goes, what was given up."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from click.testing import CliRunner

from features.exports.messages import Messages
from features.exports.program import Program
from features.store.home import Home
from jaga.command import main
from jaga.doctor import examine
from serving.casework import Casework
from serving.outbox.outbox import Outbox
from serving.outbox.relay import begin_relay
from serving.sending import send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = base64.b64encode(b"s" * 32).decode()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home in whose outbox one message waits, of a member who consents, and one of who left."""
    made = Home(tmp_path / "home")
    journal = made.create(Program(program_id="acme", messages=Messages(quiet_hours=None)))
    now_ms = time.time_ns() // 1_000_000
    member = {"program_id": "acme", "persona": "retailer", "joined_at": "2025-01-01T00:00:00Z"}
    body = {"mission_id": "streak", "propensity": 0.9, "holdout": "none", "channel": "app",
            "cost_points": 60, "policy_version": "p", "message": "Scan a pack."}
    begin_relay(journal, now_ms)
    with journal.begin() as writing:
        writing.rows("members", pd.DataFrame([
            member | {"member_id": name, "consent": True} for name in ("m-kim", "m-leo")]))
        Casework(writing.store, writing.key).suggest(
            [(f"d-{n}", body | {"decision_id": f"d-{n}", "member_id": name})
             for n, name in enumerate(("m-kim", "m-leo"))], now_ms)
        assert send(writing, ["d-0", "d-1"], now_ms)["sent"] == ["d-0", "d-1"]
    with journal.begin() as writing:
        writing.rows("members", pd.DataFrame([
            member | {"member_id": "m-leo", "consent": False}]), now_ms + 1)
    made.close()
    return tmp_path / "home"


class Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Be silent."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join(10)


def run(home: Path, *options: str, **env: str) -> Any:
    return CliRunner().invoke(main, ["send", "--home", str(home), *options], env=env)


def test_a_dry_run_names_nobody_and_writes_nothing(home: Path) -> None:
    """It says what would go and what would not, and why."""
    shown = run(home, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "d-0  0  send" in shown.stdout
    assert "d-1  0  drop  no_consent" in shown.stdout
    assert "m-kim" not in shown.stdout
    assert "Scan" not in shown.stdout
    for _ in range(2):
        told = json.loads(run(home, "--dry-run", "--json").stdout)
        assert told["would"] == {"send": 1, "wait": 0, "drop no_consent": 1}


def test_what_waits_is_sent_once(home: Path, url: str) -> None:
    """A second pass finds nothing."""
    env = {"JAGA_WEBHOOK_URL": url, "JAGA_WEBHOOK_SECRET": SECRET}
    told = json.loads(run(home, "--json", **env).stdout)
    assert (told["sent"], told["dropped"], told["waiting"]) == (1, {"no_consent": 1}, 0)
    assert json.loads(run(home, "--json", **env).stdout)["sent"] == 0


def test_without_a_webhook_it_says_what_to_set(home: Path) -> None:
    """Nothing is sent or lost."""
    shown = run(home)
    assert shown.exit_code == 2
    assert "JAGA_WEBHOOK_URL" in shown.output
    assert run(home, "--dead", "--wake").exit_code == 2


def test_the_dead_are_listed_and_woken(home: Path, url: str) -> None:
    """The doctor names them, and they get their tries again."""
    opened = Home(home)
    with opened.journal().begin() as writing:
        outbox = Outbox(writing.store, writing.key)
        first = outbox.waiting()[0]
        outbox.failed(first.message_id, 10, "http_410", None)
    opened.close()
    assert "d-0  10  http_410" in run(home, "--dead").stdout
    assert "1 that were given up" in examine(home)["messages of acme"]
    assert json.loads(run(home, "--wake", "--json").stdout) == {"woken": 1}
    assert examine(home)["messages of acme"].startswith("ok")
    env = {"JAGA_WEBHOOK_URL": url, "JAGA_WEBHOOK_SECRET": SECRET}
    assert json.loads(run(home, "--json", **env).stdout)["sent"] == 1


def test_a_receiver_is_told_again_or_forgotten(home: Path) -> None:
    """From a place in the feed that it has; forgotten, it leaves nothing behind."""
    env = {"JAGA_WEBHOOK_URL": "http://127.0.0.1:9/", "JAGA_WEBHOOK_SECRET": SECRET}
    assert json.loads(run(home, "--again-after", "0", "--json", **env).stdout) == {
        "waiting": 2, "dead": 0}
    assert json.loads(run(home, "--forget", "--json").stdout) == {"dropped": 2}
    refused = run(home, "--again-after", "0")
    assert refused.exit_code == 2
    assert "start the service" in refused.output
    assert examine(home)["messages of acme"] == "ok, 0 wait"
