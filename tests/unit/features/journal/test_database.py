from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from features.errors import Unavailable
from features.store.database import Database
from features.store.home import Home
from features.store.schema import METADATA, STORED
from tests.databases import database as postgres

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    assert not made.is_newest()
    made.migrate()
    return made


def test_the_revisions_make_the_tables_of_the_code(database: Database) -> None:
    """Nothing of the schema is missing from the migrations, and running them again is harmless."""
    database.migrate()
    assert database.is_newest()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={
            "include_object": lambda item, name, kind, reflected, other: not (
                kind == "table" and reflected and name not in METADATA.tables)})
        assert compare_metadata(context, METADATA) == []


def test_every_stored_key_starts_with_the_program(database: Database) -> None:
    """Primary keys and indexes of every table with facts."""
    for table in STORED.values():
        assert next(iter(table.primary_key.columns)).name == "program"
        for index in table.indexes:
            assert index.columns.keys()[0] == "program"


def test_a_commit_is_on_the_disk(database: Database) -> None:
    """WAL, and every commit synced."""
    with database.reading() as store:
        assert store.rows("PRAGMA journal_mode") == [("wal",)]
        assert store.rows("PRAGMA synchronous") == [(2,)]


def test_a_row_is_found_by_its_id(database: Database) -> None:
    """SQLite plans with the ids, not with the program that nearly all rows share."""
    with database.reading() as store:
        for table in STORED.values():
            index = next(iter(table.indexes))
            key = index.columns.keys()[1]
            plan = store.rows(f"EXPLAIN QUERY PLAN SELECT * FROM {table.name} "
                              f"WHERE program = 1 AND {key} = 2")
            assert index.name in plan[0][3]


def test_reading_leaves_nothing_behind(database: Database) -> None:
    """What is written through a reading view is rolled back."""
    with database.reading() as store:
        store.run("INSERT INTO handovers VALUES ('x', 1, '')")
    with database.reading() as store:
        assert store.rows("SELECT * FROM handovers") == []


def test_a_database_that_is_not_there_is_unavailable() -> None:
    """The error hides the password and says what to do."""
    database = Database("postgresql+psycopg://who:secret@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="start it") as caught, database.reading():
        pass
    assert "secret" not in str(caught.value)


def test_a_server_counts_its_rows_when_told() -> None:
    """Else it plans as for empty tables, some minutes long."""
    with postgres() as url:
        made = Database(url)
        with made.writing() as store:
            store.run("CREATE TABLE example (number BIGINT)")
            store.run("INSERT INTO example SELECT * FROM generate_series(1, 5000)")
        made.count()
        with made.reading() as store:
            known = store.rows("SELECT reltuples FROM pg_class WHERE relname = 'example'")
        assert known == [(5000.0,)]
        made.close()


def sessions(url: str) -> int:
    """How many sessions a server has in a database, but for the one that asks."""
    made = Database(url)
    with made.reading() as store:
        found = store.rows("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                           "current_database() AND pid <> pg_backend_pid()")
    made.close()
    return int(found[0][0])


def test_a_closed_database_holds_no_session() -> None:
    """Neither one in use when it was closed, nor one taken later, by a thread that went on."""
    with postgres() as url:
        made = Database(url)
        with made.reading() as store:
            made.close()
            assert store.rows("SELECT 1") == [(1,)]
        with made.reading() as store:
            assert store.rows("SELECT 1") == [(1,)]
        assert gone(url)


def test_a_session_given_back_while_all_are_closed_is_closed() -> None:
    """The pool has just taken it back when it is closed."""
    with postgres() as url:
        made = Database(url)
        with made.reading():
            event.listen(made.engine, "checkin", lambda *_: made.close(), once=True)
        assert gone(url)


def gone(url: str) -> bool:
    """Whether no session is left, as soon as the server has ended what was closed."""
    deadline = time.monotonic() + 10
    while sessions(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_new_home_is_its_owners_alone(tmp_path: Path) -> None:
    """Names and contacts lie in it; a home that is there already keeps its mode."""
    there = tmp_path / "there"
    there.mkdir(0o750)
    for folder, mode in ((tmp_path / "a" / "home", 0o700), (there, 0o750)):
        home = Home(folder)
        assert home.migrate()[0] == ""
        home.close()
        assert folder.stat().st_mode & 0o777 == mode
