"""Two replicas over one PostgreSQL and one Redis, loaded by turns."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from features.store.home import Home
from jaga.speed.load import OK, closed_load, open_load
from jaga.speed.services import jaga
from jaga.speed.world import requests
from serving.keeping.backup import backup
from serving.keeping.restore import restore
from serving.keys import now_ms
from serving.tour import FILE, Tour

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.progress import Progress
    from jaga.speed.world import World

PORTS: Final = (3640, 3650)
CONNECTIONS: Final = 16
OPEN_CONNECTIONS: Final = 128
WARM_S: Final = 3.0
MOST_RPS: Final = 6_000
BY: Final = "benchmark"


def replicas(
    world: World, database: str, redis: str | None, seconds: float, seed: int, progress: Progress
) -> dict[str, Any]:
    """Move a world into a database, start two services over it, and load both.

    Parameters
    ----------
    world : World
    database : str
        URL of a PostgreSQL database without tables.
    redis : str or None
        URL of the Redis by which they tell each other; None: by the database alone.
    seconds : float
        Of the closed load; the open one, at half of its rate, runs twice as long.
    seed : int
        Of the moments of the open load.
    progress : Progress

    Returns
    -------
    dict
        ``shared_rps``, ``shared_p50_ms``, ``shared_p99_ms``, ``shared_p999_ms`` and more.
    """
    home, behind = _moved(world, database, progress)
    bodies, used = world.bodies(), 0

    def following(rate: float, time_s: float) -> list[bytes]:
        some = bodies[used:used + int(rate * time_s)]
        return requests(some, world.key, now_ms() - behind, rate)

    with _told({"JAGA_DATABASE_URL": database, "JAGA_REDIS_URL": redis}), ExitStack() as stack:
        progress("start two replicas", 0, 2)
        started = [stack.enter_context(jaga(home, port)) for port in PORTS]
        for each in started:
            each.settle(str(bodies[0]["member_id"]), world.key)
        ports = [each.port for each in started]
        used += len(closed_load(ports, following(MOST_RPS, WARM_S), CONNECTIONS, WARM_S).times)
        closed = closed_load(ports, following(MOST_RPS, seconds), CONNECTIONS, seconds)
        used += len(closed.times)
        rate = closed.rate / 2
        opened = open_load(ports, following(rate, 2 * seconds), OPEN_CONNECTIONS, rate, seed)
        return {
            "shared_rps": round(closed.rate), "shared_open_rps": round(opened.rate),
            "shared_p50_ms": opened.ms(0.5), "shared_p99_ms": opened.ms(0.99),
            "shared_p999_ms": opened.ms(0.999),
            "shared_not_ok": sum(count for run in (closed, opened)
                                 for status, count in run.statuses.items() if status != OK),
            "shared_ready_s": [round(each.ready_s, 1) for each in started],
        }


def _moved(world: World, database: str, progress: Progress) -> tuple[Path, int]:
    """Back the world up and restore it into the database; the home beside it, and its clock."""
    told, target = world.folder / "moved.tar", world.folder / "shared"
    told.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    home = Home(world.folder / "home")
    try:
        backup(home, told, BY, world.end_ms, progress)
    finally:
        home.close()
    restore(told, target, database, BY, world.end_ms, progress)
    told.unlink()
    behind = now_ms() - world.end_ms
    (target / FILE).write_text(Tour(behind_ms=behind).model_dump_json())
    return target, behind


@contextmanager
def _told(settings: dict[str, str | None]) -> Iterator[None]:
    """Tell the services that are started meanwhile where their stores are."""
    before = {name: os.environ.get(name) for name in settings}
    _set(settings)
    try:
        yield
    finally:
        _set(before)


def _set(settings: dict[str, str | None]) -> None:
    for name, value in settings.items():
        if value:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)
