"""PostgreSQL and Redis stopped, crashed and frozen under two replicas: nothing is lost."""

from __future__ import annotations

import logging
import os
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.journeys.fire.checks import check, check_feed
from tests.journeys.fire.load import Load
from tests.journeys.fire.service import HOST, PORTS, Service
from tests.journeys.fire.stores import PostgresServer
from tests.journeys.fire.traffic import PATIENCE_S
from tests.journeys.fire.world import World, make_world
from tests.journeys.shared.conftest import RedisServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROVES = os.environ.get("JAGA_PROVE") == "1"
SEED = int(os.environ.get("JAGA_SEED", "1"))
ROUNDS, KILLS = (10, 50) if PROVES else (1, 1)
WAYS = ("redis killed", "stopped", "crashed", "frozen")
EVENTS = os.environ["JAGA_WAYS"].split(",") if "JAGA_WAYS" in os.environ else [
    *WAYS * ROUNDS, *["replica killed"] * KILLS]
OUTAGE_S = 3.0
FROZEN_S = 13.0
HANG_S = 10.0
"""Far above the service's own time limit, below that of the frost: no request may wait longer while
a store is away."""
ASIDE = {
    "/v1/feedback": {"event_id": "h-1", "label": "legit", "decided_at": "2025-03-05T10:00:00Z"},
    "/v1/lists": {"list": "deny", "kind": "device", "subject_id": "zz", "note": "x", "by": "rina"},
}
"""What else is sent while PostgreSQL is frozen."""
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(4 * 3600)]
log = logging.getLogger("fire")


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of this test, in a folder that its own user may enter."""
    with tempfile.TemporaryDirectory(prefix="jaga-postgres-") as folder:
        server = PostgresServer(Path(folder), PORTS.stop + 10)
        try:
            server.start()
            yield server
        finally:
            server.thaw()
            server.stop("immediate")


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shared(postgres: PostgresServer, tmp_path: Path) -> World:
    """A program in that PostgreSQL; the folder holds its bundles."""
    return make_world(tmp_path, url=postgres.url)


@pytest.fixture
def replicas(shared: World, redis_server: RedisServer) -> Iterator[list[Service]]:
    """Two services on the same stores, that answer."""
    settings = {"JAGA_DATABASE_URL": shared.url or "", "JAGA_REDIS_URL": redis_server.url}
    made = [Service(shared.path, settings) for _ in range(2)]
    try:
        for service in made:
            service.spawn()
        for service in made:
            service.wait_ready()
        yield made
    finally:
        for service in made:
            service.stop()


def test_nothing_acknowledged_goes_with_a_store_or_a_replica(
    shared: World, replicas: list[Service], postgres: PostgresServer, redis_server: RedisServer
) -> None:
    """Each goes away in each way while both replicas judge, and comes back."""
    chance = random.Random(SEED)
    load = Load([one.port for one in replicas], shared.key, SEED)
    load.start()
    for what in EVENTS:
        load.wait_verdicts(20)
        before = len(load.ledger.answers)
        load.ledger.patience_s = PATIENCE_S if what == "replica killed" else HANG_S
        if what == "replica killed":
            _kill(chance.choice(replicas), chance, load)
        else:
            _away(what, postgres, redis_server, lambda: _ask_aside(replicas[0], shared.key))
        meanwhile = len(load.ledger.answers) - before
        load.wait_verdicts(20)
        log.info("%s: %d verdicts meanwhile; %s", what, meanwhile, dict(load.ledger.seen))
        assert load.ledger.wrong == [], what
    ledger = load.finish()
    check_feed(replicas[0].port, shared.key, ledger)
    for service in replicas:
        service.stop()
    assert check(shared, ledger)["verdicts"] > 0
    assert ledger.seen["later 503"] > 0


def _kill(victim: Service, chance: random.Random, load: Load) -> None:
    """kill -9 of one of two; the engine turns to the other and sends again."""
    time.sleep(chance.uniform(0, 1.5))
    victim.kill()
    load.wait_verdicts(20)
    victim.start()


def _ask_aside(service: Service, key: str) -> None:
    """Labels, lists and a key that nobody knows get their no within the bound, too."""
    with httpx.Client(base_url=f"http://{HOST}:{service.port}", timeout=HANG_S) as client:
        for path, body in ASIDE.items():
            answer = client.post(path, json=body, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 503, (path, answer.text)
            assert answer.headers["Retry-After"].isdigit(), path
        stranger = client.get("/v1/outcomes", headers={"Authorization": f"Bearer {key[:-4]}none"})
        assert stranger.status_code in (401, 503), stranger.text


def _away(what: str, postgres: PostgresServer, redis_server: RedisServer,
          ask: Callable[[], None]) -> None:
    """Take a store away for some seconds; ask what else is to be answered while it is frozen."""
    if what == "redis killed":
        redis_server.stop()
        time.sleep(OUTAGE_S)
        redis_server.start()
    elif what == "frozen":
        postgres.freeze()
        until = time.monotonic() + FROZEN_S
        try:
            ask()
            time.sleep(max(until - time.monotonic(), 0.0))
        finally:
            postgres.thaw()
    else:
        postgres.stop("fast" if what == "stopped" else "immediate")
        time.sleep(OUTAGE_S)
        postgres.start()
