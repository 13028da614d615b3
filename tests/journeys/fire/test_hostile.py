"""Hostile requests against a real service: each is answered, none breaks it or looks inside."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.journeys.fire.hostile import Attack, again, attacks, reading
from tests.journeys.fire.service import HOST
from tests.journeys.fire.wire import BOUND_S, Answer, Wire, faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journeys.fire.service import Service
    from tests.journeys.fire.world import World

PROVES = os.environ.get("JAGA_PROVE") == "1"
COUNT = int(os.environ.get("JAGA_HOSTILE", "100000" if PROVES else "1500"))
SEED = int(os.environ.get("JAGA_SEED", "1"))
TRIES = 200 if PROVES else 4
"""Requests generated for each operation of the document."""
SLOW = 40
"""Connections that send a byte now and then."""
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(4 * 3600)]
log = logging.getLogger("fire")


@pytest.fixture
def client(burning: tuple[Service, World]) -> Iterator[httpx.Client]:
    service, world = burning
    with httpx.Client(base_url=f"http://{HOST}:{service.port}", timeout=30,
                      headers={"Authorization": f"Bearer {world.key}"}) as client:
        yield client


def check_alive(client: httpx.Client, name: str, points: int = 20) -> None:
    """A normal event gets a normal verdict."""
    answer = client.post("/v1/verdicts", json={
        "kind": "scan", "event_id": name, "member_id": "m-1", "points": points,
        "proof": "qr", "occurred_at": "2025-03-05T10:00:00Z"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["event_id"] == name


def unkept(wire: Wire, key: str, attack: Attack, answers: list[Answer]) -> list[str]:
    """What is wrong with what was accepted: it must read back, and get the same bytes again."""
    accepted = [answer for answer in answers if answer.status == 200]
    if attack.route not in ("/v1/verdicts", "/verdict") or not accepted or (
            attack.what not in ("cells", "body", "chunks", "pipelined")):
        return []
    name = json.loads(accepted[0].body)["event_id"]
    (read,) = wire.send(reading(name, key))
    (once_more,) = wire.send(again(attack, key))
    found = [] if read.status == 200 and json.loads(read.body)["verdict"] == json.loads(
        accepted[0].body) else [f"accepted, and reads {read.status} {read.body[:200]!r}"]
    if {accepted[0].body} != {answer.body for answer in [*accepted, once_more]}:
        found.append(f"the same event twice got two answers: {once_more.body[:200]!r}")
    return found


def test_no_hostile_request_breaks_or_opens_the_service(
    burning: tuple[Service, World], client: httpx.Client
) -> None:
    """Hostile cells, bodies, paths and transports: an answer each, in time, and a sound service."""
    service, world = burning
    wire, wrong, seen, slowest = Wire(service.port), list[str](), Counter[str](), 0.0
    check_alive(client, "held", points=80)
    for number, attack in enumerate(attacks(SEED, COUNT, world.key)):
        try:
            answers = wire.send(attack)
        except TimeoutError:
            wire.close()
            wrong.append(f"{attack.what} hung: {attack.raw[:300]!r}")
            continue
        seen.update(f"{attack.what} {answer.status}" for answer in answers)
        slowest = max(slowest, *(answer.seconds for answer in answers), 0.0)
        told = faults(attack, answers) + unkept(wire, world.key, attack, answers)
        wrong += [f"{attack.what} {attack.route} {attack.body[:400]!r}: {text}" for text in told]
        if number % 500 == 0:
            check_alive(client, f"alive-{number}")
    log.info("%s; slowest %.2f s", dict(seen), slowest)
    wire.close()
    assert wrong[:20] == []
    check_alive(client, "alive at the end")
    assert seen["cells 200"] > 0
    assert seen["cells 400"] > 0


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """Send generated text as it is."""
    return str(value).encode(errors="surrogatepass")


def test_no_request_of_the_document_breaks_the_service(
    burning: tuple[Service, World], client: httpx.Client
) -> None:
    """Requests generated from the whole document, BentoML's own methods included."""
    document = client.get("/docs.json").json()
    document["paths"] = {path: told for path, told in document["paths"].items()
                         if path not in ("/livez", "/readyz", "/healthz", "/metrics")}
    found: list[str] = []
    for operation in schemathesis.openapi.from_dict(document).get_all_operations():
        found += _asked(client, operation.ok())
    assert found == []
    check_alive(client, "after the document")


def _asked(client: httpx.Client, operation: Any) -> list[str]:
    """What is wrong with how requests of one operation are answered."""
    found: list[str] = []

    @settings(max_examples=TRIES, deadline=None, database=None, derandomize=True,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url=str(client.base_url))
        headers = {name: text for name, text in sent["headers"].items()
                   if name.lower() not in ("authorization", "x-api-key")}
        answer = client.request(
            sent["method"], sent["url"], params=sent.get("params"), json=sent.get("json"),
            content=sent.get("data"), headers=headers)
        told = Answer(answer.status_code, dict(answer.headers), answer.content, 0.0)
        found.extend(f"{case.method} {case.path}: {text}"
                     for text in faults(Attack("document", b""), [told]))

    ask()
    return found


def test_slow_senders_keep_nobody_waiting(
    burning: tuple[Service, World], client: httpx.Client
) -> None:
    """Connections that send a byte now and then do not keep others from their answers."""
    service, _ = burning
    begun: list[socket.socket] = []
    for number in range(SLOW):
        slow = socket.create_connection((HOST, service.port), timeout=BOUND_S)
        slow.sendall(b"POST /v1/verdicts HTTP/1.1\r\nHost: jaga\r\n" + (
            b"" if number % 2 else b"Content-Length: 900\r\n\r\n{"))
        begun.append(slow)
    for step in range(10):
        check_alive(client, f"beside slow ones {step}")
        for slow in begun:
            try:
                slow.sendall(b"X" if step else b"X-Slow: ")
            except OSError:
                continue
        time.sleep(0.05)
    for slow in begun:
        slow.close()
    check_alive(client, "after slow ones")


def test_ten_megabytes_are_refused_before_they_are_read(
    burning: tuple[Service, World], client: httpx.Client
) -> None:
    """Announced, a body beyond the limit gets its 413 at once; in chunks, once it is beyond."""
    service, world = burning
    (announced,) = Wire(service.port).send(Attack("announced", (
        f"POST /v1/verdicts HTTP/1.1\r\nHost: jaga\r\nAuthorization: Bearer {world.key}\r\n"
        "Content-Length: 10000000\r\n\r\n").encode()))
    assert announced.status == 413
    pieces = (b" " * 65_536 for _ in range(160))
    try:
        assert client.post("/v1/verdicts", content=pieces).status_code == 413
    except httpx.TransportError:  # refused while the client still sent
        assert next(pieces, None) is not None, "all of it was read"
    check_alive(client, "after ten megabytes")
