from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from features.errors import BadInput, Unavailable
from features.exports.export import read_export
from features.store import inbox as inbox_module
from features.store.home import Home
from features.store.inbox import Inbox
from features.store.ingest import clean_export, ingest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
from features.store.home import Home
with Home(sys.argv[1]).writer.held():
    print("held", flush=True)
    sys.stdin.read()
"""


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_an_ingest_beside_a_service_goes_through_its_inbox(
    home: Home, export: Callable[..., Path], command: Callable[[Path], list[str]]
) -> None:
    """The other process waits for the owner, and tells what the owner did."""
    ingest(home, export("first", 10))
    inbox = Inbox(home)
    with home.writer.held(), start(command(export("second", 50_000))) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            inbox.drain()
            time.sleep(0.01)
        assert process.stdout is not None
        assert process.stdout.read().splitlines()[-1] == "done True 50000"
    assert len(home.journal().frame("scans")) == 50_010
    assert list(inbox.path.glob("[0-9]*")) == []


def test_another_process_may_not_write(
    home: Home, export: Callable[..., Path], tmp_path: Path
) -> None:
    """Only the holder of the lock writes; its death frees it."""
    ingest(home, export("first", 10))
    script = tmp_path / "hold.py"
    script.write_text(HOLD)
    with start([sys.executable, str(script), str(home.path)]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Unavailable, match=r"writer\.lock"), home.journal().begin():
            pass
        process.kill()
    with home.journal().begin() as writing:
        assert writing.last_place > 0


def test_a_hand_over_of_an_owner_that_died_is_finished_once(
    home: Home, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between two parts repeats none and loses none."""
    monkeypatch.setattr(inbox_module, "PART_ROWS", 10)
    opened = read_export(export("second", 35))
    inbox = Inbox(home)
    name = inbox.hand_over(opened.program, opened.missions, clean_export(opened).tables)

    def die_after_two_parts() -> None:
        if len(home.journal().frame("scans")) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inbox.drain(pause=die_after_two_parts)
    assert inbox.waiting() == [name]
    counts, rejects = inbox.wait(name)
    assert (counts["scans"].new, counts["scans"].same, rejects) == (35, 0, [])
    assert home.journal().frame("scans")["place"].is_monotonic_increasing
    assert inbox.waiting() == []


def test_an_unfinished_hand_over_is_not_seen(home: Home, export: Callable[..., Path]) -> None:
    """A process that dies while it writes its parts leaves only a draft."""
    inbox = Inbox(home)
    draft = inbox.path / ".00000001-x"
    draft.mkdir(parents=True)
    (draft / "manifest.json").write_text(json.dumps({"parts": []}))
    half = inbox.path / "00000002-y"
    half.mkdir()
    assert inbox.waiting() == []
    assert inbox.drain() == 0
    assert ingest(home, export("first", 3)).tables["scans"].new == 3


def test_parts_keep_the_order_of_the_events(
    export: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handed over in small parts or ingested at once, the journal is the same."""
    monkeypatch.setattr(inbox_module, "PART_ROWS", 7)
    folder = export("x", 40)
    opened = read_export(folder)
    frames = []
    for name in ("direct", "handed"):
        home = Home(tmp_path / name)
        if name == "direct":
            ingest(home, folder)
        else:
            Inbox(home).wait(Inbox(home).hand_over(
                opened.program, [], clean_export(opened).tables))
        frames.append(home.journal().frame("scans"))
        home.close()
    assert frames[0].drop(columns="event_id").equals(frames[1].drop(columns="event_id"))


def cut_short(folder: Path) -> None:
    path = next(folder.glob("*-scans.parquet"))
    path.write_bytes(path.read_bytes()[:-20])


def without_a_part(folder: Path) -> None:
    next(folder.glob("*-scans.parquet")).unlink()


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")


def of_another_shape(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"program": 7, "missions": [], "parts": []}')


@pytest.mark.parametrize("damage", [cut_short, without_a_part, no_manifest, of_another_shape])
def test_a_damaged_hand_over_does_not_stop_those_behind_it(
    home: Home, export: Callable[..., Path], caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], None],
) -> None:
    """It is answered and logged; its own ingest hears of it, and the same rows again are taken."""
    inbox = Inbox(home)
    names = []
    for prefix in ("bad", "good"):
        opened = read_export(export(prefix, 10))
        names.append(inbox.hand_over(opened.program, opened.missions, clean_export(opened).tables))
    damage(inbox.path / names[0])
    inbox.drain()
    assert (inbox.waiting(), inbox.refused()) == ([], names[:1])
    assert "a hand-over can not be taken in" in caplog.text
    assert inbox.wait(names[1])[0]["scans"].new == 10
    with pytest.raises(BadInput, match=r"a damaged one .*ingest the export again"):
        inbox.wait(names[0])
    assert inbox.refused() == []
    ingest(home, export("bad2", 10))
    assert len(home.journal().frame("scans")) == 20


def test_a_hand_over_waits_while_the_disk_can_not(
    home: Home, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What passes by itself is no damage: it is tried again, in its turn."""
    opened = read_export(export("x", 10))
    inbox = Inbox(home)
    name = inbox.hand_over(opened.program, None, clean_export(opened).tables)
    with monkeypatch.context() as patched:
        def full(path: object) -> None:
            raise OSError(28, "No space left on device")

        patched.setattr(inbox_module.pq, "read_table", full)
        with pytest.raises(OSError, match="No space"):
            inbox.drain()
    assert inbox.waiting() == [name]
    inbox.drain()
    assert inbox.wait(name)[0]["scans"].new == 10
