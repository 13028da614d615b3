"""What a backup taken under load holds, restored elsewhere, is what the service had said."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.catalog import CATALOG
from features.engine.state import State
from features.errors import BadInput
from features.progress import silent
from serving.audit.jobs import examine
from serving.champion import load_champion
from serving.keeping.backup import backup
from serving.keeping.jobs import erase_member
from serving.keeping.restore import restore
from serving.live import Live

if TYPE_CHECKING:
    from pathlib import Path

LATER = 1_790_000_000_000


def jaga(*words: str, url: str | None) -> dict[str, Any]:
    environment = {**os.environ, "JAGA_DATABASE_URL": url or ""}
    done = subprocess.run([sys.executable, "-m", "jaga", *words, "--json"], env=environment,
                          check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


async def backed_up(one: Any, out: Path) -> tuple[set[str], set[str]]:
    """Take a backup in another process while verdicts are given; those before it, those after."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jaga", "backup", str(out), "--home", str(one.path),
        env={**os.environ, "JAGA_DATABASE_URL": one.url or ""})
    before: set[str] = set(one.said)

    async def load(engine: Any) -> None:
        n = len(one.said)
        while process.returncode is None:
            await one.judge(engine, range(n, n + 1))
            n += 1
            await asyncio.sleep(0.005)

    await load(one.engine)
    assert await process.wait() == 0
    return before, set(one.said)


@pytest.fixture
def taken(lived: Any, tmp_path: Path) -> tuple[Any, Path, set[str], set[str]]:
    """A home that lived, its backup, and what was acknowledged before and until its end."""
    out = tmp_path / "backups" / "one.tar"

    async def steps(engine: Any) -> tuple[set[str], set[str]]:
        lived.engine = engine
        await lived.judge(engine, range(60))
        await lived.desk(engine)
        return await backed_up(lived, out)

    before, until = lived.during(steps)
    return lived, out, before, until


def test_a_backup_under_load_is_a_moment_of_the_journal(
    taken: Any, tmp_path: Path
) -> None:
    """All that was acknowledged before is there to the byte, nothing that was never said; the
    state made from it is the one that the same rows make in the first home."""
    lived, out, before, until = taken
    restore(out, tmp_path / "elsewhere", None, "ana", LATER, silent)
    other = type(lived)(tmp_path / "elsewhere", None)
    there = other.verdicts()
    assert before <= there.keys() <= until
    assert there == {name: lived.said[name] for name in there}
    found = other.features()
    pd.testing.assert_frame_equal(found, lived.features().iloc[:len(found)])
    assert len(found) == 300 + len(there)
    assert examine(other.home.journal(), other.path).findings == []
    assert other.home.journal().program == lived.home.journal().program
    assert load_champion(other.home, other.home.journal()).bundle_id


def test_a_restored_home_goes_on(taken: Any, tmp_path: Path) -> None:
    """Re-sent events get their bytes, new ones their places; doctor finds nothing; what is live
    equals what is rebuilt."""
    lived, out, before, _ = taken
    restore(out, tmp_path / "elsewhere", None, "ana", LATER, silent)
    other = type(lived)(tmp_path / "elsewhere", None)

    async def steps(engine: Any) -> Any:
        again = dict(lived.said)
        await other.judge(engine, range(len(before)))
        assert other.said == {name: again[name] for name in before}
        await other.judge(engine, range(5000, 5010))
        return engine._live.state

    state = other.during(steps)
    journal = other.home.journal()
    fresh = Live(journal, load_champion(other.home, journal), CATALOG)
    fresh.rebuild()
    assert isinstance(fresh.state, State)
    record = next(iter(journal.records()))[-1]
    record[0] += 1 << 40
    pd.testing.assert_series_equal(pd.Series(fresh.state.observe(record.copy())),
                                   pd.Series(state.observe(record.copy())))
    for one in (lived, other):
        answer = jaga("doctor", "--home", str(one.path), url=one.url)
        assert answer["audit of acme"].startswith("ok, "), answer["audit of acme"]


@pytest.mark.parametrize("lived", ["sqlite"], indirect=True)
def test_a_backup_moves_a_program_to_postgresql_and_back(
    taken: Any, tmp_path: Path, database_url: str
) -> None:
    """The file knows no store: the same rows lie there, and in the next backup."""
    lived, out, *_ = taken
    server = restore(out, tmp_path / "server", database_url, "ana", LATER, silent)
    moved = type(lived)(tmp_path / "server", database_url)
    again = backup(moved.home, tmp_path / "two.tar", "ana", LATER, silent)
    found = moved.features()
    pd.testing.assert_frame_equal(found, lived.features().iloc[:len(found)])

    async def steps(engine: Any) -> None:
        await moved.judge(engine, range(7000, 7003))
        await moved.desk(engine)

    moved.during(steps)
    restore(tmp_path / "two.tar", tmp_path / "back", None, "ben", LATER, silent)
    back = type(lived)(tmp_path / "back", None)
    pd.testing.assert_frame_equal(back.features(), found)
    assert examine(back.home.journal(), back.path).findings == []
    assert server["programs"].keys() == again["programs"].keys() == {"acme", "@home"}
    with pytest.raises(BadInput, match="a database without tables"):
        restore(out, tmp_path / "third", database_url, "ana", LATER, silent)
    assert not (tmp_path / "third").exists()


def test_who_was_erased_since_is_erased_again(taken: Any, tmp_path: Path) -> None:
    """The list beside the heads knows him by a salted digest alone."""
    lived, out, *_ = taken
    erase_member(lived.home, "m-3", None, "ana", LATER)
    listed = lived.path / "audit" / "erased.jsonl"
    assert "m-3" not in listed.read_text()
    told = restore(out, tmp_path / "elsewhere", None, "ana", LATER, silent, listed)
    journal = type(lived)(tmp_path / "elsewhere", None).home.journal()
    assert told["erased_again"] == 1
    assert journal.number("member", "m-3") == 0
    assert journal.number("member", "m-4") > 0
    assert examine(journal, tmp_path / "elsewhere").findings == []


@pytest.mark.parametrize("lived", ["sqlite"], indirect=True)
def test_an_engine_that_heard_of_the_lost_tail_hears_what_comes_after(
    taken: Any, tmp_path: Path
) -> None:
    """Whatever comes after the restore is numbered behind all that was told before it."""
    lived, out, *_ = taken
    lived.during(lambda engine: lived.judge(engine, range(6000, 6040)))
    last = lived.home.journal().last_seq
    restore(out, tmp_path / "elsewhere", None, "ana", LATER, silent)
    other = type(lived)(tmp_path / "elsewhere", None)
    other.during(lambda engine: other.judge(engine, range(9000, 9001)))
    found = other.home.journal().event("live-9000")
    assert found is not None
    assert found[1]["seq"] > max(last, 10**9)
