"""Verdicts a second and their times, beside endpoints that do nothing.

All three services are real processes of one run, loaded by turns over the loopback; a figure is
the median of the rounds. Every request to Jaga is an event that the journal has not seen: the
simulated program goes on, a few weeks of it in some seconds.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput
from features.progress import Progress, silent
from features.store.home import Home
from jaga.speed.load import OK, closed_load, open_load, post
from jaga.speed.readers import Readers, add_reader
from jaga.speed.replicas import replicas
from jaga.speed.services import Started, empty, jaga
from jaga.speed.world import made, requests
from serving.keys import now_ms

if TYPE_CHECKING:
    from jaga.speed.load import Run
    from jaga.speed.world import World

CONNECTIONS: Final = 16
OPEN_CONNECTIONS: Final = 128
"""Under open load: enough that no request waits for a connection while answers are in time."""
ROUNDS: Final = 3
WARM_S: Final = 3.0
PORT: Final = 3600
ALONE_S: Final = 2.0
"""Seconds with a single connection."""
OPEN: Final = 4
"""Rounds that the open load takes."""
DESKS: Final = 2
"""The same beside people who open pages, and once more without them."""


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, members: int = 40_000,
    days: int = 138, seconds: float = 5.0, database: str | None = None,
    redis: str | None = None,
) -> dict[str, Any]:
    """Measure ``jaga serve`` on a simulated program beside two empty services.

    Parameters
    ----------
    data : Path, optional
        Folder for the world, which is kept there for the next run; a temporary one if left out.
    seed : int
        Of the world and of the moments of the open load.
    members, days : int
        Size of the world: 40,000 and 138 make a history of about 1.1 million events.
    seconds : float
        Of every round; the open load runs four times as long, and twice beside people who read.
    database, redis : str, optional
        An empty PostgreSQL database and a Redis: two replicas over them are measured too.

    Returns
    -------
    dict
        ``rps``, ``ratio_empty_default``, ``ratio_empty_tuned`` at 16 connections; ``p50_ms``,
        ``p99_ms``, ``p999_ms`` under open load at half of ``rps``; ``desks``, the same while
        pages are opened; and what came beside it.

    Raises
    ------
    BadInput
        Where the world has too few events for so many seconds.
    """
    with tempfile.TemporaryDirectory(prefix="jaga-verdict-") as scratch, ExitStack() as stack:
        folder = (data or Path(scratch)) / f"verdict-{members}-{days}-{seed}"
        world = made(folder, members, days, seed, progress)
        home, behind = world.copy("run", now_ms())
        add_reader(home)
        shared = replicas(world, database, redis, seconds, seed, progress) if database else {}
        progress("start from the journal alone", 0, 1)
        with jaga(home, PORT) as cold:
            cold_s = cold.ready_s
        progress("start from a snapshot", 0, 1)
        ours = stack.enter_context(jaga(home, PORT))
        plain = stack.enter_context(empty("Plain", "/verdicts", PORT + 10))
        mounted = stack.enter_context(empty("Mounted", "/v1/verdicts", PORT + 20))
        load = Load(world, home, behind, {"jaga": ours, "default": plain, "tuned": mounted})
        progress("wait for the table of members", 0, 1)
        load.settle()
        return load.run(seconds, seed, progress, {"ready_cold_s": round(cold_s, 1), **shared})


class Load:
    """Loads services by turns with the events of a world, each event once."""

    def __init__(self, world: World, home: Path, behind_ms: int, services: dict[str, Started]
                 ) -> None:
        self._world, self._home, self._behind = world, home, behind_ms
        self._services = services
        self._bodies = world.bodies()
        self._used = 0
        self._ready_s = services["jaga"].ready_s

    def settle(self) -> None:
        """Wait until the service has scored its members, which it does once after a start."""
        self._services["jaga"].settle(str(self._bodies[0]["member_id"]), self._world.key)

    def run(self, seconds: float, seed: int, progress: Progress, more: dict[str, Any]
            ) -> dict[str, Any]:
        """Warm up, load by turns, then one connection alone, then on a schedule."""
        closed: dict[str, list[Run]] = {name: [] for name in self._services}
        cpu = dict.fromkeys(self._services, 0.0)
        for name in self._services:
            self._closed(name, WARM_S, CONNECTIONS)
        before = self._commits()
        for number in range(ROUNDS):
            progress("load by turns", number, ROUNDS)
            for name, service in self._services.items():
                started = service.cpu_s()
                closed[name].append(self._closed(name, seconds, CONNECTIONS))
                cpu[name] += service.cpu_s() - started
        commits = self._commits() - before
        rate = {name: median(run.rate for run in runs) for name, runs in closed.items()}
        alone = self._closed("jaga", ALONE_S, 1)
        progress("load on a schedule", 0, 1)
        opened = self._open(rate["jaga"] / 2, seconds * OPEN, seed)
        progress("load beside people who read", 0, 1)
        desks = self._desks(rate["jaga"] / 2, seconds * DESKS, seed)
        answers = {name: sum(run.statuses.get(OK, 0) for run in runs)
                   for name, runs in closed.items()}
        figures = {
            "rps": round(rate["jaga"]),
            "ratio_empty_default": round(rate["jaga"] / rate["default"], 2),
            "ratio_empty_tuned": round(rate["jaga"] / rate["tuned"], 2),
            "p50_ms": opened.ms(0.5), "p99_ms": opened.ms(0.99), "p999_ms": opened.ms(0.999),
            "rps_default": round(rate["default"]), "rps_tuned": round(rate["tuned"]),
            "rps_rounds": {name: [round(run.rate) for run in runs]
                           for name, runs in closed.items()},
            "rps_alone": round(alone.rate), "alone_p50_ms": alone.ms(0.5),
            "closed_p50_ms": closed["jaga"][0].ms(0.5), "closed_p99_ms": closed["jaga"][0].ms(0.99),
            "open_rps": round(opened.rate), "open_requests": len(opened.times),
            "open_max_ms": opened.ms(1.0),
            "cpu_us": {name: round(cpu[name] / answers[name] * 1e6) for name in cpu},
            "verdicts_per_commit": round(answers["jaga"] / max(commits, 1), 1),
            "not_approved": round(1 - opened.approved / len(opened.times), 4),
            "statuses": _statuses([*closed["jaga"], alone, opened]),
            "ready_s": round(self._ready_s, 1), "rss_mb": self._services["jaga"].rss_mb(),
            "journal_mb": self._journal_mb(), "desks": desks, **more,
        }
        return {**figures, "table": _table(figures)}

    def _closed(self, name: str, seconds: float, connections: int) -> Run:
        service = self._services[name]
        if name != "jaga":
            body = b'{"event_id":"e-1","kind":"scan","member_id":"m-1","points":40,"proof":"qr",' \
                   b'"occurred_at":"2026-01-01T10:15:00Z","code_id":"C-1","outlet_id":"o-1",' \
                   b'"device_id":"d-1","channel":"app","lat":-6.2,"lon":106.8}'
            ready = [post(service.path, body)] * int(seconds * MOST_RPS)
            return closed_load(service.port, ready, connections, seconds)
        run = closed_load(service.port, self._next(seconds * OUR_MOST_RPS, OUR_MOST_RPS),
                          connections, seconds)
        self._used += len(run.times)
        return run

    def _open(self, rate: float, seconds: float, seed: int) -> Run:
        service = self._services["jaga"]
        run = open_load(service.port, self._next(rate * seconds, rate), OPEN_CONNECTIONS, rate,
                        seed)
        self._used += len(run.times)
        return run

    def _desks(self, rate: float, seconds: float, seed: int) -> dict[str, Any]:
        """Times of verdicts while pages are opened and after, and of the pages."""
        member = str(self._bodies[0]["member_id"])
        with Readers(self._services["jaga"].port + 1, member) as readers:
            beside = self._open(rate, seconds, seed + 1)
        after = self._open(rate, seconds, seed + 2)
        return {name: {"p50_ms": run.ms(0.5), "p99_ms": run.ms(0.99), "p999_ms": run.ms(0.999)}
                for name, run in (("beside", beside), ("after", after))} | {
            "pages_ms": readers.figures(), "pages_wrong": readers.problems,
            "open_cases": self._open_cases()}

    def _open_cases(self) -> int:
        home = Home(self._home)
        try:
            with home.database.reading() as store:
                return int(store.rows("SELECT count(*) FROM cases WHERE is_open = 1", ())[0][0])
        finally:
            home.close()

    def _next(self, count: float, rate: float) -> list[bytes]:
        """Requests of the events that come next, as of now."""
        some = self._bodies[self._used : self._used + int(count)]
        if not some:
            raise BadInput("a world with events for every round", "one that is used up",
                           "take more members or days, or fewer seconds")
        return requests(some, self._world.key, now_ms() - self._behind, rate)

    def _commits(self) -> int:
        home = Home(self._home)
        try:
            return home.journal().head.number
        finally:
            home.close()

    def _journal_mb(self) -> float:
        return round(sum(file.stat().st_size for file in self._home.glob("journal.sqlite*")) / 1e6)


MOST_RPS: Final = 20_000
OUR_MOST_RPS: Final = 6_000
"""More than comes of it: requests are written beforehand."""


def _statuses(runs: list[Run]) -> dict[str, int]:
    found: dict[str, int] = {}
    for run in runs:
        for status, count in run.statuses.items():
            found[str(status)] = found.get(str(status), 0) + count
    return found


def _table(figures: dict[str, Any]) -> str:
    cpu = figures["cpu_us"]
    lines = [
        f"{'16 connections':<34}{'answers/s':>10}{'CPU us each':>13}",
        f"{'Jaga, a verdict committed':<34}{figures['rps']:>10,}{cpu['jaga']:>13,}",
        f"{'empty BentoML method, defaults':<34}{figures['rps_default']:>10,}{cpu['default']:>13,}",
        f"{'empty mounted app, our settings':<34}{figures['rps_tuned']:>10,}{cpu['tuned']:>13,}",
        f"Ours is {figures['ratio_empty_default']:.2f} times the first and "
        f"{figures['ratio_empty_tuned']:.2f} of the second.",
        f"Open load, {figures['open_rps']:,} a second: p50 {figures['p50_ms']:.1f} ms, "
        f"p99 {figures['p99_ms']:.1f} ms, p99.9 {figures['p999_ms']:.1f} ms; "
        f"{figures['not_approved']:.1%} not approved.",
    ]
    return "\n".join(lines)
