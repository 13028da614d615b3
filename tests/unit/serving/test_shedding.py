"""Load beyond what can be answered in time is refused at once, and time limits hold."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import Unavailable
from serving.committer import Committer
from serving.errors import TooMany
from serving.pace import FIRST_WORK_S, Pace

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT_S = 0.2
WORK_S = 0.02


class Slow:
    """A target that takes its time for each work, and may be held up at the next one."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Event()

    def commit(self, works: Sequence[Any]) -> list[Any]:
        self.began.set()
        self.gate.wait(10)
        time.sleep(WORK_S * len(works))
        self.done += works
        return list(works)


def test_what_would_wait_too_long_is_refused() -> None:
    """Once it knows how slow works are, a burst is cut to what fits into the limit."""
    committer, target = Committer(waiting_s=LIMIT_S), Slow()
    committer.start()

    async def burst(count: int) -> list[Any]:
        jobs = (committer.do(target, n, within_s=30) for n in range(count))
        return await asyncio.gather(*jobs, return_exceptions=True)

    async def run() -> tuple[list[Any], list[Any]]:
        first = await burst(40)
        return first, await burst(40)

    first, second = asyncio.run(run())
    committer.stop()
    taken = [found for found in second if not isinstance(found, TooMany)]
    assert first == list(range(40)), "nothing was known yet of how slow it is"
    assert len(first) * FIRST_WORK_S < LIMIT_S
    assert 1 <= len(taken) <= LIMIT_S / WORK_S + 1
    assert target.done == [*first, *taken], "what was refused was never done"


def test_a_work_without_a_limit_always_lines_up() -> None:
    """Acts of the desk and rows wait their turn, however long it takes."""
    committer, target = Committer(waiting_s=0.0), Slow()
    committer.start()

    async def run() -> Any:
        return await committer.do(target, "row")

    assert asyncio.run(run()) == "row"
    committer.stop()


def test_what_did_not_begin_in_time_never_does() -> None:
    """One that is being done may be stored; the next is withdrawn; both callers are told."""
    committer, target = Committer(), Slow()
    committer.start()
    target.gate.clear()

    async def run() -> list[Any]:
        first = asyncio.ensure_future(committer.do(target, "begun", within_s=0.3))
        await asyncio.to_thread(target.began.wait, 10)
        second = asyncio.ensure_future(committer.do(target, "waiting", within_s=0.05))
        found = await asyncio.gather(first, second, return_exceptions=True)
        target.gate.set()
        assert await committer.do(target, "later", within_s=30) == "later"
        return found

    first, second = asyncio.run(run())
    committer.stop()
    assert isinstance(first, Unavailable)
    assert isinstance(second, Unavailable)
    assert target.done == ["begun", "later"]


@pytest.mark.parametrize("size", [1, 16])
def test_groups_of_one_size_are_taken_for_their_mean(size: int) -> None:
    """Where sizes never differ, each work counts with its share of the commit: none too few."""
    pace = Pace(256)
    for _ in range(30):
        pace.note(size, 0.004 + 0.0005 * size)
    assert pace.wait_s(100) == pytest.approx(100 * (0.004 / size + 0.0005))
