"""A challenger's scores and a new champion, whichever store a running service works on."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from features.progress import silent
from features.store.home import Home
from models.bundle import Bundle
from models.champion import challenge, champion, promote
from serving.keeping.backup import backup
from serving.keeping.restore import restore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE_S = 60


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_challenger_is_tried_and_then_serves(
    store: str, made: Path, tmp_path: Path, services: Any
) -> None:
    """Its scores are stored and come back from a backup; promoted, it judges the next event."""
    with services(store, tmp_path) as service:
        home = service.programs.home
        root = home.bundles("acme")
        first = champion(root)
        second = replace(Bundle.load(first), as_of_ms=1).save(root).name
        challenge(root, second)
        names = iter(f"live-{number}" for number in range(100_000))

        def judged_by() -> str:
            name = next(names)
            answer = service.post("/verdicts", {
                "kind": "scan", "event_id": name, "member_id": "m-3", "points": 20,
                "proof": "qr", "code_id": "C-1200", "occurred_at": "2025-03-05T03:00:00Z"})
            assert answer.status_code == 200, answer.text
            return str(answer.json()["bundle_id"])

        _until(lambda: judged_by() == first.name and _stored(home, second) > 3)
        promote(root, second)
        _until(lambda: judged_by() == second)
        service.stop()
        before = _rows(service)
        _brought_back(service, tmp_path, before)
        service.start()


def _stored(home: Home, bundle_id: str) -> int:
    with home.database.reading() as store:
        return int(store.rows("SELECT count(*) FROM shadow_scores WHERE bundle_id = ?",
                              (bundle_id,))[0][0])


def _rows(service: Any) -> list[Any]:
    home = Home(service.settings.home, service.settings.url)
    try:
        with home.database.reading() as store:
            return store.rows("SELECT * FROM shadow_scores ORDER BY place, event_id")
    finally:
        home.close()


def _brought_back(service: Any, folder: Path, before: list[Any]) -> None:
    """From a backup into a home of the other kind, or the same: the same rows."""
    home = Home(service.settings.home, service.settings.url)
    backup(home, folder / "one.tar", "ana", 20, silent)
    home.close()
    restore(folder / "one.tar", folder / "again", None, "ana", 21, silent)
    again = Home(folder / "again")
    with again.database.reading() as store:
        assert store.rows("SELECT * FROM shadow_scores ORDER BY place, event_id") == before
    assert len(before) > 3
    again.close()


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
