"""The same event many times at once: one verdict, one change of the state, the same bytes."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.fire.checks import check
from tests.journeys.fire.load import Ledger
from tests.journeys.fire.service import HOST, Service
from tests.journeys.fire.world import CODES, event

if TYPE_CHECKING:
    from tests.journeys.fire.world import World

pytestmark = pytest.mark.filterwarnings("default")
RESENDS = 50
AT_ONCE = 24
BUSY = (429, 503)


def ask(port: int, key: str, body: dict[str, Any], patient: bool = True) -> tuple[int, bytes]:
    """Send an event, again while the service is busy; status and body of the answer."""
    while True:
        with closing(http.client.HTTPConnection(HOST, port, timeout=30)) as connection:
            connection.request("POST", "/v1/verdicts", json.dumps(body),
                               {"Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            found = answer.status, answer.read()
        if found[0] not in BUSY or not patient:
            return found
        time.sleep(0.02)


def at_once(port: int, key: str, bodies: list[dict[str, Any]]) -> list[tuple[int, bytes]]:
    """Send many from threads that start together."""
    barrier = threading.Barrier(len(bodies))

    def send(body: dict[str, Any]) -> tuple[int, bytes]:
        barrier.wait(30)
        return ask(port, key, body)

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))


def test_fifty_resends_are_one_event_and_members_keep_one_order(
    fire: World, service: Service
) -> None:
    """One verdict and one row each, changed bodies refused, the state that of a rebuild."""
    service.start()
    ledger, draw = Ledger(), random.Random(3)
    now = time.time_ns() // 1_000_000
    for number in range(3):
        body = event(draw, f"again-{number}", now) | {"kind": "scan", "proof": "qr",
                                                      "code_id": f"C-{CODES - 1 - number}"}
        answers = at_once(service.port, fire.key, [body] * RESENDS)
        assert {status for status, _ in answers} == {200}
        assert len({told for _, told in answers}) == 1
        ledger.answers[f"again-{number}"] = answers[0][1]
        changed = at_once(service.port, fire.key, [body | {"points": 11}] * 5 + [body] * 5)
        assert [status for status, _ in changed] == [409] * 5 + [200] * 5
        assert {told for status, told in changed if status == 200} == {answers[0][1]}
    bodies = [event(draw, f"one-{number}", now) | {"member_id": "m-1"}
              for number in range(AT_ONCE)]
    for body, (status, told) in zip(bodies, at_once(service.port, fire.key, bodies), strict=True):
        assert status == 200
        ledger.answers[body["event_id"]] = told
    service.stop()
    assert check(fire, ledger)["verdicts"] == 3 + AT_ONCE


def test_one_code_by_many_at_once_is_credited_once(fire: World, service: Service) -> None:
    """Of members who claim one code in the same instant, one is credited; proof stops the rest."""
    service.start()
    draw, now = random.Random(4), time.time_ns() // 1_000_000
    bodies = [event(draw, f"rush-{number}", now)
              | {"kind": "scan", "proof": "qr", "member_id": f"m-{number}", "points": 20,
                 "code_id": "C-1"} for number in range(AT_ONCE)]
    answers = [json.loads(told) for _, told in at_once(service.port, fire.key, bodies)]
    stopped = [told for told in answers if "code_credited_other" in told["hard_proof"]]
    assert len(stopped) == AT_ONCE - 1
    assert {told["verdict"] for told in stopped} == {"decline"}
