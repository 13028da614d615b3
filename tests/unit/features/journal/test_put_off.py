"""Rows that are put off: nobody can tell, but for the number of statements."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sql

from features.exports.program import Program
from features.store.home import Home

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCAN = {"kind": "scan", "event_id": "e-1", "member_id": "m-1", "points": 40, "proof": "qr",
        "occurred_at": "2025-01-01T00:00:00Z", "code_id": "C-1", "device_id": "d-1"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    made.create(Program(program_id="acme"))
    yield made
    made.close()


def statements_of(home: Home) -> list[str]:
    """Every statement that goes to the database from now on."""
    seen: list[str] = []

    def trace(connection: Any, record: object) -> None:
        connection.set_trace_callback(seen.append)

    sql.event.listen(home.database.engine, "connect", trace)
    home.database.close()  # connections that are open already are not traced
    return seen


def test_any_other_statement_sees_what_was_put_off(home: Home) -> None:
    """Read inside the transaction, and by others once it is committed."""
    with home.database.writing() as store:
        store.run("CREATE TABLE numbers (n INTEGER)")
        for n in range(3):
            store.later("INSERT INTO numbers (n) VALUES (?)", (n,))
        assert store.rows("SELECT n FROM numbers ORDER BY n") == [(0,), (1,), (2,)]
        store.later("INSERT INTO numbers (n) VALUES (?)", (3,))
    with home.database.reading() as store:
        assert store.rows("SELECT count(*) FROM numbers") == [(4,)]


def put_off(home: Home, *numbers: int, fails: bool = False) -> None:
    with home.database.writing() as store:
        for number in numbers:
            store.later("INSERT INTO numbers (n) VALUES (?)", (number,))
        if fails:
            raise ZeroDivisionError


def test_what_is_put_off_goes_with_its_transaction(home: Home) -> None:
    """Rolled back, it was never there; an error of it fails the transaction."""
    with home.database.writing() as store:
        store.run("CREATE TABLE numbers (n INTEGER UNIQUE)")
    with pytest.raises(ZeroDivisionError):
        put_off(home, 1, fails=True)
    with pytest.raises(sqlite3.IntegrityError):
        put_off(home, 1, 1)
    with home.database.reading() as store:
        assert store.rows("SELECT count(*) FROM numbers") == [(0,)]


def test_names_foreseen_cost_one_query_and_get_the_same_numbers(home: Home) -> None:
    """Events of a group get what each alone would: numbers in the order of their turns."""
    bodies = [SCAN | {"event_id": f"e-{n}", "member_id": f"m-{n % 3}", "code_id": f"C-{n}"}
              for n in range(8)]
    journal = home.journal()
    with journal.begin() as writing:
        alone = [writing.event("scan", body, 1_735_689_600_000 + n).row
                 for n, body in enumerate(bodies)]
    seen = statements_of(home)
    with journal.begin() as writing:
        writing.store.run("DELETE FROM entities")
        writing.entities.names.numbers.clear()
        seen.clear()
        writing.foresee([*bodies, {"kind": "scan"}, {"kind": ["no", "kind"]}])
        asked = [text for text in seen if text.startswith("WITH asked")]
        together = [writing.event("scan", body, 1_735_689_700_000 + n).row
                    for n, body in enumerate(bodies)]
        assert [text for text in seen if text.startswith("SELECT number")] == []
    assert len(asked) == 2
    assert [{**row, "recorded_at": 0} for row in together] == [
        {**row, "recorded_at": 0} for row in alone]
