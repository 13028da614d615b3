"""The checks themselves: each finds the loss, the double and the leak that it is there for."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from serving.programs import Programs
from serving.settings import Settings
from tests.journeys.fire.checks import check
from tests.journeys.fire.hostile import Attack
from tests.journeys.fire.traffic import Act, Ledger, Traffic
from tests.journeys.fire.wire import Answer, faults
from tests.journeys.fire.world import PROGRAM_ID, World

if TYPE_CHECKING:
    from pathlib import Path

ACTS = 400
TAMPERED = {
    "a lost verdict": "DELETE FROM verdicts WHERE place = (SELECT max(place) FROM verdicts)",
    "a changed verdict": "UPDATE verdicts SET body = CAST(body || ' ' AS BLOB)",
    "a changed vector": "UPDATE verdicts SET vector = zeroblob(length(vector)) WHERE place = "
                        "(SELECT max(place) FROM verdicts)",
    "a lost event": "DELETE FROM scans WHERE place = (SELECT max(place) FROM scans)",
    "a moved event": "UPDATE scans SET points = points + 20 WHERE place = "
                     "(SELECT min(place) FROM scans JOIN verdicts USING (place))",
    "a lost decision": "DELETE FROM decisions",
    "a lost row": "DELETE FROM activities",
    "a lost appeal": "DELETE FROM replies",
    "an appeal that is there twice": "INSERT INTO replies (program, event_id, kind, body, at_ms) "
                                     "SELECT program, event_id, kind, body, at_ms FROM replies",
    "a lost fact of the past": "DELETE FROM members WHERE seq = (SELECT min(seq) FROM members)",
    "a head that went back": "UPDATE programs SET last_seq = last_seq - 1",
}


@pytest.fixture(scope="module")
def judged(trained: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Ledger]:
    """A home that took some acts, and what was acknowledged of them."""
    world = World(tmp_path_factory.mktemp("checks") / "home", trained.key)
    shutil.copytree(trained.path, world.path)
    ledger = Ledger()
    programs = Programs(Settings(home=world.path))
    programs.open(wait=True)
    traffic = Traffic("c", 1, ledger, lambda: time.time_ns() // 1_000_000)
    asyncio.run(_send(programs, traffic, ledger))
    programs.close()
    assert ledger.decided
    return world, ledger


async def _send(programs: Programs, traffic: Traffic, ledger: Ledger) -> None:
    """Do acts in this process that a service would do for a connection."""
    engine = programs.engine(PROGRAM_ID)
    for _ in range(ACTS):
        act = traffic.next()
        told = json.loads(act.body or b"{}")
        if act.what == "verdict":
            ledger.settle(act, 200, await engine.verdict(told))
        elif act.what == "row":
            table = act.path.rpartition("/")[2]
            ledger.settle(act, 200, json.dumps(await engine.rows(table, [told])).encode())
        elif act.what == "decide":
            answer = await engine.desk.decide(act.subject, **told)
            ledger.settle(act, 200, json.dumps(answer).encode())
        elif act.what == "reply":
            kind = act.path.rpartition("/")[2]
            answer = await engine.desk.reply(act.subject, kind, told)
            ledger.settle(act, 200, json.dumps(answer).encode())


def test_a_sound_home_passes(judged: tuple[World, Ledger]) -> None:
    """Nothing is found where nothing was done."""
    compared = check(*judged)
    assert min(compared["verdicts"], compared["vectors"], compared["rows"]) > 10
    assert min(compared["decisions"], compared["replies"]) > 0


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_lost_or_changed_is_found(
    what: str, judged: tuple[World, Ledger], tmp_path: Path
) -> None:
    """One statement against the journal, and the check fails."""
    world, ledger = judged
    shutil.copytree(world.path, tmp_path / "home")
    with closing(sqlite3.connect(tmp_path / "home" / "journal.sqlite")) as connection, connection:
        assert connection.execute(TAMPERED[what]).rowcount > 0
    with pytest.raises(AssertionError):
        check(World(tmp_path / "home", world.key), ledger)


def test_a_ledger_notes_other_bytes_and_other_statuses() -> None:
    """The second answer to an event is compared with the first."""
    ledger, act = Ledger(), Act("verdict", "e", "/v1/verdicts", b"{}")
    ledger.settle(act, 200, b'{"verdict":"approve"}')
    ledger.settle(act, 200, b'{"verdict":"approve"}')
    assert ledger.wrong == []
    ledger.settle(act, 200, b'{"verdict":"review"}')
    ledger.settle(act, 500, b"")
    assert len(ledger.wrong) == 2


@pytest.mark.parametrize(("answer", "is_sound"), [
    (Answer(200, {}, b"{}", 0.1), True),
    (Answer(503, {"retry-after": "2"}, b'{"error":{"code":"a","field":null,"message":"m",'
            b'"expected":"e"}}', 0.1), True),
    (Answer(503, {}, b"{}", 0.1), False),
    (Answer(500, {}, b"{}", 0.1), False),
    (Answer(400, {}, b'{"error":"bad"}', 0.1), False),
    (Answer(400, {}, b'{"error":{"code":"a","field":null,"message":"KeyError",'
            b'"expected":"e"}}', 0.1), False),
    (Answer(400, {"x-injected": "1"}, b"", 0.1), False),
])
def test_a_wrong_answer_is_a_fault(answer: Answer, is_sound: bool) -> None:
    """A 5xx, an error of another shape, a word of the inside, an injected header."""
    assert (faults(Attack("cells", b"", "/v1/verdicts"), [answer]) == []) is is_sound
