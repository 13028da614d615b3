"""Whatever is changed, put in, moved or taken out of what is audited is found."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from features.store.chain import Chain
from serving.audit.heads import Heads
from serving.audit.sealer import Sealer, unsealed

if TYPE_CHECKING:
    from collections.abc import Callable

AUDITED = ("audit", "seals", "redactions", "erasures", "verdicts", "decisions", "replies", "lists")
KEYS = ("number", "until_key", "row_key", "entry", "place", "seq", "reply")
"""A row put in gets a key before that of another one: behind the last one nothing is sealed."""
NOW = 1_767_225_600_000


def changed(random_: random.Random, cell: Any) -> Any:
    """Another value of a cell, as near as it gets: one bit, one letter, one more."""
    if cell is None:
        return 0
    if isinstance(cell, bytes):
        at = random_.randrange(len(cell)) if cell else 0
        bit = 1 << random_.randrange(8)
        return cell[:at] + bytes([cell[at] ^ bit]) + cell[at + 1:] if cell else b"x"
    if isinstance(cell, str):
        at = random_.randrange(len(cell) + 1)
        return random_.choice([cell[:at] + "0" + cell[at:], cell[:at] + cell[at + 1:] + "~"])
    return cell + random_.choice([-1, 1]) if isinstance(cell, int) else cell * 1.0000001


def tampered(random_: random.Random, table: str, columns: list[str], rows: list[tuple[Any, ...]]
             ) -> list[tuple[Any, ...]]:
    """One change of a table: of a cell, a row too few, a row too many, two cells exchanged."""
    at = random_.randrange(len(rows))
    column = random_.randrange(len(columns))
    act = random_.choice(["cell", "cell", "cell", "row gone", "row twice", "exchanged"])
    row = list(rows[at])
    if act == "row gone":
        return rows[:at] + rows[at + 1:]
    if act == "row twice":
        moved = {"event_id": 10**6, "entity": 10**6, **dict.fromkeys(KEYS, -1)}
        return [*rows, tuple(cell + moved.get(name, 0) if isinstance(cell, int) else cell
                             for name, cell in zip(columns, row, strict=True))]
    if act == "exchanged":
        other = random_.randrange(len(rows))
        if rows[other][column] != row[column]:
            swapped = list(rows)
            swapped[at] = (*row[:column], rows[other][column], *row[column + 1:])
            swapped[other] = (*rows[other][:column], row[column], *rows[other][column + 1:])
            return swapped
    row[column] = changed(random_, row[column])
    return [*rows[:at], tuple(row), *rows[at + 1:]]


def test_what_was_not_touched_is_whole(logged: Any) -> None:
    """The log, its seals and the redactions fit each other."""
    assert logged.findings() == []


@pytest.mark.parametrize("table", AUDITED)
def test_any_change_of_a_stored_value_is_found(logged: Any, table: str) -> None:
    """Seeded changes of every audited table, one at a time, each undone after it was looked for."""
    times = 3000 if os.environ.get("JAGA_PROVE") else 40
    file = logged.home.path / "journal.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
        rows = raw.execute(f"SELECT * FROM {table}").fetchall()
        random_ = random.Random(table)
        for _ in range(times):
            others = tampered(random_, table, columns, rows)
            if not write(raw, table, others):
                continue
            assert logged.findings(), (table, set(others) ^ set(rows))
        assert write(raw, table, rows)
    assert logged.findings() == []


def write(raw: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]]) -> bool:
    """Put rows in place of a table's; False where the table itself refuses them."""
    raw.execute("BEGIN IMMEDIATE")
    raw.execute(f"DELETE FROM {table}")
    try:
        for row in rows:
            raw.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    except sqlite3.IntegrityError:
        raw.execute("ROLLBACK")
        return False
    raw.execute("COMMIT")
    return True


@pytest.mark.parametrize(("statement", "said"), [
    ("UPDATE audit SET who = 'eve' WHERE number = 1",
     "entry 1 (policy_applied) was changed, or does not follow the one before it"),
    ("DELETE FROM audit WHERE number = 2", "entry 2 is missing before entry 3"),
    ("UPDATE verdicts SET verdict = 0 WHERE event_id = 3", "the verdict at place 1009 was changed"),
    ("UPDATE verdicts SET body = x'00' WHERE event_id = 2",
     "the verdict at place 1006 was changed"),
    ("DELETE FROM decisions WHERE seq = 21", "the decision at seq 21 was taken out"),
    ("INSERT INTO decisions SELECT program, place, 22, event_id, status, points_final, \"by\", "
     "reason, at_ms FROM decisions WHERE seq = 21", "the decision at seq 22 was put in later"),
    ("UPDATE replies SET body = '{}' WHERE reply = 4", "the reply at reply 4 was changed"),
    ("UPDATE lists SET author = 'eve' WHERE entry = 5", "the list entry at entry 5 was changed"),
])
def test_what_is_wrong_is_named(logged: Any, statement: str, said: str) -> None:
    """The sentence tells which entry or row."""
    with logged.home.database.writing() as store:
        store.run(statement)
    assert said in logged.findings()


def test_an_end_that_is_cut_off_is_found_by_the_head(logged: Any) -> None:
    """The chain itself looks whole; a service that goes on over it does not cover it up."""
    with logged.home.database.writing() as store:
        store.run("DELETE FROM erasures")
        store.run("DELETE FROM audit WHERE act = 'erased'")
    said = [each for each in logged.findings() if "cut off" in each]
    assert len(said) == 1
    with logged.home.database.writing() as store:
        for _ in range(3):
            Chain(store, logged.journal.key).add("exported", "eve", NOW)
    Sealer(logged.journal, logged.home.path).tell_head(NOW)
    assert any("another one than the head" in each for each in logged.findings())


def test_a_chain_made_anew_does_not_fit_a_signed_head(logged: Any) -> None:
    """Who can write everything but does not have the key can not sign a head."""
    key = b"k" * 32
    with logged.home.database.reading() as store:
        chain = Chain(store, logged.journal.key)
        Heads(logged.home.path, key).keep("acme", chain, NOW)
    assert logged.findings(key) == []
    file = logged.home.path / "audit" / "acme.json"
    with logged.home.database.writing() as store:
        store.run("DELETE FROM erasures")
        store.run("DELETE FROM audit WHERE act = 'erased'")
        number, hashed = Chain(store, logged.journal.key).head()
    told = json.loads(file.read_text())
    file.write_text(json.dumps(told | {"number": number, "hash": hashed}))
    assert logged.findings() == []
    assert logged.findings(key) == ["the head written down is not signed by the key of this home"]


def test_rows_of_a_busy_service_are_sealed_part_after_part(
    logged: Any, filled: Callable[..., None]
) -> None:
    """What no seal holds is told, and soon is none."""
    with logged.home.database.writing() as store:
        filled(store, logged.journal.key, 6, 40)
    sealer = Sealer(logged.journal, logged.home.path)
    with logged.home.database.reading() as store:
        assert unsealed(store, logged.journal.key) == dict.fromkeys(
            ("verdicts", "decisions", "replies", "lists"), 40)
    assert sealer.rest(NOW) == 160
    with logged.home.database.reading() as store:
        assert unsealed(store, logged.journal.key) == {}
    assert sealer.rest(NOW + 1) == 0
    assert logged.findings() == []




@pytest.mark.parametrize("details", ['{"what":"lists"}', "[]", "7", "{", "null", '"redacted"',
                                     '{"redacted":null}', '{"what":["lists"],"after":"x"}'])
def test_an_entry_that_can_not_be_read_is_a_finding(logged: Any, details: str) -> None:
    """Whatever stands in its place, the look goes on to the end."""
    with logged.home.database.writing() as store:
        store.run("UPDATE audit SET details = ? WHERE act = 'sealed'", (details,))
        store.run("DELETE FROM lists WHERE entry = 5")
    found = logged.findings()
    assert any("was changed" in each for each in found)
    assert any("names entry" in each for each in found)
