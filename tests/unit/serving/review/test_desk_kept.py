"""What the desk keeps goes with a person, goes in time, and comes back from a backup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from features.exports.program import Desk as Settled
from features.exports.program import Program, Retention
from features.progress import silent
from features.store.home import Home
from serving.keeping.backup import backup
from serving.keeping.jobs import erase_member
from serving.keeping.restore import restore
from serving.keeping.retention import apply_retention
from serving.outbox.relay import begin_relay
from serving.review.linking import link_member

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
DAY_MS = 86_400_000
TABLES = ("desk_work", "desk_notes", "desk_actions", "desk_action_events", "second_reviews",
          "linked")


def bytes_of(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def work_on_him(desk: Desk) -> None:
    """Acts of every kind with words about one member, done and pending."""
    begin_relay(desk.programs.home.journal("acme"), desk.now)
    for name in ("zz-one", "zz-two", "zz-three"):
        desk.scan(name, member="zz-member", device_id="zz-device")
    desk.scan("other", member="m-4")
    desk.scan("apart", member="m-6")
    desk.act("rina", "note", "zz-one", "other", text="zz note of both")
    desk.act("rina", "note", "apart", text="of another")
    desk.act("rina", "list", "zz-one", list="deny", kind="device", subject_id="zz-device",
             note="zz list note")
    desk.act("rina", "list", list="deny", kind="member", subject_id="zz-member",
             note="zz bare note")
    desk.act("rina", "declare", kind="shared_device", subject_id="zz-device", note="zz declared")
    made = desk.act("rina", "decide", "zz-one", decision="keep", reason="zz reason one")
    desk.done(made)
    desk.act("rina", "ask", "zz-two", text="zz own words")
    desk.act("rina", "decide", "zz-three", "other", decision="keep", reason="zz reason of two")


def test_nothing_of_the_desk_names_an_erased_person(closed_desk: Desk) -> None:
    """Words about him go, what was pending on him is withdrawn, all else goes on."""
    with closed_desk.open() as desk:
        work_on_him(desk)
    home = Home(closed_desk.path)
    link_member(home, "ben", "zz-member", None)
    before = bytes_of(closed_desk.path)
    said = ("zz-member", "zz-one", "zz-device", "zz note", "zz list note", "zz bare note",
            "zz reason one", "zz own words", "zz reason of two")
    assert [word for word in said if word.encode() not in before] == []
    erase_member(home, "zz-member", None, "ana", closed_desk.now)
    after = bytes_of(closed_desk.path)
    assert [word for word in said if word.encode() in after] == []
    with home.database.reading() as store:
        assert store.rows("SELECT 1 FROM linked") == []
        assert store.rows("SELECT text FROM desk_notes") == [("of another",)]
        who = store.rows("SELECT DISTINCT author FROM desk_actions")
    home.close()
    assert who == [("rina",)]
    with closed_desk.open() as desk:
        desk.now += 31_000
        desk.until(lambda: desk.status("other") == ("kept", 0))
        desk.until(lambda: desk.listed("audi", "?status=due") == [])
        assert desk.rows("SELECT 1 FROM outbox WHERE kind = 'proof.asked'") == []


def test_old_words_of_the_desk_go_and_who_did_what_stays(closed_desk: Desk) -> None:
    """Of cases that are closed; an open one keeps its notes however old they are."""
    with closed_desk.open() as desk:
        desk.scan("a")
        desk.scan("b", member="m-4")
        for name in ("a", "b"):
            desk.act("rina", "note", name, text=f"words on {name}")
        made = desk.act("rina", "decide", "a", decision="keep", reason="words of reason")
        desk.done(made)
    home = Home(closed_desk.path)
    journal = home.journal()
    home.create(journal.program.model_copy(update={"retention": Retention(texts=400)}),
                journal.missions)
    assert apply_retention(home, None, "ana", closed_desk.now + 399 * DAY_MS)["texts"] == 0
    told = apply_retention(home, None, "ana", closed_desk.now + 401 * DAY_MS)
    assert told["texts"] == 3  # the note, the act's reason and the outcome's
    assert apply_retention(home, None, "ana", closed_desk.now + 402 * DAY_MS)["texts"] == 0
    with home.database.reading() as store:
        assert store.rows("SELECT text FROM desk_notes") == [("words on b",)]
        assert store.rows("SELECT author, decision, reason FROM desk_actions "
                          "WHERE act = 'decide'") == [("rina", "keep", "")]
    home.close()


def test_a_backup_brings_the_desk_back(closed_desk: Desk, tmp_path: Path) -> None:
    """Every row of every table, and an act that was pending takes effect there."""
    with closed_desk.open() as desk:
        desk.scan("a")
        desk.act("rina", "claim", "a")
        desk.act("rina", "note", "a", text="Called him.")
        made = desk.decide("rina", "a")
    home = Home(closed_desk.path)
    link_member(home, "ben", "m-4", None)
    backup(home, tmp_path / "one.tar", "ana", closed_desk.now, silent)
    home.close()
    restore(tmp_path / "one.tar", tmp_path / "there", None, "ana", closed_desk.now, silent)
    there = Home(tmp_path / "there")
    for name in TABLES:
        rows = []
        for each in (home, there):
            with each.database.reading() as store:
                rows.append(sorted(map(repr, store.rows(f"SELECT * FROM {name}"))))
        assert rows[0] == rows[1]
        assert rows[0] or name == "second_reviews"
    there.close()
    closed_desk.path = tmp_path / "there"
    closed_desk.sign_in("rina", "manager")
    closed_desk.sign_in("audi", "auditor")
    with closed_desk.open() as desk:
        desk.done(made)
        assert desk.status("a") == ("kept", 0)


def test_a_version_before_reads_settings_without_a_desk() -> None:
    """The key is written where it is set, and nowhere else."""
    plain = Program(program_id="acme")
    assert "desk" not in plain.model_dump(by_alias=True)
    chosen = Program(program_id="acme", desk=Settled(undo_seconds=5))
    assert Program.model_validate_json(chosen.model_dump_json(by_alias=True)) == chosen

