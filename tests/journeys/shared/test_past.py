"""A Redis or a replica that holds another past than the journal: the journal is right."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import redis
import sqlalchemy as sql

from features.catalog import CATALOG
from features.contract import TABLES
from features.errors import Unavailable
from features.store import database
from serving.champion import bare_bundle
from serving.commits import Commits, Work
from serving.live import Live
from serving.shared.tail import RedisTail, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.store.head import Head
    from features.store.home import Home
    from tests.journeys.shared.conftest import World


ROOT = Path(__file__).parents[3]


class Pair:
    """Two replicas in one process, each with connections of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.homes = [world.home(), world.home()]
        self.lives = [self.live(home) for home in self.homes]
        self.now = self.lives[0].journal.as_of_ms

    def live(self, home: Home) -> Live:
        journal = home.journal()
        tail = RedisTail(connect(self.world.redis), self.world.program)
        made = Live(journal, bare_bundle(journal), CATALOG, "model", tail=tail)
        made.rebuild()
        return made

    def judge(self, which: int, name: str, **more: Any) -> Any:
        self.now += 1000
        body = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 20, "proof": "qr",
                "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": f"C-{name}",
                "device_id": "d-1", **more}
        live, now = self.lives[which], self.now
        return Commits(live).commit([Work(lambda writing: live.judge(writing, body, now))])[0]

    def act(self, which: int, do: Any) -> Any:
        result = Commits(self.lives[which]).commit([Work(do, alone=True)])[0]
        assert not isinstance(result, Exception), result
        return result

    def lose(self, head: Head) -> None:
        """Undo everything after a head, as a failover to a standby that was behind does."""
        with self.homes[0].database.writing() as store:
            for table in (*TABLES, "decisions"):
                store.run(f"DELETE FROM {table} WHERE seq > ?", (head.seq,))
            for table in ("verdicts", "cases"):
                store.run(f"DELETE FROM {table} WHERE place > ?", (head.place,))
            store.run("DELETE FROM commits WHERE number > ?", (head.number,))
            store.run("DELETE FROM entities WHERE kind = 'event' AND NOT EXISTS (SELECT 1 FROM "
                      "scans WHERE scans.event_id = entities.number)")
            store.run("UPDATE programs SET commits = ?, mark = ?, last_seq = ?, last_place = ?",
                      head)

    def check(self) -> None:
        """Both replicas and one that is built anew give the same features; so does batch."""
        for live in self.lives:
            live.catch_up()
        fresh = self.live(self.homes[0])
        with fresh.journal.begin() as writing:
            record = writing.event("scan", {
                "event_id": "probe", "member_id": "m-3", "points": 20, "proof": "qr",
                "occurred_at": "2025-03-05T10:00:00+07:00", "device_id": "d-1"},
                self.now + 1).record
        vectors = [live.state.observe(record) for live in (fresh, *self.lives)]
        for live in (fresh, *self.lives):
            live.is_whole = False
        assert np.array_equal(vectors[0], vectors[1], equal_nan=True)
        assert np.array_equal(vectors[0], vectors[2], equal_nan=True)
        self.world.check_vectors()


@pytest.fixture
def pair(world: World) -> Iterator[Pair]:
    made = Pair(world)
    yield made
    for home in made.homes:
        home.close()


def tail_of(pair: Pair) -> tuple[redis.Redis, str]:
    return redis.Redis.from_url(pair.world.redis), RedisTail(
        connect(pair.world.redis), pair.world.program).key


def test_a_replica_takes_over_what_another_committed(pair: Pair) -> None:
    """From Redis, without reading the journal: even where the journal's tables can't be read."""
    for number in range(4):
        pair.judge(0, f"e{number}")
    right = pair.lives[1]
    right.journal.span = None  # type: ignore[method-assign, assignment]
    assert right.catch_up()
    assert right.head == pair.lives[0].head
    del right.journal.span
    pair.check()


def test_a_transaction_that_is_rolled_back_leaves_nothing_ahead(pair: Pair) -> None:
    """Neither Redis nor a state holds what was not committed."""
    pair.judge(0, "kept")
    live = pair.lives[0]

    def fails(writing: Any) -> None:
        live.judge(writing, {"kind": "scan", "event_id": "lost", "member_id": "m-3", "points": 1,
                             "proof": "qr", "occurred_at": "2025-03-05T10:00:00Z"}, pair.now + 1)
        raise ZeroDivisionError

    assert isinstance(Commits(live).commit([Work(fails)])[0], ZeroDivisionError)
    client, key = tail_of(pair)
    with closing(client):
        assert int(client.xrevrange(key, count=1)[0][0].split(b"-")[0]) == live.journal.head.number
    assert live.head == live.journal.head
    pair.judge(1, "next")
    pair.check()


def test_redis_ahead_of_the_journal_is_dropped(pair: Pair) -> None:
    """After a failover that lost commits, entries of the lost past are not taken."""
    pair.judge(0, "a")
    kept = pair.lives[0].head
    pair.lives[1].catch_up()
    pair.judge(0, "b")
    pair.judge(0, "c")
    pair.lose(kept)
    client, key = tail_of(pair)
    with closing(client):
        assert client.xlen(key) == 3
        other = pair.judge(1, "d")
        assert json.loads(other)["event_id"] == "d"
        fresh = Pair(pair.world)
        fresh.judge(0, "e")
        fresh.judge(1, "f")
        for home in fresh.homes:
            home.close()
        numbers = [int(name.split(b"-")[0]) for name, _ in client.xrange(key)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[-1] == pair.lives[1].journal.head.number
    pair.lives[0].catch_up()
    pair.check()


def test_a_replica_ahead_of_the_journal_makes_its_state_anew(pair: Pair) -> None:
    """Who holds lost commits answers once that it can't, and is right from then on."""
    pair.judge(0, "a")
    kept = pair.lives[0].head
    pair.judge(0, "b", code_id="C-1", member_id="m-1")
    pair.judge(0, "c")
    pair.lives[1].catch_up()
    pair.lose(kept)
    assert isinstance(pair.judge(0, "b", code_id="C-1", member_id="m-2"), Unavailable)
    again = pair.judge(0, "b", code_id="C-1", member_id="m-2")
    assert json.loads(again)["hard_proof"] == []
    pair.judge(0, "f")
    assert isinstance(pair.judge(1, "g", code_id="C-1", member_id="m-3"), Unavailable)
    assert json.loads(pair.judge(1, "g", code_id="C-1", member_id="m-3"))["hard_proof"] == [
        "code_credited_other"]
    pair.check()


def test_a_damaged_entry_is_read_from_the_journal(pair: Pair) -> None:
    """A byte that changed in Redis changes no state."""
    pair.judge(0, "a")
    client, key = tail_of(pair)
    with closing(client):
        (name, fields), = client.xrange(key)
        packed = bytearray(fields[b"entry"])
        packed[-1] ^= 1
        client.delete(key)
        client.xadd(key, {b"mark": fields[b"mark"], b"entry": bytes(packed)}, id=name)
        pair.judge(1, "b")
    pair.check()


def test_entries_of_another_journal_are_not_taken(pair: Pair) -> None:
    """Two journals under one key of one Redis disturb each other and stay right."""
    pair.judge(0, "a")
    client, key = tail_of(pair)
    with closing(client):
        (name, fields), = client.xrange(key)
        foreign = {b"mark": b"12345", b"entry": fields[b"entry"]}
        client.delete(key)
        client.xadd(key, foreign, id=f"{int(name.split(b'-')[0]) + 9}-0")
        pair.judge(1, "b")
        pair.judge(0, "c")
    pair.check()


def test_what_the_desk_does_at_one_replica_holds_at_the_other(pair: Pair) -> None:
    """A denied device, a voided code and a member's language act on the other's next event."""
    from serving.listed import ListEntry
    from serving.lists import Lists

    def deny(writing: Any) -> None:
        number = writing.entities.create("device", "d-bad")
        entry = ListEntry("deny", "device", "d-bad", pair.now, None, "An emulator.")
        Lists(writing.store, writing.key).add(entry, number, "x")

    pair.act(0, deny)
    assert json.loads(pair.judge(1, "a", device_id="d-bad"))["hard_proof"] == ["deny_list"]
    frame = pd.DataFrame([{"code_id": "C-300", "status": "void"}])
    pair.act(1, lambda writing: writing.rows("codes", frame, arrival_ms=pair.now))
    pair.now += 1000
    assert json.loads(pair.judge(0, "b", code_id="C-300"))["hard_proof"] == ["code_void"]
    row = pd.DataFrame([{"member_id": "m-new", "persona": "promoter", "language": "id",
                         "program_id": pair.world.program, "joined_at": "2025-01-01T00:00:00Z"}])
    pair.act(0, lambda writing: writing.rows("members", row, arrival_ms=pair.now))
    spoken = json.loads(pair.judge(1, "c", member_id="m-new", code_id="C-300"))
    assert spoken["partner_message"]["language"] == "id"
    pair.check()


def test_numbers_of_names_are_given_once(pair: Pair) -> None:
    """Two writers that meet the same new names in turns give each one number, without gaps."""
    for number in range(10):
        pair.judge(number % 2, f"e{number}", outlet_id=f"o-{number // 3}",
                   seller_id=f"s-{number % 4}")
    journal = pair.lives[0].journal
    with journal.database.reading() as store:
        rows = store.rows("SELECT kind, count(*), max(number), count(DISTINCT name) "
                          "FROM entities GROUP BY kind")
    assert all(count == highest == names for _, count, highest, names in rows)
    pair.check()


def test_a_frozen_replica_loses_its_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stands still inside his turn does not stop the others, and writes nothing when awake."""
    monkeypatch.setattr(database, "IDLE_MS", 3_000)
    pair = Pair(world)
    pair.judge(1, "a")
    body = {"kind": "scan", "event_id": "frozen", "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T10:00:00+07:00", "code_id": "C-9"}
    live, meanwhile = pair.lives[0], []

    def stand_still(writing: Any) -> None:
        live.judge(writing, body, pair.now + 1)
        meanwhile.append(pair.judge(1, "b", code_id="C-9"))

    assert isinstance(Commits(live).commit([Work(stand_still)])[0], Unavailable)
    assert json.loads(meanwhile[0])["hard_proof"] == []
    assert json.loads(pair.judge(0, "c", code_id="C-9", member_id="m-4"))["hard_proof"] == [
        "code_credited_other"]
    assert live.journal.event("frozen") is None
    pair.check()
    for home in pair.homes:
        home.close()


def test_starts_at_once_make_the_tables_once(database_url: str, tmp_path: Path) -> None:
    """Three processes that find an empty database: one migrates, the others find it done."""
    script = ("import sys; from features.store.home import Home; "
              "print(Home(sys.argv[1], sys.argv[2]).database.is_newest())")
    started = [subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script, str(tmp_path / name), database_url],
        stdout=subprocess.PIPE, text=True, cwd=ROOT) for name in "abc"]
    assert [process.communicate(timeout=120)[0] for process in started] == ["True\n"] * 3


def test_connections_that_are_cut_cost_no_verdict(pair: Pair) -> None:
    """The server ends all sessions, as at its restart; the next events are judged."""
    pair.judge(0, "a")
    pair.judge(1, "b")
    engine = sql.create_engine(pair.world.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
            "current_database() AND pid <> pg_backend_pid()")
    engine.dispose()
    assert json.loads(pair.judge(0, "c"))["event_id"] == "c"
    assert json.loads(pair.judge(1, "d"))["event_id"] == "d"
    pair.check()
