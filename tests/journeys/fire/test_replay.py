"""Events sent again get the same bytes, also after a restart; every verdict derives again."""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pandas as pd
import pytest

from features.contract import EVENT_KINDS
from features.places import place_ms
from serving.explain import explain
from serving.replay import replay
from tests.journeys.fire.checks import check_numbers, check_vectors, digest
from tests.journeys.fire.service import HOST
from tests.journeys.fire.world import World, event

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journeys.fire.service import Service

PROVES = os.environ.get("JAGA_PROVE") == "1"
COUNT = int(os.environ.get("JAGA_REPLAYED", "10000" if PROVES else "1000"))
EXPLAINED = 200 if PROVES else 5
"""Verdicts that are derived again one by one, each from the whole journal before it."""
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(4 * 3600)]
log = logging.getLogger("fire")


def test_every_verdict_is_the_same_again(
    trained: World, fire: World, service: Service, tmp_path: Path
) -> None:
    """By a re-send, by a restart, by `jaga explain`, and by `jaga replay` in another home."""
    drawn = random.Random(7)
    bodies = [event(drawn, f"r-{n:06}", time.time_ns() // 1_000_000) for n in range(COUNT)]
    service.start()
    first = sent(service.port, fire.key, bodies, together=1)
    assert sent(service.port, fire.key, bodies, together=16) == first
    service.stop()
    service.start()
    assert sent(service.port, fire.key, bodies, together=16) == first
    service.stop()
    home = fire.home()
    check_numbers(home.journal())
    assert check_vectors(home.journal()) == COUNT
    for body in drawn.sample(bodies, EXPLAINED):
        found = explain(home, body["event_id"])
        assert found.equal, found.differing
    told = exported(home, bodies, trained.path.parent / "export", tmp_path / "export")
    home.close()
    words = {json.loads(body)["verdict"] for body in first.values()}
    assert words == {"approve", "review", "decline"}
    assert {name: digest(body) for name, body in replayed(trained, told, tmp_path).items()} == {
        name: digest(body) for name, body in first.items()}


def sent(
    port: int, key: str, bodies: list[dict[str, Any]], together: int
) -> dict[str, bytes]:
    """Send events, and what was answered to each."""
    with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=30,
                      headers={"Authorization": f"Bearer {key}"}) as client:

        def ask(body: dict[str, Any]) -> tuple[str, bytes]:
            answer = client.post("/v1/verdicts", json=body)
            while answer.status_code in (429, 503):
                time.sleep(0.05)
                answer = client.post("/v1/verdicts", json=body)
            assert answer.status_code == 200, answer.text
            return body["event_id"], answer.content

        with ThreadPoolExecutor(together) as pool:
            return dict(pool.map(ask, bodies))


def exported(home: Any, bodies: list[dict[str, Any]], history: Path, folder: Path) -> Path:
    """The events as a program would export them, each recorded when Jaga learnt of it."""
    journal = home.journal()
    folder.mkdir()
    for name in ("program.yaml", "members.csv", "codes.csv"):
        shutil.copy(history / name, folder / name)
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in EVENT_KINDS.values()}
    for body in bodies:
        _, stored = journal.event(body["event_id"])
        at = pd.Timestamp(place_ms(stored["place"]), unit="ms", tz="UTC").isoformat()
        told = {name: cell for name, cell in body.items() if name != "kind"}
        rows[EVENT_KINDS[body["kind"]]].append(told | {"recorded_at": at, "program_id": "acme"})
    for table, some in rows.items():
        pd.DataFrame(some).to_parquet(folder / f"{table}.parquet")
    return folder


def replayed(trained: World, export: Path, folder: Path) -> dict[str, bytes]:
    """Verdicts of the same events in a home that never served, by the same bundle."""
    shutil.copytree(trained.path, folder / "other")
    home = World(folder / "other", trained.key).home()
    replay(home, export, folder / "replayed.parquet")
    with home.journal().database.reading() as store:
        found = {row[0]: bytes(row[1]) for row in store.rows(
            "SELECT entities.name, verdicts.body FROM verdicts JOIN entities ON "
            "entities.program = verdicts.program AND entities.kind = 'event' AND "
            "entities.number = verdicts.event_id")}
    home.close()
    return {name: body for name, body in found.items() if name.startswith("r-")}
