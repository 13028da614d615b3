"""Replicas on a PostgreSQL database and a Redis of their own, dropped afterwards."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import redis

from features.catalog import CATALOG
from features.engine.state import State
from features.records import COLUMN, SCORED
from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
REDIS = os.environ.get("JAGA_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
PATIENCE_S = 90.0


@pytest.fixture(scope="session")
def zygote() -> Iterator[subprocess.Popen[str]]:
    """The process that forks replicas."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("replicas.py"))], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        yield process
        process.kill()


class RedisServer:
    """A Redis process of one test, that it may stop."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL)
        with closing(redis.Redis(port=self.port)) as client:
            deadline = time.monotonic() + 20
            while True:
                with suppress(redis.ConnectionError):
                    client.ping()
                    return
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def flush(self) -> None:
        with closing(redis.Redis(port=self.port)) as client:
            client.flushall()

    def entries(self) -> int:
        """Entries of all tails together."""
        with closing(redis.Redis(port=self.port)) as client:
            return sum(client.xlen(key) for key in client.scan_iter("jaga:*"))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@dataclass
class World:
    """A program in a shared database, and the replicas that serve it."""

    folder: Path
    url: str
    redis: str
    program: str
    zygote: Any
    before: int = 0
    pids: dict[str, int] = field(default_factory=dict)

    def home(self) -> Home:
        return Home(self.folder / "home", self.url)

    def spawn(self, name: str, groups: list[list[dict[str, Any]]], **more: Any) -> None:
        """Fork a replica and wait until its state is built."""
        path = self.folder / f"{name}.groups"
        path.write_text(json.dumps(groups))
        order = {"name": name, "folder": str(self.folder), "home": str(self.folder / "home"),
                 "url": self.url, "redis": self.redis, "groups": str(path), **more}
        self.zygote.stdin.write(json.dumps(order) + "\n")
        self.zygote.stdin.flush()
        self.pids[name] = int(self.zygote.stdout.readline())
        self.wait(name, "ready")

    def go(self) -> None:
        (self.folder / "go").touch()

    def wait(self, name: str, what: str) -> str:
        """Wait until a replica tells something."""
        path, deadline = self.folder / f"{name}.{what}", time.monotonic() + PATIENCE_S
        failed = self.folder / f"{name}.failed"
        while not path.exists():
            assert not failed.exists(), failed.read_text()
            assert time.monotonic() < deadline, f"{name} is not {what}"
            time.sleep(0.01)
        return path.read_text()

    def wait_death(self, name: str) -> None:
        """Wait until a replica has killed itself."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            assert time.monotonic() < deadline, f"{name} lives"
            assert not (self.folder / f"{name}.done").exists(), f"{name} finished"
            try:
                os.kill(self.pids[name], 0)
            except ProcessLookupError:
                del self.pids[name]
                return
            time.sleep(0.01)

    def wait_commits(self, count: int) -> None:
        """Wait until the journal has so many transactions more than before the replicas."""
        home = self.home()
        journal = home.journal()
        deadline = time.monotonic() + PATIENCE_S
        while journal.head.number < self.before + count:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        home.close()

    def answers(self, *names: str) -> list[tuple[str, str]]:
        """What replicas answered: event and verdict, or the code of an error."""
        return [tuple(json.loads(line)) for name in names
                for line in (self.folder / f"{name}.answers").read_text().splitlines()]

    def finish(self, *names: str) -> None:
        """Let replicas end; their states must equal that of one that is built now."""
        for name in names:
            self.wait(name, "done")
        self.spawn("fresh", [])
        (self.folder / "finish").touch()
        states = {name: json.loads(self.wait(name, "state")) for name in (*names, "fresh")}
        for name in names:
            assert states["fresh"] == states[name], name

    def check_vectors(self) -> int:
        """Every served vector equals batch over the journal, bit for bit; how many there are."""
        home = self.home()
        journal = home.journal()
        with journal.database.reading() as store:
            served = {row[0]: row[1] for row in store.rows(
                "SELECT event_id, vector FROM verdicts")}
        records = np.concatenate(list(journal.records()))
        judged = records[records[:, COLUMN["kind"]] < SCORED]
        matrix = State(CATALOG, journal.program.timezone).replay(records)
        batch = {event: row.tobytes() for event, row in zip(
            judged[:, COLUMN["event"]].tolist(), matrix, strict=True) if event in served}
        differing = [event for event in served if batch[event] != served[event]]
        assert differing == []
        places = judged[np.argsort(judged[:, COLUMN["seq"]]), COLUMN["place"]]
        assert (np.diff(places) > 0).all()
        assert len(set(records[:, COLUMN["seq"]].tolist())) == len(records)
        home.close()
        return len(served)


@pytest.fixture
def world(tmp_path: Path, database_url: str, zygote: Any) -> Iterator[World]:
    """A program with some codes and members, in a database and under a key of its own."""
    program = f"p{uuid.uuid4().hex[:8]}"
    made = World(tmp_path, database_url, REDIS, program, zygote)
    home = made.home()
    ingest(home, write_export(tmp_path / "export", program))
    made.before = home.journal().head.number
    home.close()
    yield made
    for pid in made.pids.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with suppress(redis.RedisError), closing(redis.Redis.from_url(REDIS)) as client:
        for key in client.scan_iter(f"jaga:{program}:*"):
            client.delete(key)


@pytest.fixture
def export() -> Callable[..., Path]:
    """Writes an export."""
    return write_export


def write_export(folder: Path, program: str, prefix: str = "h", count: int = 60) -> Path:
    """Write an export: 20 members, 400 codes, and some scans of the days before."""
    folder.mkdir()
    (folder / "program.yaml").write_text(
        f"program_id: {program}\ntimezone: Asia/Jakarta\n"
        "languages: [en, id]\nenforcement: full\n")
    pd.DataFrame({"member_id": [f"m-{n}" for n in range(20)], "program_id": program,
                  "persona": "retailer", "joined_at": "2024-06-01T00:00:00Z",
                  "language": "en"}).to_csv(folder / "members.csv", index=False)
    pd.DataFrame({"code_id": [f"C-{n}" for n in range(400)], "sku": "wire", "points": 40,
                  "status": "dispatched", "dispatched_at": "2024-12-01T00:00:00Z"}).to_csv(
        folder / "codes.csv", index=False)
    start = pd.Timestamp("2025-01-01T08:00:00Z")
    pd.DataFrame({
        "event_id": [f"{prefix}-{n}" for n in range(count)], "program_id": program,
        "member_id": [f"m-{n % 20}" for n in range(count)],
        "occurred_at": [(start + pd.Timedelta(minutes=n)).isoformat() for n in range(count)],
        "points": 40, "proof": "qr", "code_id": [f"{prefix}C-{n}" for n in range(count)],
        "device_id": [f"d-{n % 7}" for n in range(count)],
    }).to_csv(folder / "scans.csv", index=False)
    return folder
