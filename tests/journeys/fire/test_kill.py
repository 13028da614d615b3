"""kill -9 at a random instant under load: what was acknowledged is there, once, and the same."""

from __future__ import annotations

import logging
import os
import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.journeys.fire.checks import check, check_feed, keep_snapshot
from tests.journeys.fire.load import Load

if TYPE_CHECKING:
    from tests.journeys.fire.service import Service
    from tests.journeys.fire.world import World

PROVES = os.environ.get("JAGA_PROVE") == "1"
KILLS = int(os.environ.get("JAGA_KILLS", "200" if PROVES else "2"))
STARTING, ALONE = 0.25, 0.15
"""Shares of the kills that hit a service which is starting, and the process that judges alone."""
SNAPSHOTS = 4
"""One start in so many finds a snapshot that is newer than those before."""
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(4 * 3600)]
log = logging.getLogger("fire")
SEED = int(os.environ.get("JAGA_SEED", "1"))


def test_what_was_acknowledged_outlives_every_kill(fire: World, service: Service) -> None:
    """Killed with all its processes while several connections send, and while it starts."""
    moments = random.Random(SEED)
    load = Load([service.port], fire.key, SEED)
    took = service.start()
    load.start()
    for kill in range(KILLS):
        way = (0.5, 0.0)[kill] if kill < 2 else moments.random()
        if way < STARTING:
            service.kill()
            service.spawn()
            time.sleep(moments.uniform(0, took))
            service.kill()
            took = service.start()
        else:
            load.wait_verdicts(1)
            time.sleep(moments.uniform(0, 3 if PROVES else 1.5))
            took = _killed(service, None if kill % SNAPSHOTS else fire, alone=way > 1 - ALONE)
        log.info("kill %d: ready in %.1f s, %d verdicts", kill + 1, took, len(load.ledger.answers))
        assert load.ledger.wrong == []
    load.wait_verdicts(50)
    ledger = load.finish()
    changes = check_feed(service.port, fire.key, ledger)
    service.stop()
    compared = check(fire, ledger)
    log.info("%d changes in the feed; compared: %s", changes, compared)
    assert min(changes, *compared.values()) > 0


def _killed(service: Service, kept: World | None, *, alone: bool) -> float:
    """Kill all processes and start again, or the judging one, which is started again by another.

    With ``kept`` a snapshot lies there for this start and those that follow.
    """
    if not alone:
        service.kill()
        if kept is not None:
            keep_snapshot(kept)
        return service.start()
    began = time.monotonic()
    service.worker().kill()
    service.wait_ready()
    return time.monotonic() - began
