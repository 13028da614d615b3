"""A service under a steady load for a long time: nothing breaks, and its memory stays flat."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.journeys.fire.checks import check, check_feed
from tests.journeys.fire.load import Load

if TYPE_CHECKING:
    from tests.journeys.fire.service import Service
    from tests.journeys.fire.world import World

PROVES = os.environ.get("JAGA_PROVE") == "1"
SECONDS = float(os.environ.get("JAGA_SOAK_S", "3600" if PROVES else "8"))
EVERY_S = SECONDS / 240
WARM = 1 / 3
"""Share of the time in which caches fill; what grows afterwards is measured."""
CONNECTIONS, PAUSE_S = 4, 0.02
"""At most 200 requests a second, so that an hour's journal fits anywhere."""
KB_A_VERDICT = 1.5
"""What a verdict may add to memory: its event in the state, which keeps all of a program's, and the
journal's pages while SQLite's cache of 256 MiB still fills."""
SLACK_MB = 16.0
"""What the allocator may keep or give back between two looks."""
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(4 * 3600)]
log = logging.getLogger("fire")


@dataclass(frozen=True)
class Look:
    """One look at the process that judges."""

    seconds: float
    memory_mb: float
    verdicts: int


def test_a_steady_load_breaks_nothing_and_fills_nothing(
    burning: tuple[Service, World]
) -> None:
    """All that was acknowledged is there in the end; memory grows by what is kept, and no more.

    The home is the one that hostile requests were thrown at before, so that what they left behind
    is checked with it.
    """
    service, world = burning
    load = Load([service.port], world.key, 3, CONNECTIONS, pause_s=PAUSE_S)
    load.start()
    looks = watch(service, load)
    for look in looks[:: len(looks) // 24]:
        log.info("%.0f s: %.1f MB, %d verdicts", look.seconds, look.memory_mb, look.verdicts)
    ledger = load.finish()
    check_feed(service.port, world.key, ledger, page=1_000)
    service.stop()
    check(world, ledger)
    if PROVES:
        check_memory(looks)


def watch(service: Service, load: Load) -> list[Look]:
    """Look at the memory of the judging process again and again."""
    worker, began, looks = service.worker(), time.monotonic(), list[Look]()
    while (seconds := time.monotonic() - began) < SECONDS:
        told = worker.memory_info()
        own = told.rss - getattr(told, "shared", 0)  # without the pages of mapped files
        looks.append(Look(seconds, own / 2**20, len(load.ledger.answers)))
        time.sleep(EVERY_S)
    return looks


def check_memory(looks: list[Look]) -> None:
    """After the warm-up, memory grows no faster than what is kept of each verdict."""
    after = [look for look in looks if look.seconds > WARM * SECONDS]
    verdicts = np.array([look.verdicts for look in after], dtype=float)
    memory = np.array([look.memory_mb for look in after])
    kb_a_verdict = np.polyfit(verdicts, memory, 1)[0] * 1024
    log.info("%.2f KB a verdict over %d verdicts", kb_a_verdict, verdicts[-1] - verdicts[0])
    assert kb_a_verdict <= KB_A_VERDICT
    allowed = (verdicts[-1] - verdicts[0]) * KB_A_VERDICT / 1024 + SLACK_MB
    assert memory.max() - memory[:10].mean() <= allowed
