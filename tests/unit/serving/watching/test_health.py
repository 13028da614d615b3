"""When the probes say yes and when no."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import Unavailable
from serving.watching import health
from serving.watching.health import Health

if TYPE_CHECKING:
    from collections.abc import Iterator


class Store:
    """A database that answers, fails or hangs."""

    def __init__(self) -> None:
        self.ails = ""
        self.asked = 0
        self.back = threading.Event()

    @contextmanager
    def reading(self) -> Iterator[Store]:
        self.asked += 1
        if self.ails == "hangs":
            self.back.wait(10)
        if self.ails == "fails":
            raise Unavailable("a database", "none", "start it")
        yield self

    def rows(self, statement: str) -> list[Any]:
        return [(1,)]


class Programs:
    """What the probes look at."""

    def __init__(self) -> None:
        self.ready = True
        self.store = Store()
        self.home = type("Home", (), {"database": self.store})
        self.committer = type("Committer", (), {"is_running": True, "busy_since": None})


@pytest.fixture
def programs() -> Programs:
    return Programs()


def test_alive_while_the_writing_thread_runs(programs: Programs) -> None:
    """A thread that ended, or is at one work for minutes, needs a restart; a start does not."""
    now = [1_000.0]
    probe = Health(programs, lambda: now[0])
    assert asyncio.run(probe.is_alive())
    programs.committer.busy_since = now[0] - 10
    assert asyncio.run(probe.is_alive())
    now[0] += health.STUCK_S
    assert not asyncio.run(probe.is_alive())
    programs.committer.busy_since = None
    assert asyncio.run(probe.is_alive())
    programs.committer.is_running = False
    assert not asyncio.run(probe.is_alive())
    programs.ready = False
    assert asyncio.run(probe.is_alive())


def test_ready_while_the_store_answers(programs: Programs) -> None:
    """Not while it fails, and again once it is back."""
    now = [0.0]
    probe = Health(programs, lambda: now[0])

    async def asked() -> bool:
        now[0] += health.KEPT_S
        return await probe.is_ready()

    async def run() -> list[bool]:
        found = []
        for programs.store.ails in ("", "fails", "fails", ""):
            found.append(await asked())
        programs.ready = False
        return [*found, await asked()]

    assert asyncio.run(run()) == [True, False, False, True, False]


def test_a_store_that_hangs_costs_one_thread(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the probe comes; when it answers at last, the next probe says so."""
    monkeypatch.setattr(health, "STORE_S", 0.02)
    programs.store.ails = "hangs"
    probe = Health(programs, lambda: 0.0)

    async def run() -> tuple[list[bool], bool]:
        hung = [await probe.is_ready() for _ in range(5)]
        programs.store.back.set()
        while not (again := await probe.is_ready()):
            await asyncio.sleep(0.01)
        return hung, again

    assert asyncio.run(run()) == ([False] * 5, True)
    assert programs.store.asked == 1


def test_the_store_is_not_asked_by_every_probe(programs: Programs) -> None:
    """Within a second one answer holds."""
    probe = Health(programs, lambda: 5.0)

    async def run() -> None:
        for _ in range(20):
            assert await probe.is_ready()

    asyncio.run(run())
    assert programs.store.asked == 1
