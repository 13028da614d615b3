"""The committing thread: order, grouping, answers after the commit, failures kept apart."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import Conflict, Unavailable
from serving.committer import Committer
from serving.errors import TooMany

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Ledger:
    """A target that keeps what was committed, and may be slow or refuse to commit."""

    def __init__(self) -> None:
        self.groups: list[list[Any]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False

    def commit(self, works: Sequence[Callable[[Any], Any]]) -> list[Any]:
        self.gate.wait(10)
        results = []
        for work in works:
            try:
                results.append(work(self))
            except Conflict as error:
                results.append(error)
        if self.fails:
            raise OSError("disk full")
        self.groups.append([r for r in results if not isinstance(r, Exception)])
        return results


@pytest.fixture
def committer() -> Iterator[Committer]:
    made = Committer(waiting=50)
    made.start()
    yield made
    made.stop()


def test_what_waits_is_committed_together_in_order(committer: Committer) -> None:
    """Works that wait for a slow commit share the next one, in the order they came."""
    ledger = Ledger()

    async def run() -> list[int]:
        ledger.gate.clear()
        jobs = [asyncio.ensure_future(committer.do(ledger, lambda _, n=n: n)) for n in range(20)]
        await asyncio.sleep(0.1)
        ledger.gate.set()
        return await asyncio.gather(*jobs)

    assert asyncio.run(run()) == list(range(20))
    assert len(ledger.groups) <= 2
    assert [n for group in ledger.groups for n in group] == list(range(20))


def test_one_refused_work_leaves_the_others(committer: Committer) -> None:
    """A domain error answers its own caller and nobody else."""
    ledger = Ledger()

    def refuse(_: Any) -> None:
        raise Conflict("the first body", "another", "send a new id")

    async def run() -> list[Any]:
        jobs = (committer.do(ledger, refuse), committer.do(ledger, lambda _: "kept"))
        return await asyncio.gather(*jobs, return_exceptions=True)

    first, second = asyncio.run(run())
    assert isinstance(first, Conflict)
    assert second == "kept"


def test_nobody_is_answered_where_the_commit_fails(committer: Committer) -> None:
    """A commit that fails is a 503 for everyone in it, and the thread lives on."""
    ledger = Ledger()
    ledger.fails = True
    with pytest.raises(Unavailable):
        asyncio.run(committer.do(ledger, lambda _: "lost"))
    ledger.fails = False
    assert asyncio.run(committer.do(ledger, lambda _: "kept")) == "kept"
    assert ledger.groups == [["kept"]]


def test_a_full_line_is_refused_at_once() -> None:
    """Beyond the limit a work is refused instead of waiting."""
    committer = Committer(waiting=2)
    ledger = Ledger()

    async def run() -> None:
        waiting = [asyncio.ensure_future(committer.do(ledger, lambda _: 0)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooMany):
            await committer.do(ledger, lambda _: 0)
        committer.start()
        assert await asyncio.gather(*waiting) == [0, 0]

    asyncio.run(run())
    committer.stop()


def test_stopping_finishes_what_waits() -> None:
    """Works taken before the stop are committed and answered; later ones are refused."""
    committer = Committer()
    ledger = Ledger()

    async def run() -> int:
        job = asyncio.ensure_future(committer.do(ledger, lambda _: 7))
        await asyncio.sleep(0)
        committer.start()
        await asyncio.to_thread(committer.stop)
        with pytest.raises(Unavailable):
            await committer.do(ledger, lambda _: 8)
        return await job

    assert asyncio.run(run()) == 7
    assert ledger.groups == [[7]]


def test_idle_work_runs_and_may_fail() -> None:
    """Chores run while nothing waits; one that fails does not end the thread."""
    done = threading.Event()

    def chore() -> None:
        done.set()
        raise ValueError("chore")

    committer = Committer(idle=chore, idle_seconds=0.01)
    committer.start()
    assert done.wait(5)
    assert asyncio.run(committer.do(Ledger(), lambda _: 1)) == 1
    committer.stop()
