"""One thread that writes: what waits together is done in order and committed together.

A durable commit costs far more than the work it makes durable. So requests line up, one thread
takes all that wait, does them in their order inside one transaction, commits, and only then
answers each. The more requests arrive at once, the fewer commits each one pays for.
"""

from __future__ import annotations

import asyncio
import logging
import math
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from features.errors import Unavailable
from serving.errors import TooMany
from serving.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger("jaga.committer")
FEW: Final = 4
"""So many may wait out a commit or a chore that takes long for once."""
MOST: Final = 256
"""Works committed together at the most, so that the first of them does not wait for long."""


class Target(Protocol):
    """What works are done on: the engine of a program."""

    def commit(self, works: Sequence[Any]) -> list[Any]:
        """Do works in order, durable on return; results, or the errors they raised."""


@dataclass(slots=True, eq=False)
class _Job:
    target: Target
    work: Any
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    is_withdrawn: bool = False

    def withdraw(self) -> None:
        """Answer that it takes too long. What was not begun will not be; what was, is stored."""
        self.is_withdrawn = True
        if not self.future.done():
            self.future.set_exception(Unavailable(
                "an answer in time", "a store that is too slow", "send the same again in a moment"))


class Committer:
    """The writing thread of a process.

    Parameters
    ----------
    waiting : int
        Works that may wait; one more raises TooMany.
    idle : callable or None
        A chore of the thread, done about every ``idle_seconds`` between commits.
    waiting_s : float
        A work that has a time limit raises TooMany where it would wait for longer, as things are.

    Attributes
    ----------
    busy_since : float or None
        When the thread began what it does now, by ``time.monotonic``; None while it waits.
    """

    def __init__(
        self, waiting: int = 1000, idle: Callable[[], None] | None = None,
        idle_seconds: float = 0.5, waiting_s: float = math.inf,
    ) -> None:
        self._waiting = waiting
        self._waiting_s = waiting_s
        self._pace = Pace(MOST)
        self._at_work = 0
        self._idle = idle
        self._idle_seconds = idle_seconds
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._open = True
        self.busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, seconds: float = 30.0) -> None:
        """Finish what waits, then end the thread; new works raise Unavailable from now on."""
        self._open = False
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(seconds)

    @property
    def is_running(self) -> bool:
        """Whether the thread may still be at work."""
        return self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """Works that wait now."""
        return self._jobs.qsize()

    def serve_waiting(self) -> None:
        """Serve what waits now, from inside a long chore of the thread."""
        self.busy_since = time.monotonic()  # between two parts of its chore: it is not stuck
        jobs, last = self._take_now()
        self._serve(jobs)
        if last:
            self._jobs.put(None)

    def wait_s(self) -> float:
        """Seconds that a work would wait which comes now, by what the last ones took."""
        waiting, since = self._jobs.qsize(), self.busy_since
        expected = self._pace.wait_s(waiting + self._at_work)
        if since is None or waiting < FEW:
            return expected
        return max(expected, time.monotonic() - since)

    async def do(self, target: Target, work: Any, within_s: float | None = None) -> Any:
        """Have ``target`` do a work, and return its result once it is durable.

        Parameters
        ----------
        within_s : float or None
            Time limit in seconds. A work that is not begun by then never is; one that is being
            done may be stored all the same, which sending it again tells.

        Raises
        ------
        TooMany
            More than the allowed number of works wait, or this one would wait for too long.
        Unavailable
            The thread has stopped, the transaction could not be committed, or time is up.
        """
        if not self._open:
            raise Unavailable("a running service", "one that stops", "try again in a moment")
        if self._jobs.qsize() >= self._waiting:
            raise TooMany("fewer requests at once", "a full line", "try again in a second")
        loop = asyncio.get_running_loop()
        job = _Job(target, work, loop, loop.create_future())
        if within_s is None:
            self._jobs.put(job)
            return await job.future
        if self.wait_s() > self._waiting_s:
            raise TooMany("fewer requests at once", "more than can be answered in time",
                          "try again in a second")
        timer = loop.call_later(within_s, job.withdraw)
        self._jobs.put(job)
        try:
            return await job.future
        finally:
            timer.cancel()

    def _run(self) -> None:
        rested = time.monotonic()
        while True:
            jobs, last = self._take()
            self.busy_since = time.monotonic()
            self._serve(jobs)
            if last:
                return
            if self._idle is not None and time.monotonic() - rested >= self._idle_seconds:
                self._rest(self._idle)
                rested = time.monotonic()
            self.busy_since = None

    def _serve(self, jobs: list[_Job]) -> None:
        due = [job for job in jobs if not job.is_withdrawn]
        self._at_work = len(due)
        for target, group in _grouped(due):
            started = time.perf_counter()
            results = _committed(target, group)
            self._pace.note(len(group), time.perf_counter() - started)
            self._at_work -= len(group)
            self._answer(group, results)

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for a work and take all that wait with it; whether it is time to stop."""
        try:
            first = self._jobs.get(timeout=self._idle_seconds if self._idle else None)
        except queue.Empty:
            return [], False
        if first is None:
            return [], True
        jobs, last = self._take_now(MOST - 1)
        return [first, *jobs], last

    def _take_now(self, most: int = MOST) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        while len(jobs) < most:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    @staticmethod
    def _rest(chore: Callable[[], None]) -> None:
        try:
            chore()
        except Exception as error:  # noqa: BLE001 - the writing thread must outlive its chores
            log.warning("idle work failed: %s", type(error).__name__)

    @staticmethod
    def _answer(jobs: list[_Job], results: list[Any]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
        for job, result in zip(jobs, results, strict=True):
            by_loop.setdefault(job.loop, []).append((job.future, result))
        for loop, answers in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_set, answers)


def _set(answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)


def _committed(target: Target, jobs: list[_Job]) -> list[Any]:
    try:
        return target.commit([job.work for job in jobs])
    except Exception as error:  # noqa: BLE001 - each caller must be answered, whatever failed
        log.error("a commit failed: %s", type(error).__name__)
        return [_unavailable() for _ in jobs]


def _unavailable() -> Unavailable:
    return Unavailable("durable storage", "a commit that failed", "try again in a moment")


def _grouped(jobs: list[_Job]) -> list[tuple[Target, list[_Job]]]:
    groups: dict[int, tuple[Target, list[_Job]]] = {}
    for job in jobs:
        groups.setdefault(id(job.target), (job.target, []))[1].append(job)
    return list(groups.values())
