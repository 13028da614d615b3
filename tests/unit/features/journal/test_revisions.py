"""What a newer revision of the tables makes of rows that are there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from features.store.database import MIGRATIONS, Database

if TYPE_CHECKING:
    from pathlib import Path


def test_suggestions_of_before_find_their_member(tmp_path: Path) -> None:
    """The sixth revision notes whose each is, 0 where the journal never named him."""
    database = Database(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.connect().execution_options(jaga_writing=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.commit()
    with database.writing() as store:
        store.run("INSERT INTO entities (program, kind, number, name) VALUES (1, 'member', 7, 'm')")
        for name, member in (("d-1", "m"), ("d-2", "nobody")):
            store.run("INSERT INTO suggested (program, decision_id, body, at_ms) "
                      "VALUES (1, ?, ?, 5)", (name, json.dumps({"member_id": member})))
    database.migrate()
    with database.reading() as store:
        assert store.rows("SELECT decision_id, member_id FROM suggested ORDER BY decision_id") == [
            ("d-1", 7), ("d-2", 0)]
    database.close()
