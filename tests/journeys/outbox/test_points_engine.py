"""A points engine and Jaga, each killed at moments nobody chose, end with the same points."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from serving.archive import Archive
from serving.outbox.jobs import counts_of
from serving.serve import free_port
from serving.tour import Tour
from tests.journeys.fire.service import HOST, PORTS, Service
from tests.journeys.fire.world import World, event, make_world

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(3600)
PROVES = os.environ.get("JAGA_PROVE") == "1"
ENGINE = Path(__file__).with_name("points_engine.py")
SECRET = base64.b64encode(b"a secret of just enough bytes for it").decode()
EVENTS = 6_000 if PROVES else 300
BEHIND_MS = 90 * 86_400_000
"""The service lives this long ago, until in the end its clock jumps and every hold runs out."""


class Engine:
    """The points engine as a process that is killed and started again."""

    def __init__(self, folder: Path, world: World, port: int, service: int) -> None:
        self.ledger = folder / "ledger.sqlite"
        self.port = port
        events = folder / "events.ndjson"
        dice = random.Random(17)
        now_ms = time.time_ns() // 1_000_000 - BEHIND_MS
        events.write_text("".join(json.dumps(event(dice, f"e-{n}", now_ms)) + "\n"
                                  for n in range(EVENTS)))
        self._command = [sys.executable, str(ENGINE), str(self.ledger), str(port), str(service),
                         world.key, SECRET, str(events)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(30)
            self._process = None

    def rows(self) -> dict[str, tuple[int, int, int]]:
        """Points, seq and whether it is judged, by event."""
        with closing(sqlite3.connect(self.ledger)) as ledger, suppress(sqlite3.OperationalError):
            return {name: (points, seq, judged) for name, points, seq, judged in ledger.execute(
                "SELECT event_id, points, seq, judged FROM ledger")}
        return {}


class Asking(threading.Thread):
    """Asks the service, which may be dead, until told to stop."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self._port, self._key = port, key
        self._dice = random.Random(3)
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            self.act()

    def act(self) -> None:
        """Do one thing."""

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
        connection = http.client.HTTPConnection(HOST, self._port, timeout=5)
        try:
            connection.request(method, path, json.dumps(body), {
                "Authorization": f"Bearer {self._key}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return dict(json.loads(said)) if answer.status == 200 else None


class Comparing(Asking):
    """Compares the status that an event shows with the feed read before and after it."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(port, key)
        self._cursor = ""
        self._rows: dict[int, dict[str, Any]] = {}
        self._last: dict[str, int] = {}
        self.compared = 0
        self.wrong: list[Any] = []

    def act(self) -> None:
        self._read()
        names = list(self._last)
        name = self._dice.choice(names) if names else "e-0"
        before = self._last.get(name, 0)
        shown = self.ask("GET", f"/v1/events/{name}")
        if shown is None or not self._read():
            return
        row = self._rows.get(shown["seq"], {"status": shown["status"]} if not before else {})
        self.compared += 1
        if not before <= shown["seq"] <= self._last.get(name, 0) or any(
                shown[column] != row[column] for column in row if column in shown) or not row:
            self.wrong.append((before, shown, row))

    def _read(self) -> bool:
        """Read on in the feed; whether it answered."""
        feed = self.ask("GET", f"/v1/outcomes?after={self._cursor}")
        if feed is None:
            return False
        for row in feed["outcomes"]:
            if row["seq"] <= self._last.get(row["event_id"], 0):
                self.wrong.append(("out of order", row))
            self._rows[row["seq"]] = row
            self._last[row["event_id"]] = row["seq"]
        self._cursor = feed["cursor"]
        return True


class Reviewing(Asking):
    """People at the desk, who decide at random, and partners who appeal."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(port, key)
        self.decided: dict[str, str] = {}

    def act(self) -> None:
        listed = self.ask("GET", "/v1/cases?limit=40")
        for case in listed["cases"] if listed else ():
            self._review(case["case_id"])

    def _review(self, name: str) -> None:
        word = self._dice.choice(["release", "keep", "confirm_fraud", "later", "later"])
        if word == "later":
            return
        made = self.ask("POST", f"/v1/cases/{name}/decisions", {
            "decision": word, "reason": "Looked at.", "by": "rina"})
        if made:
            self.decided[name] = made["status"]
        if self._dice.random() < 0.5:
            self.ask("POST", f"/v1/events/{name}/appeal", {"text": f"No, {len(self.decided)}."})


def eventually(what: Callable[[], bool], seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.1)


def statuses(world: World) -> dict[str, tuple[int, int]]:
    """Jaga's own word on every event: points and the place of the last change."""
    with closing(world.home()) as home:
        journal = home.journal()
        with journal.database.reading() as store:
            archive = Archive(store, journal.key)
            found = archive.events([archive.number("event", f"e-{n}") for n in range(EVENTS)])
    return {one.event_id: (one.points_final, one.seq) for one in found}


def waits(world: World) -> dict[str, int]:
    with closing(world.home()) as home:
        return counts_of(home.journal())


def burn(folder: Path, world: World, kills: list[str], seed: int) -> None:
    """Judge and review under kills, let all holds run out, and compare."""
    engine_port = free_port(HOST, random.Random(os.urandom(8)).choice(PORTS))
    service = Service(world.path, {
        "JAGA_WEBHOOK_URL": f"http://{HOST}:{engine_port}/hooks", "JAGA_WEBHOOK_SECRET": SECRET,
        **({"JAGA_DATABASE_URL": world.url} if world.url else {})})
    tour = world.path / "tour.json"
    tour.write_text(Tour(behind_ms=BEHIND_MS).model_dump_json())
    engine = Engine(folder, world, engine_port, service.port)
    people, reader = (kind(service.port, world.key) for kind in (Reviewing, Comparing))
    dice = random.Random(seed)
    try:
        service.start()
        engine.start()
        people.start()
        reader.start()
        for side in kills:
            time.sleep(dice.uniform(0.2, 1.5))
            if side == "engine":
                engine.kill()
                time.sleep(dice.uniform(0.0, 0.5))
                engine.start()
            else:
                service.kill()
                service.start()
        eventually(lambda: sum(row[2] for row in engine.rows().values()) == EVENTS)
        people.done.set()
        people.join(30)
        service.kill()
        tour.unlink()
        service.start()
        eventually(lambda: not holds(world))
        eventually(lambda: waits(world) == {"waiting": 0, "dead": 0})
        reader.done.set()
        reader.join(30)
        check(engine, world, people, reader)
    finally:
        people.done.set()
        reader.done.set()
        service.stop()
        engine.kill()


def holds(world: World) -> int:
    with closing(world.home()) as home, home.database.reading() as store:
        return int(store.rows("SELECT COUNT(*) FROM cases WHERE hold_until_ms IS NOT NULL")[0][0])


def check(engine: Engine, world: World, people: Reviewing, reader: Comparing) -> None:
    assert reader.wrong == []
    assert reader.compared > 20
    own = statuses(world)
    assert len(own) == EVENTS
    assert {name: row[:2] for name, row in engine.rows().items()} == own
    changed = {name for name, (_, seq) in own.items() if seq}
    assert set(people.decided) - changed <= {
        name for name, status in people.decided.items() if status == "credited"}
    with closing(world.home()) as home, home.database.reading() as store:
        by = dict(store.rows('SELECT "by", COUNT(*) FROM decisions GROUP BY "by"'))
        again = store.rows("SELECT COUNT(*) FROM (SELECT event_id FROM decisions "
                           "GROUP BY event_id HAVING COUNT(*) > 1) AS more")[0][0]
    assert by["rina"] >= 10
    assert by["jaga"] >= 1, "no hold ran out"
    assert again >= 1, "no status changed twice"


def test_points_agree_whoever_is_killed(tmp_path: Path) -> None:
    """Verdicts, decisions, claw-backs and holds that run out, each applied once by its place."""
    world = make_world(tmp_path / "world")
    kills = ["service", "engine"] * 40 if PROVES else ["engine", "service", "engine"]
    burn(tmp_path, world, kills, seed=1)


def test_points_agree_on_postgres(database_url: str, tmp_path: Path) -> None:
    """The same where the journal lies in a server."""
    world = make_world(tmp_path / "world", url=database_url)
    burn(tmp_path, world, ["engine", "service"] * 20 if PROVES else ["engine"], seed=2)
