"""A store that is slow: who would wait too long is told so, and nothing acknowledged is lost."""

from __future__ import annotations

import random
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.journeys.fire.checks import check
from tests.journeys.fire.load import Ledger
from tests.journeys.fire.test_exactly_once import ask
from tests.journeys.fire.world import event

if TYPE_CHECKING:
    from tests.journeys.fire.service import Service
    from tests.journeys.fire.world import World

pytestmark = pytest.mark.filterwarnings("default")
LOCKED_S, SENDERS, EACH = 1.5, 12, 60


def hold_the_lock(world: World, held: threading.Event, ended: threading.Event) -> None:
    """Keep the file locked against writers, as a slow disk would."""
    with closing(sqlite3.connect(world.path / "journal.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        held.set()
        time.sleep(LOCKED_S)
        other.execute("ROLLBACK")
    ended.set()


def test_a_slow_store_sheds_and_loses_nothing(fire: World, service: Service) -> None:
    """Some are refused with 429 or 503 while it lasts; each is taken when it is sent again."""
    service.start()
    draw, now = random.Random(7), time.time_ns() // 1_000_000
    bodies = [[event(draw, f"slow-{sender}-{number}", now) for number in range(EACH)]
              for sender in range(SENDERS)]
    held, ended, told = threading.Event(), threading.Event(), Counter[int]()
    ledger, lock = Ledger(), threading.Lock()

    def send(sender: int) -> None:
        held.wait(30)
        for body in bodies[sender]:
            status, answer = ask(service.port, fire.key, body, patient=False)
            while status != 200:
                with lock:
                    told[status] += 1
                time.sleep(0.02)
                status, answer = ask(service.port, fire.key, body, patient=False)
            with lock:
                told[status] += 1
                ledger.answers[body["event_id"]] = answer

    assert ask(service.port, fire.key, event(draw, "slow-first", now))[0] == 200
    locker = threading.Thread(target=hold_the_lock, args=(fire, held, ended))
    locker.start()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))
    locker.join()
    service.stop()
    assert set(told) <= {200, 429, 503}
    assert told[429] > 0
    assert told[200] == SENDERS * EACH
    assert check(fire, ledger)["verdicts"] == SENDERS * EACH
