"""What must hold of a home once the fire is out, read from the journal and from the service."""

from __future__ import annotations

import hashlib
import http.client
import json
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.catalog import CATALOG
from features.engine.state import State
from features.records import COLUMN, SCORED
from features.store.schema import DECISIONS, STORED
from tests.journeys.fire.service import HOST
from tests.journeys.fire.world import PROGRAM_ID
from tests.journeys.recovery.conftest import Bench

if TYPE_CHECKING:
    from features.store.journal import Journal
    from tests.journeys.fire.load import Ledger
    from tests.journeys.fire.world import World

STATES: Final = f"states/{PROGRAM_ID}"
"""Where a home keeps the snapshots of its program."""


def check(world: World, ledger: Ledger) -> dict[str, int]:
    """Check a home whose service has stopped against what was acknowledged; what was compared."""
    assert ledger.wrong == []
    if world.url is None:
        check_file(world)
    home = world.home()
    try:
        journal = home.journal()
        check_answers(journal, ledger)
        check_numbers(journal)
        return {"verdicts": len(ledger.answers), "vectors": check_vectors(journal),
                "decisions": check_decisions(journal, ledger),
                "replies": check_replies(journal, ledger),
                "rows": check_rows(journal, ledger), "spared": check_state(world)}
    finally:
        home.close()


def check_file(world: World) -> None:
    """SQLite finds nothing wrong with its file."""
    with closing(sqlite3.connect(world.path / "journal.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def check_answers(journal: Journal, ledger: Ledger) -> None:
    """Every acknowledged verdict is stored with the bytes that were answered, once."""
    with journal.database.reading() as store:
        stored = {row[0]: bytes(row[1]) for row in store.rows(
            "SELECT entities.name, verdicts.body FROM verdicts JOIN entities ON "
            "entities.program = verdicts.program AND entities.kind = 'event' AND "
            "entities.number = verdicts.event_id")}
        names = Counter(row[0] for table in ("scans", "referrals", "redemptions")
                        for row in store.rows(
                            f"SELECT entities.name FROM {table} JOIN entities ON "
                            f"entities.program = {table}.program AND entities.kind = 'event' "
                            f"AND entities.number = {table}.event_id"))
    assert {name: digest(body) for name, body in ledger.answers.items()} == {
        name: digest(body) for name, body in stored.items() if name in ledger.answers}
    assert {name for name, count in names.items() if count > 1} == set()
    assert set(ledger.answers) | ledger.taken <= set(names)


def digest(body: bytes) -> str:
    """Short enough that a failure can be read."""
    return hashlib.sha256(body).hexdigest()[:16]


def check_numbers(journal: Journal) -> None:
    """Arrival numbers run from 1 to the head without gap or double, and places follow them.

    Whoever rolls back gives his numbers back with the rest, so that a gap is a row that went.
    """
    with journal.database.reading() as store:
        numbers = [row[0] for table in (*STORED, "decisions")
                   for row in store.rows(f"SELECT seq FROM {table}")]
    assert np.array_equal(np.sort(numbers), np.arange(1, journal.head.seq + 1))
    records = np.concatenate(list(journal.records()))
    judged = records[records[:, COLUMN["kind"]] < SCORED]
    places = judged[np.argsort(judged[:, COLUMN["seq"]]), COLUMN["place"]]
    assert (np.diff(places) > 0).all()
    assert journal.head.place == places[-1]


def check_vectors(journal: Journal) -> int:
    """Every served vector equals batch over the journal, bit for bit; how many there are.

    A verdict that was given while the state was away says so and stands on none.
    """
    with journal.database.reading() as store:
        served = {row[0]: bytes(row[1]) for row in store.rows(
            "SELECT event_id, vector, body FROM verdicts")
            if json.loads(row[2])["degraded"] in (False, "model")}
    records = np.concatenate(list(journal.records()))
    judged = records[records[:, COLUMN["kind"]] < SCORED]
    matrix = State(CATALOG, journal.program.timezone).replay(records)
    batch = {event: row.tobytes() for event, row in zip(
        judged[:, COLUMN["event"]].tolist(), matrix, strict=True) if event in served}
    assert [event for event in served if batch[event] != served[event]] == []
    return len(served)


def check_decisions(journal: Journal, ledger: Ledger) -> int:
    """Every acknowledged decision is in the feed of outcomes, once; how many there are."""
    with journal.database.reading() as store:
        rows = store.rows(
            "SELECT entities.name, decisions.status, decisions.seq FROM decisions JOIN entities "
            "ON entities.program = decisions.program AND entities.kind = 'event' AND "
            "entities.number = decisions.event_id ORDER BY decisions.seq")
    told: dict[str, list[str]] = defaultdict(list)
    for name, status, _ in rows:
        told[name].append(DECISIONS[status])
    for name, answer in ledger.decided.items():
        assert told[name].count(answer["status"]) == 1, (name, told[name], answer)
    return len(ledger.decided)


def check_replies(journal: Journal, ledger: Ledger) -> int:
    """Every acknowledged appeal and piece of evidence is stored once; how many there are."""
    with journal.database.reading() as store:
        stored = Counter((name, kind, json.loads(body)["text"]) for name, kind, body in store.rows(
            "SELECT entities.name, replies.kind, replies.body FROM replies JOIN entities ON "
            "entities.program = replies.program AND entities.kind = 'event' AND "
            "entities.number = replies.event_id"))
    said = [(name, *reply) for name, replies in ledger.replies.items() for reply in replies]
    assert [one for one in said if stored[one] != 1] == []
    return len(said)


def check_rows(journal: Journal, ledger: Ledger) -> int:
    """Every acknowledged row is stored once; how many there are."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for name, table in ledger.rows.items():
        wanted[table].add(name)
    named = {"account_changes": ("change", "x-"), "activities": ("event", "v-"),
             "adjustments": ("event", "a-"), "codes": ("code", "N-"), "members": ("member", "n-")}
    with journal.database.reading() as store:
        for table, names in wanted.items():
            kind, mark = named[table]
            found = Counter(row[0] for row in store.rows(
                f"SELECT entities.name FROM {table} JOIN entities ON entities.program = "
                f"{table}.program AND entities.kind = ? AND entities.number = {table}.{kind}_id",
                (kind,)))
            assert {mark + name for name in names} <= set(found), table
            assert [name for name in found if found[name] > 1 and name.startswith(mark)] == []
    return len(ledger.rows)


def check_state(world: World) -> int:
    """A state by the newest snapshot equals one by the whole journal; how many rows it spared."""
    home = world.home()
    try:
        bench = Bench(home)
        live, _ = bench.recovered(bench.snapshots(STATES))
        assert bench.differing(live, bench.live) == []
        return live.recovered.seq
    finally:
        home.close()


def keep_snapshot(world: World) -> None:
    """Keep a snapshot of a home whose service is down, far sooner than a service takes one."""
    home = world.home()
    try:
        bench = Bench(home)
        bench.snapshots(STATES).keep(bench.live.snapshot())
    finally:
        home.close()


def get(port: int, key: str, path: str) -> Any:
    """What a running service answers to a GET."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=30)) as connection:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body)
        return json.loads(body)


def check_feed(port: int, key: str, ledger: Ledger, page: int = 7) -> int:
    """Read page by page, the feed tells each change once and ends where each event stands."""
    told, cursor = [], ""
    while True:
        answer = get(port, key, f"/v1/outcomes?after={cursor}&limit={page}")
        if not answer["outcomes"]:
            break
        told += answer["outcomes"]
        cursor = answer["cursor"]
    assert told == get(port, key, "/v1/outcomes?limit=10000")["outcomes"][:len(told)]
    last = {change["event_id"]: change for change in told}
    for name in list(ledger.decided)[:50]:
        event = get(port, key, f"/v1/events/{name}")
        assert (event["status"], event["points_final"]) == (
            last[name]["status"], last[name]["points_final"]), name
    return len(told)
