"""Replicas fed at once: one order, one state, one verdict an event, whoever dies in between."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.shared.conftest import RedisServer, World

NAMES = ("a", "b", "c", "d")
SIZE = 20 if os.environ.get("JAGA_PROVE") else 1
"""How many times as long the replicas are fed in the long proof."""


def scan(name: str, random: np.random.Generator, **more: Any) -> dict[str, Any]:
    return {"kind": "scan", "event_id": name, "member_id": f"m-{random.integers(20)}",
            "points": 40, "proof": "qr", "occurred_at": "2025-03-05T10:00:00+07:00",
            "code_id": f"C-{random.integers(400)}", "device_id": f"d-{random.integers(7)}",
            "outlet_id": f"o-{random.integers(3)}", **more}


def groups(name: str, seed: int, count: int, most: int = 6) -> list[list[dict[str, Any]]]:
    """Groups of scans, of rows in between, each group a transaction or a few."""
    random = np.random.default_rng(seed)
    made: list[list[dict[str, Any]]] = []
    number = 0
    while number < count * SIZE:
        size = int(random.integers(1, most))
        made.append([scan(f"{name}-{number + n}", random) for n in range(size)])
        number += size
        if random.random() < 0.15:
            made[-1].append({"table": "feedback", "row": {
                "event_id": made[-1][0]["event_id"], "label": "legit",
                "decided_at": "2025-03-06T00:00:00Z"}})
        if random.random() < 0.1:
            made[-1].insert(0, {"table": "members", "row": {
                "member_id": f"m-{random.integers(30)}", "persona": "promoter",
                "joined_at": "2025-01-01T00:00:00Z", "language": "id"}})
    return made


def verdicts(answers: list[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for event, answer in answers:
        if answer.startswith("{"):
            found.setdefault(event, set()).add(answer)
    return found


def test_four_replicas_leave_what_batch_computes(world: World) -> None:
    """Fed at once with events of the same members, devices and codes, by clocks that differ."""
    same = [scan(f"same-{n}", np.random.default_rng(n)) for n in range(20)]
    for index, name in enumerate(NAMES):
        mine = groups(name, index, 30)
        for n, body in enumerate(same):
            mine[n % len(mine)].append(body)
        world.spawn(name, mine, skew_ms=index * 700)
    world.go()
    world.finish(*NAMES)
    assert world.check_vectors() >= 120 + 20
    answers = world.answers(*NAMES)
    found = verdicts(answers)
    assert {answer for event, answer in answers if event not in found} == {"None"}
    assert all(len(bodies) == 1 for bodies in found.values())
    assert {f"same-{n}" for n in range(20)} <= set(found)
    asked, led = np.sum([json.loads(world.wait(name, "done")) for name in NAMES], axis=0)
    assert led > asked / 2


def test_a_code_that_comes_to_all_at_once_is_credited_once(world: World) -> None:
    """The race for a code has one winner, whichever replica he came to."""
    random = np.random.default_rng(0)
    for index, name in enumerate(NAMES):
        world.spawn(name, [[scan(f"{name}-{n}", random, code_id=f"C-{n}",
                                 member_id=f"m-{index}")] for n in range(12)])
    world.go()
    world.finish(*NAMES)
    credited: dict[str, int] = {}
    for event, body in world.answers(*NAMES):
        number = event.partition("-")[2]
        credited[number] = credited.get(number, 0) + (json.loads(body)["verdict"] == "approve")
    assert set(credited.values()) == {1}
    assert world.check_vectors() == 48


@pytest.mark.parametrize("moment", ["before commit", "before publish", "after publish"])
def test_a_killed_replica_leaves_the_others_right(world: World, moment: str) -> None:
    """kill -9 in the middle: others go on, and what was in flight is sent again elsewhere."""
    mine = groups("a", 7, 24)
    world.spawn("a", mine, dies=moment, at=4)
    world.spawn("b", groups("b", 8, 24))
    world.spawn("c", groups("c", 9, 24))
    world.go()
    world.wait_death("a")
    world.spawn("again", mine)
    world.finish("b", "c", "again")
    world.check_vectors()
    found = verdicts(world.answers("a", "b", "c", "again"))
    assert all(len(bodies) == 1 for bodies in found.values())
    assert {body["event_id"] for group in mine for body in group if "kind" in body} <= set(found)


def test_a_redis_that_stops_costs_no_bit(world: World, redis_server: RedisServer) -> None:
    """Killed in the middle and started empty, it is filled again while the replicas go on."""
    world.redis = redis_server.url
    names = ("a", "b", "c")
    for index, name in enumerate(names):
        world.spawn(name, groups(name, 20 + index, 45, most=3), pause_s=0.03)
    world.go()
    world.wait_commits(15)
    redis_server.stop()
    world.wait_commits(30)
    redis_server.start()
    world.finish(*names)
    assert world.check_vectors() >= 135
    assert redis_server.entries() > 5


def test_a_flushed_redis_costs_no_bit(world: World, redis_server: RedisServer) -> None:
    """Emptied again and again under the replicas, it never changes what they hold."""
    world.redis = redis_server.url
    names = ("a", "b", "c")
    for index, name in enumerate(names):
        world.spawn(name, groups(name, 30 + index, 30, most=3), pause_s=0.01)
    world.go()
    for commits in range(5, 30, 5):
        world.wait_commits(commits)
        redis_server.flush()
    world.finish(*names)
    assert world.check_vectors() >= 90


def test_an_ingest_beside_replicas_takes_its_turns(
    world: World, tmp_path: Path, export: Callable[..., Path]
) -> None:
    """Another process appends events, members and codes while two replicas judge."""
    for index, name in enumerate(("a", "b")):
        world.spawn(name, groups(name, 40 + index, 40), pause_s=0.01)
    world.go()
    world.wait_commits(5)
    home = world.home()
    report = ingest(home, export(tmp_path / "late", world.program, "late", 4_500))
    home.close()
    assert report.tables["scans"].new == 4_500
    world.finish("a", "b")
    assert world.check_vectors() >= 80
