"""The example of a points engine does what it says, also when it and Jaga are killed."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from tests.journeys.fire.service import HOST, ROOT, Service
from tests.journeys.fire.world import event, make_world
from tests.journeys.outbox.test_points_engine import Reviewing, eventually, statuses

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(900)
EXAMPLE = ROOT / "examples" / "points_engine.py"
EVENTS = 300


def test_the_ledger_goes_on_where_it_was(tmp_path: Path) -> None:
    """Judged, decided, clawed back: in the end the ledger says what Jaga says of each event."""
    world = make_world(tmp_path / "world")
    service = Service(world.path)
    ledger, events = tmp_path / "ledger.sqlite", tmp_path / "events.ndjson"
    dice, now_ms = random.Random(23), time.time_ns() // 1_000_000
    events.write_text("".join(json.dumps(event(dice, f"e-{n}", now_ms)) + "\n"
                              for n in range(EVENTS)))

    command = [sys.executable, str(EXAMPLE), str(ledger), str(events),
               "--url", f"http://{HOST}:{service.port}"]
    environment = {**os.environ, "JAGA_KEY": world.key, "PYTHONPATH": str(ROOT / "client")}

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment)

    def judged() -> int:
        with closing(sqlite3.connect(ledger)) as store, suppress(sqlite3.OperationalError):
            return int(store.execute(
                "SELECT COUNT(*) FROM ledger WHERE status <> 'waiting'").fetchone()[0])
        return 0

    people = Reviewing(service.port, world.key)
    service.start()
    engine = start()
    try:
        eventually(lambda: judged() > EVENTS // 10)
        people.start()
        service.kill()
        engine.kill()
        engine.wait(30)
        service.start()
        engine = start()
        eventually(lambda: judged() == EVENTS and len(people.decided) > 4)
        engine.kill()
        engine.wait(30)
        people.done.set()
        people.join(30)
        told = subprocess.run([*command, "--once"], env=environment, capture_output=True,
                              text=True, timeout=60, check=True)
        assert "credited: " in told.stdout
        own = statuses(world)
        with closing(sqlite3.connect(ledger)) as store:
            kept = {name: (points, seq) for name, points, seq in store.execute(
                "SELECT event_id, points, seq FROM ledger")}
        assert kept == {name: own[name] for name in kept}
        assert len(kept) == EVENTS
        assert {seq > 0 for _, seq in kept.values()} == {True, False}
    finally:
        people.done.set()
        engine.kill()
        engine.wait(30)
        service.stop()
