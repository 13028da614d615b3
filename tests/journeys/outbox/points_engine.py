"""A points engine as a program would write it by `docs/outcomes.md`; run by `test_points_engine`.

``python points_engine.py LEDGER PORT SERVICE KEY SECRET EVENTS`` has every line of EVENTS judged,
takes what the webhook brings, and keeps of each event the points of its newest status in LEDGER.
It may be killed at any moment and started again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LEDGER = ("CREATE TABLE IF NOT EXISTS ledger (event_id TEXT PRIMARY KEY, status TEXT, "
          "points INTEGER NOT NULL, seq INTEGER NOT NULL, judged INTEGER NOT NULL)")
JUDGED = ("INSERT INTO ledger VALUES (?, 'judged', ?, 0, 1) "
          "ON CONFLICT (event_id) DO UPDATE SET judged = 1")
"""A verdict is older than any outcome, also where the outcome was there first."""
CHANGED = ("INSERT INTO ledger VALUES (?, ?, ?, ?, 0) ON CONFLICT (event_id) DO UPDATE SET "
           "status = excluded.status, points = excluded.points, seq = excluded.seq "
           "WHERE excluded.seq > ledger.seq")
"""The newest status counts, in whatever order and however often they come."""
WORKERS = 4


class Ledger:
    """Points by event, durable when a call returns."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(LEDGER)
        self._lock = threading.Lock()

    def write(self, statement: str, *values: Any) -> None:
        with self._lock:
            self._connection.execute(statement, values)

    def judged(self) -> set[str]:
        with self._lock:
            return {name for (name,) in self._connection.execute(
                "SELECT event_id FROM ledger WHERE judged = 1")}


def points_of(body: dict[str, Any], verdict: dict[str, Any]) -> int:
    """Points of an event as it was first answered."""
    return 0 if verdict["verdict"] == "decline" else body["points"] - verdict["points_held"]


class Judging(threading.Thread):
    """Has events judged, each again and again until there is an answer."""

    def __init__(self, ledger: Ledger, bodies: list[dict[str, Any]], port: int, key: str) -> None:
        super().__init__(daemon=True)
        self._ledger = ledger
        self._bodies = bodies
        self._port = port
        self._key = key

    def run(self) -> None:
        for body in self._bodies:
            while (verdict := self._ask(body)) is None:
                time.sleep(0.05)
            self._ledger.write(JUDGED, body["event_id"], points_of(body, verdict))

    def _ask(self, body: dict[str, Any]) -> dict[str, Any] | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("POST", "/v1/verdicts", json.dumps(body), {
                "Authorization": f"Bearer {self._key}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if answer.status == 429 or answer.status >= 500:
            return None
        assert answer.status == 200, said
        return dict(json.loads(said))


class Taking(BaseHTTPRequestHandler):
    """The webhook: an outcome is taken once it is in the ledger."""

    protocol_version = "HTTP/1.1"
    ledger: Ledger
    secret: bytes

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode()
        digest = base64.b64encode(hmac.digest(self.secret, signed + body, hashlib.sha256)).decode()
        is_ours = f"v1,{digest}" in self.headers["webhook-signature"].split()
        told = json.loads(body) if is_ours else {"type": ""}
        if told["type"] == "outcome.changed":
            row = told["data"]
            self.ledger.write(CHANGED, row["event_id"], row["status"], row["points_final"],
                              row["seq"])
        self.send_response(204 if is_ours else 401)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Be silent."""


def main(path: str, port: str, service: str, key: str, secret: str, events: str) -> None:
    """Judge what is not judged yet, and take what comes, until somebody ends it."""
    ledger = Ledger(path)
    Taking.ledger, Taking.secret = ledger, base64.b64decode(secret)
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Taking)
    done = ledger.judged()
    bodies = [body for line in Path(events).read_text().splitlines()
              if (body := json.loads(line))["event_id"] not in done]
    for worker in range(WORKERS):
        Judging(ledger, bodies[worker::WORKERS], int(service), key).start()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
