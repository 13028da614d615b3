"""The log that SQLite writes ahead is moved beside the commits, and starts again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from features.store import checkpoints
from features.store.checkpoints import Checkpoints
from features.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path}/journal.sqlite")
    with made.writing() as store:
        store.run("CREATE TABLE example (number INTEGER, filler TEXT)")
    return made


def commit(database: Database, number: int) -> None:
    with database.writing() as store:
        store.run("INSERT INTO example VALUES (?, ?)", (number, "x" * 3000))


def pages(database: Database) -> int:
    """Pages in the log."""
    path = database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])


def test_a_long_log_starts_again_between_two_commits(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commits that come while pages move keep it going on; what is left is moved between two."""
    monkeypatch.setattr(checkpoints, "LONG_PAGES", 40)
    moving = Checkpoints(database)
    with database.reading() as reader:  # as a commit that comes meanwhile, it keeps the log
        reader.rows("SELECT count(*) FROM example")
        for number in range(50):
            commit(database, number)
        moving.move()
        commit(database, 50)
        assert moving.finish()
        commit(database, 51)
        assert pages(database) > 50
    moving.move()
    assert moving.finish()
    commit(database, 52)
    assert pages(database) < 10
    moving.move()
    assert not moving.finish()
    with database.reading() as store:
        assert store.rows("SELECT count(*) FROM example") == [(53,)]
    database.close()


def test_a_file_that_can_not_be_written_is_no_end_of_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log still holds everything; the next commit is not in its way."""
    monkeypatch.setattr(checkpoints, "LONG_PAGES", 0)
    moving = Checkpoints(database)
    commit(database, 1)
    moving.move()

    def fails(**_: bool) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(moving, "move", fails)
    assert not moving.finish()
    commit(database, 2)
    database.close()
