"""Nudges that sleep and digests that were sent: in a backup, and when somebody is erased."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from features.exports.program import Program
from features.progress import silent
from features.store.home import Home
from serving.digest.sent import Digest, Digests
from serving.keeping.backup import backup
from serving.keeping.erasing import Erasure
from serving.keeping.restore import restore
from serving.nudges.snoozes import Snoozes
from serving.outbox.message import DIGEST, MISSION_SEND, message_of
from serving.outbox.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY_MS = 86_400_000


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """A program with two snoozes of one nudge, a digest, and messages that wait."""
    url = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    made = Home(tmp_path / "home", url)
    if url is not None:
        made.migrate()
    journal = made.create(Program(program_id="acme"))
    journal.number("member", "m-3", create=True)
    with made.database.writing() as store:
        snoozes = Snoozes(store, journal.key)
        snoozes.put("drop:region:4", 9 * DAY_MS, 12.5, "rina", 1)
        snoozes.put("drop:region:4", 5 * DAY_MS, 10.25, "budi", 2)
        digests = Digests(store, journal.key)
        digests.add(Digest("2025-03-01", 5, ("drop:region:4",), ()))
        digests.add(Digest("2025-03-01", 6, ("leak:sku:1",), ()))
        digests.mailed("2025-03-01", "digest.1")
        Outbox(store, journal.key).add([
            message_of("acme", DIGEST, "2025-03-01", 0, {"text": "members of rep m-3"}, 5),
            message_of("acme", MISSION_SEND, "d-1", 99, {}, 5)])
    yield made
    made.close()


def read(home: Home) -> tuple[Any, ...]:
    key = home.journal("acme").key
    with home.database.reading() as store:
        digests = Digests(store, key)
        return (Snoozes(store, key).newest(DAY_MS), digests.find("2025-03-01"), digests.before(5),
                digests.before(6))


def test_the_first_digest_of_a_night_and_the_last_snooze_of_a_nudge_stay(home: Home) -> None:
    snoozes, digest, none, same = read(home)
    assert snoozes["drop:region:4"] == (2, "drop:region:4", 5 * DAY_MS, 10.25, "budi", 2)
    assert digest == same == Digest("2025-03-01", 5, ("drop:region:4",), ("digest.1",))
    assert none is None
    key = home.journal("acme").key
    with home.database.reading() as store:
        assert Snoozes(store, key).newest(1)["drop:region:4"].author == "rina"
        assert Snoozes(store, key).newest(0) == {}


def test_a_backup_brings_them_back(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "b.tar", "ana", 1, silent)
    restore(tmp_path / "b.tar", tmp_path / "again", None, "ana", 2, silent)
    again = Home(tmp_path / "again")
    assert read(again) == read(home)
    again.close()


def test_a_digest_that_waits_goes_with_whoever_is_erased(home: Home) -> None:
    """A sentence of it may name him; what is about others stays."""
    key = home.journal("acme").key
    with home.database.writing() as store:
        Erasure(store, key, "m-3").run(
            {name: set() for name in ("event", "decision", "change", "merge")}, "ana", 9)
    with home.database.reading() as store:
        assert [one.kind for one in Outbox(store, key).waiting()] == [MISSION_SEND]
    assert read(home)[0]["drop:region:4"].number == 2
