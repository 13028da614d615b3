"""`jaga serve` while it limps: at a start, without its champion, on a full disk."""

from __future__ import annotations

import resource
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.champion import champion
from serving.explain import explain
from serving.serve import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from features.store.home import Home

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(600)]
PORTS = range(12_000, 30_000)
"""Below those that a system gives to clients: a service needs a pair."""
PATIENCE_S = 300
"""The first start compiles kernels."""


class Service:
    """A `jaga serve` from its first moment on."""

    def __init__(self, home: Path, key: str) -> None:
        port = free_port("127.0.0.1", secrets.choice(PORTS))
        with (home.parent / "said.log").open("w") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jaga", "serve", "--home", str(home), "--port", str(port)],
                stdout=said, stderr=subprocess.STDOUT)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20,
                                   headers={"Authorization": f"Bearer {key}"})

    def post(self, name: str, **more: Any) -> httpx.Response | None:
        try:
            return self.client.post("/v1/verdicts", json=scan(name, **more))
        except httpx.TransportError:
            return None

    def ready(self) -> bool:
        return self.client.get("/readyz").status_code == 200

    def until(self, asked: Callable[[int], httpx.Response | None],
              wanted: Callable[[httpx.Response], bool]) -> httpx.Response:
        """Ask again and again until the answer is the wanted one."""
        deadline, count = time.monotonic() + PATIENCE_S, 0
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the service ended"
            answer = asked(count)
            count += 1
            if answer is not None and wanted(answer):
                return answer
            time.sleep(0.02)
        raise AssertionError(f"never the wanted answer; the last one: {answer and answer.text}")

    def limit_files(self, size: int) -> None:
        """Let no file of its processes grow past so many bytes: to them the disk is full."""
        for pid in _below(self.process.pid):
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@contextmanager
def serving(home: Path, key: str) -> Iterator[Service]:
    service = Service(home, key)
    try:
        yield service
    finally:
        service.client.close()
        service.process.send_signal(signal.SIGTERM)
        service.process.wait(60)


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", **more}


def is_given(answer: httpx.Response) -> bool:
    return answer.status_code == 200


def is_whole(answer: httpx.Response) -> bool:
    return is_given(answer) and answer.json()["degraded"] is False


def test_a_service_that_limps_says_so_and_recovers(world: Any) -> None:
    """From the start on: without a state, then without a champion, then on a full disk.

    Whatever was answered is there, to the byte, and once.
    """
    home = world.home
    lost = champion(home.bundles("acme"))
    shutil.move(lost / "manifest.json", world.path / "kept.json")
    stored: dict[str, bytes] = {}
    with serving(world.path, world.keys["points-engine"]) as service:
        first = service.until(lambda n: service.post(f"start-{n}", code_id="C-1201"), is_given)
        stored[first.json()["event_id"]] = first.content
        assert first.json()["degraded"] in ("state", "model")  # a quick start is whole by then
        again = service.until(
            lambda n: service.post("again", code_id="C-1201", member_id="m-4"), is_given)
        assert again.json()["hard_proof"] == ["code_credited_other"]
        stored["again"] = again.content

        modelless = service.until(
            lambda n: service.post(f"bare-{n}", code_id=f"C-{1300 + n}"),
            lambda answer: is_given(answer) and answer.json()["degraded"] == "model")
        assert (modelless.json()["bundle_id"], modelless.json()["score"]) == (
            f"lost:{lost.name}", None)
        stored[modelless.json()["event_id"]] = modelless.content
        shutil.move(world.path / "kept.json", lost / "manifest.json")
        whole = service.until(lambda n: service.post(f"whole-{n}"), is_whole)
        assert whole.json()["bundle_id"] == lost.name
        assert service.ready()
        stored[whole.json()["event_id"]] = whole.content

        service.limit_files(1)
        full = [service.post(f"full-{n}") for n in range(5)]
        assert [answer.status_code for answer in full] == [503] * 5
        for answer in full:
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["error"].keys() == {"code", "field", "message", "expected"}
            assert str(world.path) not in answer.text
        same = service.until(  # 503 until it is known again what was credited
            lambda n: service.post("again", code_id="C-1201", member_id="m-4"), is_given)
        assert same.content == again.content
        service.limit_files(resource.RLIM_INFINITY)
        room = service.until(lambda n: service.post("full-0"), is_given)
        stored["full-0"] = room.content
        later = service.until(lambda n: service.post(f"later-{n}"), is_whole)
        stored[later.json()["event_id"]] = later.content
        for name, body in stored.items():
            event = scan(name)
            if name.startswith(("start-", "again")):
                event |= {"code_id": "C-1201"}
            if name.startswith("bare-"):
                event |= {"code_id": f"C-{1300 + int(name[5:])}"}
            if name == "again":
                event |= {"member_id": "m-4"}
            assert service.client.post("/v1/verdicts", json=event).content == body, name
    _agree(world.home, stored)


def _agree(home: Home, stored: dict[str, bytes]) -> None:
    """Each verdict is stored as it was sent, once, and is derived again."""
    journal = home.journal()
    for name, body in stored.items():
        assert journal.verdict(name) == body
        assert explain(home, name).equal, name
    with journal.database.reading() as store:
        assert store.rows("SELECT count(*) FROM verdicts") == store.rows(
            "SELECT count(DISTINCT place) FROM scans WHERE place >= "
            "(SELECT min(place) FROM verdicts)")
    home.close()


def _below(pid: int) -> Iterator[int]:
    """Processes that a process started, and those that they did."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            yield from _below(child)
