"""How quick the shared live store is: one event through Redis, and replicas fed at once."""

from __future__ import annotations

import multiprocessing
import queue
import tempfile
import time
import uuid
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from features.catalog import CATALOG
from features.contract import OUTCOMES
from features.engine.state import State
from features.errors import Unavailable
from features.exports.program import Program
from features.records import COLUMN
from features.store.head import Head
from features.store.home import Home
from serving.champion import bare_bundle
from serving.commits import Commits, Work
from serving.live import Live
from serving.shared.entry import Entry
from serving.shared.tail import RedisTail, connect

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from features.engine.declarations import Catalog
    from features.places import Ints

_OUTCOME, _PLACE, _SEQ = COLUMN["outcome"], COLUMN["place"], COLUMN["seq"]
PATIENCE_S = 300.0
"""Seconds until all replicas have started."""


@dataclass(frozen=True)
class SharedSpeed:
    """Microseconds of one event: alone, and until another replica's state holds it."""

    features: int
    events: int
    kernel_us_p50: float
    shared_us_p50: float
    shared_us_p99: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure_shared(
    redis_url: str, catalog: Catalog, records: Ints, timed: int = 5_000, timezone: str = "UTC",
) -> SharedSpeed:
    """Measure an update and read of the live store through Redis, one event at a time.

    The time of an event is that of the kernel that observes and settles it, of its entry into
    Redis, and of a second replica that takes it from there into its own state.

    Parameters
    ----------
    redis_url : str
        A Redis or Valkey; what is left there is removed.
    catalog : Catalog
        Which features are computed.
    records : shape (n, len(records.COLUMNS))
        Judged events in the order of their places; the last ``timed`` are timed.

    Raises
    ------
    Unavailable
        Where Redis does not give back what was left there.
    """
    client = connect(redis_url)
    tail = RedisTail(client, f"measure-{uuid.uuid4().hex}")
    states = [State(catalog, timezone) for _ in range(2)]
    warm = records[:-timed]
    for state in states:
        state.advance(warm)
    settled = records[-timed:].copy()
    settled[:, _OUTCOME] = OUTCOMES.index("credited")
    head, times = Head(1, 1), np.empty((timed, 2))
    try:
        for number in range(timed):
            started = time.perf_counter_ns()
            states[0].observe(records[len(warm) + number])
            states[0].settle(settled[number])
            alone = time.perf_counter_ns()
            after = Head(head.number + 1, number + 2, *settled[number, [_SEQ, _PLACE]].tolist())
            tail.push(Entry(head, after, settled[number : number + 1], False))
            led = tail.leading(head, after)
            if led is None:
                raise Unavailable("an entry from Redis", "none", "check JAGA_REDIS_URL")
            states[1].advance(led[0].records)
            times[number] = alone - started, time.perf_counter_ns() - started
            head = after
    finally:
        client.delete(tail.key)
        client.close()
    kernel, shared = np.median(times, axis=0) / 1000
    return SharedSpeed(len(catalog.names), timed, round(float(kernel), 1), round(float(shared), 1),
                       round(float(np.quantile(times[:, 1], 0.99)) / 1000, 1))


@dataclass(frozen=True)
class ReplicaSpeed:
    """Verdicts a second of replicas fed at once, and milliseconds of their transactions."""

    replicas: int
    together: int
    verdicts: int
    verdicts_per_s: float
    commit_ms_p50: float
    commit_ms_p99: float
    from_redis: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure_replicas(
    database_url: str, redis_url: str, replicas: int = 4, together: int = 4, commits: int = 200,
) -> ReplicaSpeed:
    """Measure processes that judge different events of the same members and devices at once.

    Parameters
    ----------
    database_url : str
        An empty PostgreSQL database; a program is left there.
    redis_url : str
    replicas, together, commits : int
        Processes, requests that wait for each transaction, and transactions of each.

    Raises
    ------
    Unavailable
        Where a replica does not start or end.
    """
    program = f"measure-{uuid.uuid4().hex}"
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        home = Home(folder, database_url)
        home.create(Program(program_id=program))
        home.close()
        barrier, answers = context.Barrier(replicas), context.Queue()
        crew = [context.Process(target=_judge, args=(
            barrier, answers, folder, database_url, redis_url, program, index, together, commits),
            daemon=True) for index in range(replicas)]
        for process in crew:
            process.start()
        try:
            told = [answers.get(timeout=PATIENCE_S) for _ in crew]
        except queue.Empty:
            raise Unavailable("replicas that judge", "one that does not answer",
                              "read its messages") from None
        finally:
            for process in crew:
                process.join(1.0)
                process.terminate()
    with closing(connect(redis_url)) as client:
        client.delete(RedisTail(client, program).key)
    times = np.concatenate([each[2] for each in told])
    seconds = max(each[1] for each in told) - min(each[0] for each in told)
    verdicts = replicas * together * commits
    asked, led = np.sum([each[3] for each in told], axis=0).tolist()
    return ReplicaSpeed(
        replicas, together, verdicts, round(verdicts / seconds, 1),
        round(float(np.median(times)) * 1000, 2), round(float(np.quantile(times, 0.99)) * 1000, 2),
        round(led / max(asked, 1), 3))


class _Counting(RedisTail):
    asked = led = 0

    def leading(self, before: Head, until: Head) -> list[Entry] | None:
        found = super().leading(before, until)
        self.asked, self.led = self.asked + 1, self.led + (found is not None)
        return found


def _judge(
    barrier: Barrier, answers: Any, folder: str, database_url: str, redis_url: str, program: str,
    index: int, together: int, commits: int,
) -> None:
    """One replica's part, in a process of its own."""
    home = Home(Path(folder), database_url)
    journal = home.journal(program)
    tail = _Counting(connect(redis_url), program)
    live = Live(journal, bare_bundle(journal), CATALOG, "model", tail=tail)
    live.rebuild()
    works = [[_work(live, f"{index}-{number}-{one}", 97 * number + 13 * one + index)
              for one in range(together)] for number in range(commits + 1)]
    Commits(live).commit(works[-1])
    barrier.wait(PATIENCE_S)
    started, times = time.time(), []
    for group in works[:commits]:
        before = time.perf_counter()
        results = Commits(live).commit(group)
        times.append(time.perf_counter() - before)
        for result in results:
            if isinstance(result, Exception):
                raise result
    answers.put((started, time.time(), np.array(times), (tail.asked, tail.led)))
    home.close()


def _work(live: Live, name: str, number: int) -> Work:
    body = {"kind": "scan", "event_id": name, "member_id": f"m-{number % 500}", "points": 40,
            "proof": "qr", "occurred_at": pd.Timestamp.now("UTC").isoformat(),
            "code_id": f"C-{name}", "device_id": f"d-{number % 300}",
            "outlet_id": f"o-{number % 20}"}
    return Work(lambda writing: live.judge(writing, body, time.time_ns() // 1_000_000))
