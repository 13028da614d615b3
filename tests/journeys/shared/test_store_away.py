"""A store that is away, locked, silent or cut off: nothing hangs, nothing is answered twice."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
import sqlalchemy as sql

from features.catalog import CATALOG
from features.errors import StoreAway, Unavailable
from features.exports.program import Program
from features.store.home import Home
from features.store.store import LOCK_CLASS
from serving.champion import bare_bundle
from serving.commits import Commits, Work
from serving.errors import body_of, status_of
from serving.limping.mender import Mender
from serving.live import Live

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(120)
NOW = 1_740_000_000_000


class Proxy:
    """What stands between the service and PostgreSQL, and can go away in several ways."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.mode = "open"
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def set(self, mode: str) -> None:
        """Go over to ``open``, ``closed``, ``silent``, or ``cut``: the answer to a commit."""
        self.mode = mode
        if mode == "closed":
            self.cut()

    def cut(self) -> None:
        for each in self._sockets:
            _end(each)
        self._sockets.clear()

    def close(self) -> None:
        self.set("closed")
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.mode == "closed":
                    client.close()
                    continue
                self._sockets.append(client)
                if self.mode != "silent":
                    server = socket.create_connection(("127.0.0.1", self._server_port))
                    self._sockets.append(server)
                    for pair in ((client, server), (server, client)):
                        threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
                if self.mode == "cut" and b"INSERT INTO verdicts" in data:
                    self.mode = "wrote"
                elif self.mode == "wrote" and b"COMMIT" in data:
                    self.mode = "open"
                    source.shutdown(socket.SHUT_WR)  # nobody will be told that it is committed
        _end(source)
        _end(target)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class Bench:
    """A program without a champion over some store."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self.home = Home(folder, url)
        self.home.database.hurry(100)
        self.journal = self.home.create(Program(program_id="acme", enforcement="full"))
        self.live = self.fresh()
        self.live.mender = self.mender = Mender(self.live, self.fresh)
        self.commits = Commits(self.live)
        self.now = NOW
        self.judge("before")

    def fresh(self) -> Live:
        journal = self.journal.twin()
        return Live(journal, bare_bundle(journal), CATALOG, "model")

    def judge(self, name: str) -> Any:
        self.now += 1000
        body = {"kind": "scan", "event_id": name, "member_id": "m", "points": 5, "proof": "qr",
                "occurred_at": "2025-01-01T00:00:00Z", "device_id": "d"}
        work = Work(lambda writing: self.live.judge(writing, body, self.now))
        return self.commits.commit([work])[0]

    def refused(self, name: str) -> None:
        """Ask for a verdict, and find the store away, said in a way that tells nothing of it."""
        error = self.judge(name)
        assert isinstance(error, StoreAway), error
        assert status_of(error) == 503
        told = json.dumps(body_of(error))
        assert all(word not in told for word in ("127.0.0.1", "postgres", "sqlite", "port"))

    def recover(self, *names: str) -> list[Any]:
        """Get a whole state back, then ask again; nothing differs from a rebuild."""
        while not self.live.is_whole:
            with suppress(StoreAway):
                self.mender.wait()
                self.mender.rest()
        found = [self.judge(name) for name in names]
        assert all(isinstance(body, bytes) for body in found), found
        other = self.fresh()
        other.rebuild()
        assert self.live.head == other.head
        with self.journal.begin() as writing:
            record = writing.event("scan", {
                "event_id": "probe", "member_id": "m", "points": 5, "proof": "qr",
                "occurred_at": "2025-01-01T00:00:00Z", "device_id": "d"}, self.now + 1).record
        vectors = [live.observe_and_judge(record, "probe", None).vector
                   for live in (self.live, other)]
        assert np.array_equal(*vectors, equal_nan=True)
        return found


@pytest.fixture
def proxied(tmp_path: Path, database_url: str) -> Iterator[tuple[Bench, Proxy]]:
    url = sql.make_url(database_url)
    proxy = Proxy(url.port or 5432)
    through = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    bench = Bench(tmp_path, through)
    yield bench, proxy
    bench.home.close()
    proxy.close()


@pytest.mark.parametrize("mode", ["closed", "silent"])
def test_a_server_that_is_away_is_not_waited_for(proxied: tuple[Bench, Proxy], mode: str) -> None:
    """Refused at once, or after the wait for a connection; back again, verdicts go on."""
    bench, proxy = proxied
    before = bench.journal.verdict("before")
    proxy.set("closed")
    proxy.set(mode)
    for name in ("a", "b"):
        bench.refused(name)
    proxy.set("open")
    bench.recover("a", "b")
    assert bench.judge("before") == before


def test_a_commit_whose_answer_is_lost_is_found_again(proxied: tuple[Bench, Proxy]) -> None:
    """It is durable, though nobody was told: the same event gets what was stored, once."""
    bench, proxy = proxied
    proxy.set("cut")
    bench.refused("a")
    stored = bench.journal.verdict("a")
    assert stored is not None
    assert bench.recover("a", "b")[0] == stored
    with bench.journal.database.reading() as store:
        assert store.rows("SELECT count(*) FROM scans") == [(3,)]


def test_a_turn_that_another_holds_is_waited_for_shortly(
    tmp_path: Path, database_url: str
) -> None:
    """A process that froze in its turn stops nobody's thread for longer than its wait."""
    bench = Bench(tmp_path, database_url)
    plain = sql.make_url(database_url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False)) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCK_CLASS, bench.journal.key))
        bench.refused("a")
    bench.recover("a")
    bench.home.close()


def test_a_file_that_another_process_locks_is_waited_for_shortly(tmp_path: Path) -> None:
    """As long as a caller may wait, not half a minute."""
    bench = Bench(tmp_path, None)
    other = sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    bench.refused("a")
    other.execute("ROLLBACK")
    other.close()
    bench.recover("a")
    bench.home.close()


def test_a_full_file_answers_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """What SQLite can't store is not acknowledged; with room again all goes on from there."""
    bench = Bench(tmp_path, None)
    before = bench.journal.verdict("before")
    full = [True]

    def fill(connection: Any, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages if full[0] else 1 << 30}")

    sql.event.listen(bench.home.database.engine, "checkout", fill)
    bench.home.database.close()  # the next connection is a new one
    answered = {}
    refused = []
    for number in range(400):
        answer = bench.judge(f"e{number}")
        if isinstance(answer, bytes):
            answered[f"e{number}"] = answer
        else:
            assert isinstance(answer, Unavailable)
            refused.append(f"e{number}")
        if len(refused) == 5:
            break
    assert len(refused) == 5
    full[0] = False
    bench.home.database.close()
    bench.recover(*refused)
    assert bench.judge("before") == before
    assert all(bench.judge(name) == body for name, body in answered.items())
    bench.home.close()
