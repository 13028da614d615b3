"""What a key's decisions are counted with is read on, and is what a fresh reading finds."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from serving.review.keysday import LATELY_MS, KeysDay
from serving.review.pile import FRESH_MS, Pile, read_alerts

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any


def by_key(desk: Desk, name: str, decision: str = "keep") -> None:
    answer = desk.key("POST", f"/cases/{name}/decisions",
                      {"decision": decision, "reason": "A rule.", "by": "erp"}, role="manager")
    assert answer.status_code == 200, answer.text


def test_decisions_of_keys_are_read_on(desk: Desk) -> None:
    """Each once, with its points; a day later it is gone, and a person's was never there."""
    journal, day = desk.programs.home.journal("acme"), KeysDay()

    def told(known: KeysDay) -> dict[int, int]:
        with journal.database.reading() as store:
            return dict(known.read(store, journal.key, desk.now))

    for turn, name in enumerate("abc"):
        desk.scan(name, points=100 + turn)
        by_key(desk, name)
        assert told(day) == told(KeysDay())
        assert len(told(day)) == turn + 1
        desk.now += LATELY_MS // 4
    assert set(told(day).values()) == {100, 101, 102}
    desk.scan("d", member="m-5", points=103)
    desk.done(desk.decide("rina", "d", decision="keep"))
    assert 103 not in told(day).values()
    desk.now += LATELY_MS // 4
    assert told(day) == told(KeysDay())
    assert 0 < len(told(day)) < 3
    desk.now -= LATELY_MS // 2
    assert told(day) == told(KeysDay())
    desk.now += 3 * LATELY_MS
    assert told(day) == {}


def test_a_decision_taken_again_ends_with_the_later_one(desk: Desk) -> None:
    """The first is a day old, the second is not."""
    journal, day = desk.programs.home.journal("acme"), KeysDay()

    def told(known: KeysDay) -> dict[int, int]:
        with journal.database.reading() as store:
            return dict(known.read(store, journal.key, desk.now))

    desk.scan("a", points=100)
    by_key(desk, "a")
    told(day)
    desk.now += LATELY_MS // 2
    assert desk.key("POST", "/events/a/appeal", {"text": "Look."}).status_code == 200
    by_key(desk, "a", "release")
    told(day)
    desk.now += LATELY_MS // 2 + 1000
    assert told(day) == told(KeysDay())
    assert list(told(day).values()) == [100]


@pytest.mark.parametrize("seed", range(3))
def test_alerts_are_read_on(desk: Desk, seed: int) -> None:
    """Whatever is opened and closed in between; who was closed since may tie on for a while."""
    random = np.random.default_rng(seed)
    journal, pile = desk.programs.home.journal("acme"), Pile()
    rows = [{"code_id": f"W-{n}", "batch_id": f"B-{n % 2}", "points": 10, "status": "dispatched",
             "dispatched_at": "2024-12-01T00:00:00Z"} for n in range(40)]
    desk.client.post("/records/codes", content="\n".join(map(json.dumps, rows)),
                     headers={"Authorization": f"Bearer {desk.keys['admin']}"})
    closed: list[int] = []
    for turn in range(6):
        for count in range(int(random.integers(0, 3))):
            name = f"e-{turn}-{count}"
            desk.scan(name, member=f"m-{random.integers(3, 9)}", points=80, code_id=f"W-{turn}")
            if random.random() < 0.5:
                by_key(desk, name)
                closed.append(journal.number("event", name))
        with journal.database.reading() as store:
            fresh = read_alerts(store, journal.key, closed)
            found = pile.read(store, journal.key, closed, desk.now)
        at = np.isin(found.alerts["event"], fresh.alerts["event"])
        assert set(found.alerts["event"][~at].tolist()) <= set(closed)
        for name, column in fresh.alerts.columns.items():
            assert found.alerts[name][at].tolist() == column.tolist(), name
        assert found.batches[at].tolist() == fresh.batches.tolist()
    desk.now += FRESH_MS
    with journal.database.reading() as store:
        again = pile.read(store, journal.key, [], desk.now)
        assert again.alerts["event"].tolist() == read_alerts(
            store, journal.key, []).alerts["event"].tolist()
