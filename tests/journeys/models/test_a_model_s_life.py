"""A model's life beside a real `jaga serve`: trained, tried, promoted, rolled back."""

from __future__ import annotations

import itertools
import json
import logging
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.champion import challenger, champion
from serving.explain import explain
from tests.journeys.fire.service import HOST, ROOT, Service
from tests.journeys.fire.world import PROGRAM_ID, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.journeys.fire.world import World

pytestmark = pytest.mark.timeout(1_200)
log = logging.getLogger("jaga.journey")
PAUSE_S = 0.05
PATIENCE_S = 120.0


class Stream(threading.Thread):
    """Scans one after the other, as a points engine sends them, until it is stopped."""

    def __init__(self, service: Service, world: World) -> None:
        super().__init__(daemon=True)
        self.answers: list[dict[str, Any]] = []
        self.refused: list[int] = []
        self.got: list[float] = []
        self._service, self._world = service, world
        self._stopped = threading.Event()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {self._world.key}"}
        with httpx.Client(base_url=f"http://{HOST}:{self._service.port}", headers=headers,
                          timeout=30) as client:
            while not self._stopped.wait(PAUSE_S):
                number = len(self.answers) + len(self.refused)
                answer = client.post("/v1/verdicts", json={
                    "kind": "scan", "event_id": f"live-{number}", "member_id": f"m-{number % 40}",
                    "points": 20 + 20 * (number % 4), "proof": "qr", "channel": "app",
                    "code_id": f"C-{2_000 + number}", "occurred_at": "2025-06-01T10:00:00Z"})
                if answer.status_code == 200:
                    self.answers.append(answer.json())
                    self.got.append(time.time())
                else:
                    self.refused.append(answer.status_code)

    def stop(self) -> None:
        self._stopped.set()
        self.join(60)

    def until(self, holds: Callable[[], bool]) -> None:
        """Go on until something holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, (self.refused, self.answers[-1:],
                                                 self._service.log.read_text()[-2000:])
            time.sleep(PAUSE_S)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Service, World]]:
    """A home of its own, served."""
    world = make_world(tmp_path)
    service = Service(world.path)
    try:
        service.start()
        yield service, world
    finally:
        service.stop()


def jaga(home: Path, *words: str, ends: int = 0) -> dict[str, Any]:
    """Run a verb as a person does, and read the last line."""
    done = subprocess.run([sys.executable, "-m", "jaga", *words, "--home", str(home), "--json"],
                          cwd=ROOT, capture_output=True, text=True, env={**os.environ},
                          check=False)
    assert done.returncode == ends, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_challenger_serves_and_goes_without_a_restart(running: tuple[Service, World]) -> None:
    """No request fails on the way, and each verdict is derived again by the bundle it names."""
    service, world = running
    home = world.home()
    root = home.bundles(PROGRAM_ID)
    first = champion(root).name
    stream = Stream(service, world)
    stream.start()
    stream.until(lambda: len(stream.answers) > 5)

    trained = jaga(world.path, "train")
    assert trained["role"] == "challenger"
    second = trained["bundle_id"]
    assert challenger(root).name == second
    stream.until(lambda: _shadowed(home, second) > 5)
    assert {answer["bundle_id"] for answer in stream.answers} == {first}

    found = jaga(world.path, "gates", "--derive", "2")
    assert found["passed"] is not True, "too young to have matured labels"
    parity = found["gates"][-1]
    assert parity["passed"] is True, parity
    assert parity["figures"]["scores in the shadow"]["compared"] > 5
    refused = jaga(world.path, "promote", ends=2)
    assert refused["error"]["code"] == "conflict"

    jaga(world.path, "promote", "--without-gates", "--reason", "A journey.")
    stream.until(lambda: stream.answers[-1]["bundle_id"] == second)
    _log("promotion", root, stream, second)
    jaga(world.path, "rollback")
    stream.until(lambda: stream.answers[-1]["bundle_id"] == first)
    _log("rollback", root, stream, first)
    stream.stop()

    assert stream.refused == []
    ids = [answer["bundle_id"] for answer in stream.answers]
    changes = [(one, two) for one, two in itertools.pairwise(ids) if one != two]
    assert changes == [(first, second), (second, first)]
    samples = [stream.answers[index]["event_id"] for index in
               (0, ids.index(second), len(ids) - 1)]
    assert all(explain(home, name).equal for name in samples)
    told = jaga(world.path, "explain", samples[1], "--lineage")
    assert told["run"]["run_id"] == trained["run_id"]
    assert told["served"][0]["reason"] == "A journey."
    home.close()


def _shadowed(home: Any, bundle_id: str) -> int:
    with home.database.reading() as store:
        return int(store.rows("SELECT count(*) FROM shadow_scores WHERE bundle_id = ?",
                              (bundle_id,))[0][0])


def _log(what: str, root: Path, stream: Stream, bundle_id: str) -> None:
    """Seconds from the pointer's change to the first answer of the other bundle."""
    changed = (root / "champion").stat().st_mtime
    ids = [answer["bundle_id"] for answer in stream.answers]
    last = max(index for index, one in enumerate(ids) if one != bundle_id)
    log.warning("%s: %.2f s from the pointer to the first verdict", what,
                stream.got[last + 1] - changed)
