"""A person who is erased is nowhere any more, and everybody else is as before."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.errors import NotFound, Unavailable
from features.progress import silent
from serving.audit.jobs import examine
from serving.explain import explain
from serving.keeping import jobs
from serving.keeping.erasing import MARK
from serving.keeping.jobs import erase_member
from serving.sampled import explain_sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.store.home import Home


def bytes_of(home: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def names(home: Home, kind: str) -> list[str]:
    with home.database.reading() as store:
        return [row[0] for row in store.rows(
            "SELECT name FROM entities WHERE kind = ? ORDER BY number", (kind,))]


def test_nothing_names_an_erased_person_any_more(world: Any, person: Any) -> None:
    """Neither tables nor free pages nor files hold one of his ids or words."""
    person.during(world.path, person.make)
    (world.path / "reports").mkdir()
    (world.path / "reports" / "ten.html").write_text("<td>zz-member-zz</td>")
    before = bytes_of(world.path)
    assert [mark for mark in person.marks if mark.encode() not in before] == []
    told = erase_member(world.home, "zz-member-zz", None, "ana", person.now)
    assert told["files_that_name_him"] == ["reports/ten.html"]
    (world.path / "reports" / "ten.html").unlink()
    after = bytes_of(world.path)
    assert [mark for mark in person.marks if mark.encode() in after] == []
    assert told["events"] == 6


def test_what_he_shared_with_others_stays(world: Any, person: Any) -> None:
    """A device of two people is not his alone; codes name goods."""
    person.during(world.path, person.make)
    erase_member(world.home, "zz-member-zz", None, "ana", person.now)
    assert "d-shared" in names(world.home, "device")
    assert {"C-1000", "C-1001"} <= set(names(world.home, "code"))
    assert [name for name in names(world.home, "member") if not name.startswith("m-")] == [
        next(name for name in names(world.home, "member") if name.startswith(MARK))]


def test_features_of_everybody_stay(
    world: Any, person: Any, features_of: Callable[[Home], pd.DataFrame]
) -> None:
    """Every number of every event is as it was, his own too; only nobody knows whose they are."""
    person.during(world.path, person.make)
    before = features_of(world.home)
    erase_member(world.home, "zz-member-zz", None, "ana", person.now)
    pd.testing.assert_frame_equal(features_of(world.home), before)


def test_log_and_verdicts_of_an_erased_person_stay_true(world: Any, person: Any) -> None:
    """The chain is whole, and each verdict is derived again to the byte, under its new id."""
    said = person.during(world.path, person.make)
    told = erase_member(world.home, "zz-member-zz", None, "ana", person.now)
    journal = world.home.journal()
    assert examine(journal, world.path).findings == []
    erased = [name for name in names(world.home, "event") if name.startswith(MARK)]
    assert len(erased) == told["events"]
    known = {json.dumps({**one, "event_id": ""}) for one in said}
    for name in erased:
        found = explain(world.home, name)
        assert found.equal, found.differing
        assert json.dumps({**found.verdict, "event_id": ""}) in known
        assert found.verdict["event_id"] == name


def test_a_verdict_changed_after_its_redaction_is_found(world: Any, person: Any) -> None:
    """Redaction does not open a door: what took its place is sealed too."""
    person.during(world.path, person.make)
    erase_member(world.home, "zz-member-zz", None, "ana", person.now)
    home = world.home
    with home.database.writing() as store:
        store.run("UPDATE verdicts SET body = ? WHERE place = (SELECT max(row_key) FROM "
                  "redactions WHERE what = 'verdicts')", (b'{"event_id":"x"}',))
    assert any("was changed" in one for one in examine(home.journal(), home.path).findings)


def test_sent_again_he_is_a_new_member_beside_a_running_service(world: Any, person: Any) -> None:
    """The service had looked his numbers up; after an erasure elsewhere it does not use them."""
    async def steps(engine: Any) -> list[int]:
        await person.make(engine)
        journal = engine._live.journal
        old = journal.number("member", "zz-member-zz")
        done = subprocess.run(
            [sys.executable, "-m", "jaga", "erase", "zz-member-zz", "--home", str(world.path),
             "--json"], check=True, capture_output=True, text=True)
        assert "while no service runs" in json.loads(done.stdout.splitlines()[-1])["store"]
        await engine.verdict(person.scan("zz-again", "zz-member-zz", "C-1300"))
        new = journal.number("member", "zz-member-zz")
        rows = journal.frame("scans", columns=["member_id", "event_id"])
        newest = int(rows["member_id"].to_numpy()[-1])
        return [old, new, newest]

    old, new, newest = person.during(world.path, steps)
    assert new == newest
    assert new not in (0, old)


def test_an_idle_service_forgets_him_soon(world: Any, person: Any) -> None:
    """Who only asks does not find him by his id either."""
    async def steps(engine: Any) -> None:
        import asyncio

        await person.make(engine)
        assert engine.standing.member("zz-member-zz")["recent_verdicts"]
        subprocess.run([sys.executable, "-m", "jaga", "erase", "zz-member-zz", "--home",
                        str(world.path)], check=True, capture_output=True)
        while engine._live.journal.number("member", "zz-member-zz"):
            await asyncio.sleep(0.05)
        with pytest.raises(NotFound):
            engine.standing.member("zz-member-zz")

    person.during(world.path, steps)


def test_a_sample_of_verdicts_is_derived_again(world: Any, person: Any) -> None:
    """What was changed behind the service's back differs, and is named."""
    person.during(world.path, person.make)
    home = world.home
    told = explain_sample(home, 5, 1, None, silent)
    assert (told["derived"], told["of"], told["passed"]) == (5, 12, True)
    with home.database.writing() as store:
        store.run("UPDATE scans SET points = 80 WHERE place = (SELECT max(place) FROM scans)")
    told = explain_sample(home, 50, 1, None, silent)
    assert not told["passed"]
    assert list(told["differing"]) == ["other-5"]


def test_an_unknown_member_is_said(world: Any) -> None:
    """Nothing is written for nobody."""
    with pytest.raises(NotFound, match="an unknown member_id"):
        erase_member(world.home, "nobody", None, "ana", 1)


def test_others_of_the_same_words_keep_their_names(world: Any, person: Any) -> None:
    """An agent who is called as a scan of his is somebody else; he himself as an agent goes."""
    async def steps(engine: Any) -> bytes:
        await engine.verdict(person.scan("1001", "m-1x", "C-2001"))
        await engine.verdict(person.scan("s-his", "m-2x", "C-2002", agent_id="m-1x"))
        return bytes(await engine.verdict(
            person.scan("s-other", "m-2x", "C-2003", agent_id="1001")))

    async def again(engine: Any) -> bytes:
        return bytes(await engine.verdict(
            person.scan("s-other", "m-2x", "C-2003", agent_id="1001")))

    said = person.during(world.path, steps)
    erase_member(world.home, "m-1x", None, "ana", person.now)
    assert "1001" in names(world.home, "agent")
    assert "1001" not in names(world.home, "event")
    assert "m-1x" not in names(world.home, "agent")
    assert person.during(world.path, again) == said


def test_writers_wait_no_longer_than_a_moment_for_an_erasure(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Emptying what is written ahead stops all writers: somebody who reads must not prolong it."""
    waits: list[list[str]] = []
    monkeypatch.setattr(jobs, "_outside", lambda _, *statements: waits.append([*statements]))
    home = world.home

    def served(wait_s: float = 0.0) -> None:
        raise Unavailable("the right to write", "another process", "stop it")

    monkeypatch.setattr(home.writer, "acquire", served)
    assert jobs.compact(home) == jobs.OVERWRITTEN
    home.close()
    assert waits == [["PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA busy_timeout = 100",
                      "PRAGMA wal_checkpoint(TRUNCATE)"]]
