"""What fails for one program, or in one hand-over, is waited for by nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from features.store.inbox import MANIFEST
from serving.programs import Programs
from serving.settings import Settings

if TYPE_CHECKING:
    import pytest


def opened(world: Any) -> Programs:
    programs = Programs(Settings(home=world.path))
    programs.open(wait=True)
    programs._committer.stop()
    return programs


def test_a_full_disk_in_one_chore_leaves_the_others(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The error's type is told, not its text: that may hold a path."""
    programs = opened(world)
    done = []

    def full(*_: object) -> None:
        raise OSError(28, "no space for /secret")

    chores = programs._chores[0]
    monkeypatch.setattr(chores._rings, "rest", full)
    monkeypatch.setattr(chores._sealer, "rest", lambda *_: done.append("the seal"))
    chores.rest(programs.now())
    programs.close()
    assert done == ["the seal"]
    assert "the rings of the day waits for the next time: OSError" in caplog.text
    assert "secret" not in caplog.text


def test_a_damaged_hand_over_leaves_the_chores(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is set aside, and every pass goes on behind it."""
    programs = opened(world)
    damaged = world.path / "inbox" / "00000001-damaged"
    damaged.mkdir(parents=True)
    (damaged / MANIFEST).write_text(json.dumps({"program": {}})[:-3])
    done: list[int] = []
    monkeypatch.setattr(programs._chores[0], "rest", done.append)
    programs._drain()
    programs.close()
    assert len(done) == 1
    assert "a hand-over can not be taken in: JSONDecodeError" in caplog.text
    assert programs._inbox.refused() == [damaged.name]


def test_a_disk_that_can_not_leaves_the_chores(
    world: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The hand-over waits, and every pass goes on behind it."""
    programs = opened(world)
    folder = world.path / "inbox" / "00000001-whole"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("{}")

    def full(**more: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(programs._inbox, "drain", full)
    done: list[int] = []
    monkeypatch.setattr(programs._chores[0], "rest", done.append)
    programs._drain()
    programs.close()
    assert len(done) == 1
    assert "a hand-over waits for the next time: OSError" in caplog.text
