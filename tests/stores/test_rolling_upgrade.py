"""Tables are brought up first, then the replicas one by one: two versions at once on one store."""

from __future__ import annotations

import itertools
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sqlalchemy as sql
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from features.errors import Unavailable
from features.store.database import MIGRATIONS, Database, newest_revision
from features.store.home import Home
from serving.serve import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(600)]
"""The server's own dependencies warn of their futures; a first start compiles kernels."""
FUTURE = "9000"


def config() -> Config:
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    return found


def bring_to(database: Database, revision: str) -> None:
    """Bring tables to a revision of the past."""
    settings = config()
    with database.engine.connect().execution_options(jaga_writing=True) as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)
        connection.commit()


def bring_to_the_future(database: Database, revision: str = FUTURE) -> None:
    """Do what a later version's revision may do: add a table, an index and columns."""
    with database.writing() as store:
        store.run("CREATE TABLE of_the_future (program BIGINT PRIMARY KEY)")
        store.run("ALTER TABLE verdicts ADD COLUMN of_the_future BIGINT")
        store.run("ALTER TABLE programs ADD COLUMN of_the_future TEXT NOT NULL DEFAULT ''")
        store.run("CREATE INDEX verdicts_future ON verdicts (program, of_the_future)")
        store.run("UPDATE alembic_version SET version_num = ?", (revision,))


def columns_of(database: Database) -> dict[str, dict[str, tuple[bool, str]]]:
    """Every table's columns: whether a row may leave it out, and its type."""
    with database.engine.connect() as connection:
        seen = sql.inspect(connection)
        return {table: {column["name"]: (
            column["nullable"] or column["default"] is not None, str(column["type"]))
            for column in seen.get_columns(table)} for table in seen.get_table_names()}


def rules_of(database: Database) -> dict[str, set[tuple[str, ...]]]:
    """Every table's primary key and unique indexes, by their columns."""
    with database.engine.connect() as connection:
        seen = sql.inspect(connection)
        found = {}
        for table in seen.get_table_names():
            keys = {tuple(index["column_names"]) for index in seen.get_indexes(table)
                    if index["unique"]}
            found[table] = keys | {tuple(seen.get_pk_constraint(table)["constrained_columns"])}
        return found


REVISIONS = [each.revision for each in ScriptDirectory.from_config(config()).walk_revisions()][::-1]


@pytest.mark.parametrize(("before", "after"), list(itertools.pairwise(REVISIONS[6:])))
def test_a_revision_only_adds(before: str, after: str, tmp_path: Path) -> None:
    """What a process of the version before writes and reads is as it was.

    From the seventh on, which the first version that can be upgraded so has.
    """
    assert re.fullmatch(r"\d{4}", after)
    database = Database(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    bring_to(database, before)
    columns, rules = columns_of(database), rules_of(database)
    bring_to(database, after)
    now = columns_of(database)
    for table, known in columns.items():
        assert {name: now[table][name] for name in known} == known, table
        assert all(may_be_left_out for name, (may_be_left_out, _) in now[table].items()
                   if name not in known), table
        assert rules_of(database)[table] == rules[table], table
    database.close()


def test_a_shared_store_is_brought_up_by_command_alone(
    database_url: str, tmp_path: Path
) -> None:
    """An empty one is filled, an older one is refused with what to do, and then it serves."""
    database = Database(database_url)
    bring_to(database, "0007")
    home = Home(tmp_path, database_url)
    with pytest.raises(Unavailable, match="run jaga migrate once"):
        home.programs()
    assert database.revision() == "0007"
    assert home.migrate() == ("0007", newest_revision())
    assert home.programs() == []
    assert home.migrate() == (newest_revision(), newest_revision())
    home.close()
    database.close()


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_newer_tables_that_only_add_are_worked_on(
    store: str, made: Path, tmp_path: Path, services: Any
) -> None:
    """A process that never heard of them judges, decides and reads as before."""
    with services(store, tmp_path) as service:
        service.stop()
        home = Home(service.settings.home, service.settings.url)
        bring_to_the_future(home.database)
        home.close()
        service.start()
        body = {"kind": "scan", "event_id": "f-1", "member_id": "m-3", "points": 80,
                "proof": "qr", "occurred_at": "2025-03-05T03:00:00Z"}
        assert service.post("/verdicts", body).json()["verdict"] == "review"
        release = {"decision": "release", "reason": "Fine.", "by": "rina"}
        assert service.post("/cases/f-1/decisions", release).json()["status"] == "released"
        assert service.programs.home.migrate() == (FUTURE, FUTURE)


def test_tables_that_were_changed_are_refused(tmp_path: Path) -> None:
    """A revision of another name is no addition: neither opened nor migrated."""
    home = Home(tmp_path)
    bring_to_the_future(home.database, "b0001")
    home.close()
    for act in (Home(tmp_path).programs, Home(tmp_path).migrate):
        with pytest.raises(Unavailable, match="newer version"):
            act()


@contextmanager
def replica(home: Path, store: Any) -> Iterator[httpx.Client]:
    """One `jaga serve`, spoken to by an admin."""
    with running(home, port=21_000, announce=lambda _: None, patience_s=400) as started, (
            httpx.Client(base_url=started.url, timeout=30,
                         headers={"Authorization": f"Bearer {store.keys['admin']}"})) as client:
        yield client


def test_two_versions_serve_at_once(
    made: Path, shared: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One replica runs while the tables get newer, another starts on them; both see each other."""
    monkeypatch.setenv("JAGA_DATABASE_URL", shared.settings.url)
    monkeypatch.setenv("JAGA_REDIS_URL", shared.settings.redis_url)
    body = {"kind": "scan", "member_id": "m-3", "points": 20, "proof": "qr",
            "occurred_at": "2025-03-05T03:00:00Z"}

    def judge(client: httpx.Client, name: str, **more: Any) -> Any:
        answer = client.post("/v1/verdicts", json=body | {"event_id": name} | more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    with replica(shared.settings.home, shared) as older:
        first = judge(older, "u-1", code_id="C-1400")
        database = Database(shared.settings.url)
        bring_to_the_future(database)
        database.close()
        assert judge(older, "u-2", code_id="C-1401")["verdict"] == "approve"
        with replica(shared.settings.home, shared) as newer:
            assert judge(newer, "u-1", code_id="C-1400") == first
            for number, (mine, other) in enumerate(((older, newer), (newer, older)) * 4):
                code = f"C-{1410 + number}"
                claim = {"code_id": code, "member_id": f"m-{10 + number}"}
                given = judge(mine, f"u-a{number}", **claim)
                assert given["verdict"] == "approve"
                double = judge(other, f"u-b{number}", code_id=code, member_id=f"m-{number}")
                assert double["hard_proof"] == ["code_credited_other"]
                assert judge(other, f"u-a{number}", **claim) == given
