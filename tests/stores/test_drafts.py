"""Drafts of missions and policies in a backup, and when somebody is erased, in either store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadInput, Conflict
from features.exports.program import Program
from features.progress import silent
from features.store.home import Home
from serving.keeping.backup import backup
from serving.keeping.erasing import Erasure
from serving.keeping.restore import restore
from serving.policydrafts import PolicyDrafts
from serving.retention.drafts import MissionDrafts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = Program(program_id="acme", languages=("en", "id"))
QUIZ = {"id": "quiz", "cost_points": 5, "texts": {"en": "A quiz", "id": "Kuis"}}
NOTES = ("After what m-3 did.", "Ask ANA BUDIMAN, or https://shop.example/ana", "m-31 is honest.")


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A program with drafts of each status."""
    url = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    made = Home(tmp_path / "home", url)
    key = made.create(PROGRAM).key
    with made.database.writing() as store:
        missions, policies = MissionDrafts(store, key), PolicyDrafts(store, key)
        missions.draft("quiz", QUIZ, "rina", 1, PROGRAM)
        missions.publish(1, "budi", 2, PROGRAM)
        missions.draft("quiz", {**QUIZ, "cost_points": 9}, "rina", 3, PROGRAM)
        missions.draft("quiz", None, "budi", 4, PROGRAM)
        for at, note in enumerate(NOTES):
            policies.draft("policy", 'version: "2"', note, "sari", at, PROGRAM)
        policies.put_in_force(3, "rina", 9, PROGRAM)
        policies.draft("enforcement", "hold", "A quiet week.", "rina", 10, PROGRAM)
        policies.withdraw(4, "rina", 11)
    yield made
    made.close()


def drafts(home: Home) -> tuple[list[Any], list[Any]]:
    key = home.journal("acme").key
    with home.database.reading() as store:
        return (MissionDrafts(store, key).history("quiz"), PolicyDrafts(store, key).history())


def test_a_backup_brings_drafts_back_as_they_were(home: Home, tmp_path: Path) -> None:
    """Those that wait go on waiting for somebody else than their author."""
    before = drafts(home)
    assert [one.status for one in before[0]] == ["waiting", "replaced", "published"]
    assert [one.status for one in before[1]] == ["withdrawn", "in_force", "replaced", "replaced"]
    backup(home, tmp_path / "one.tar", "ana", 20, silent)
    restore(tmp_path / "one.tar", tmp_path / "there", None, "ana", 30, silent)
    there = Home(tmp_path / "there")
    assert drafts(there) == before
    with there.database.writing() as store:
        found = MissionDrafts(store, there.journal("acme").key)
        with pytest.raises(Conflict, match="second person"):
            found.publish(3, "budi", 40, PROGRAM)
        assert found.publish(3, "rina", 40, PROGRAM) == []
    there.close()


def test_no_draft_names_who_was_erased(home: Home) -> None:
    """A note that does is dropped; the others stay, with who drafted and what was drafted."""
    before = drafts(home)
    journal = home.journal("acme")
    with home.database.writing() as store:
        store.run("INSERT INTO entities (program, kind, number, name) VALUES (?, 'member', 3, "
                  "'m-3')", (journal.key,))
        store.run("INSERT INTO people (program, member_id, display_name, contact_url) VALUES "
                  "(?, 3, 'Ana Budiman', 'https://shop.example/ana')", (journal.key,))
        Erasure(store, journal.key, "m-3").run(
            {name: set() for name in ("event", "decision", "change", "merge")}, "ana", 50)
    missions, policies = drafts(home)
    assert missions == before[0]
    assert [one._replace(note="") for one in policies] == [
        one._replace(note="") for one in before[1]]
    assert [one.note for one in reversed(policies)] == ["", "", NOTES[2], "A quiet week."]


def test_a_draft_is_somebody_s(home: Home) -> None:
    """Without a name nobody could tell who else has to look at it."""
    with home.database.writing() as store:
        found = PolicyDrafts(store, home.journal("acme").key)
        with pytest.raises(BadInput, match="name of who drafts"):
            found.draft("enforcement", "full", "why", " ", 60, PROGRAM)
