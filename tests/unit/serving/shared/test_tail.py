"""The tail in Redis: entries that continue each other, and a Redis that fails."""

from __future__ import annotations

import os
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from features.errors import BadConfig, Conflict
from features.records import COLUMNS
from features.store.head import Head
from serving.settings import read_settings
from serving.shared import tail as tail_module
from serving.shared.entry import Entry
from serving.shared.tail import RedisTail, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

URL = os.environ.get("JAGA_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
HEADS = [Head(number, 100 + number, 3 * number, 9 * number) for number in range(8)]


class Clock:
    """Seconds that go up when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.0001
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def entry(before: int, after: int, rows: int = 1) -> Entry:
    records = np.full((rows, len(COLUMNS)), 10 * after, dtype=np.int64)
    return Entry(HEADS[before], HEADS[after], records, False)


@pytest.fixture
def client() -> Iterator[redis.Redis]:
    with closing(connect(URL)) as made:
        yield made


@pytest.fixture
def tail(client: redis.Redis) -> Iterator[RedisTail]:
    clock = Clock()
    made = RedisTail(client, f"test-{uuid.uuid4().hex}", clock, clock.sleep)
    yield made
    client.delete(made.key)


def numbers(client: redis.Redis, tail: RedisTail) -> list[int]:
    found: Any = client.xrange(tail.key)
    return [int(name.split(b"-")[0]) for name, _ in found]


def led(tail: RedisTail, before: int, until: int) -> list[int] | None:
    found = tail.leading(HEADS[before], HEADS[until])
    return None if found is None else [each.after.number for each in found]


def test_an_entry_is_what_it_was() -> None:
    """Packed and read back; any byte that changed is noticed."""
    sent = Entry(HEADS[1], HEADS[2], np.arange(2 * len(COLUMNS)).reshape(2, -1), True)
    back = Entry.unpack(sent.pack())
    assert (back.before, back.after, back.is_taught) == (HEADS[1], HEADS[2], True)
    np.testing.assert_array_equal(sent.records, back.records)
    packed = sent.pack()
    for at in range(0, len(packed), 7):
        damaged = packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1:]
        with pytest.raises(Conflict, match="damaged"):
            Entry.unpack(damaged)
    with pytest.raises(Conflict):
        Entry.unpack(packed[:5])


def test_entries_lead_from_any_head_to_any_later_one(tail: RedisTail) -> None:
    """Exactly there, and only over entries that continue each other."""
    for number in range(1, 6):
        tail.push(entry(number - 1, number))
    assert led(tail, 0, 5) == [1, 2, 3, 4, 5]
    assert led(tail, 2, 4) == [3, 4]
    assert led(tail, 3, 6) is None
    assert tail.leading(HEADS[2], HEADS[2]) is None


def test_a_step_back_is_refused(tail: RedisTail, client: redis.Redis) -> None:
    """What comes late is there already, or in what bridged it."""
    tail.push(entry(0, 1))
    tail.push(entry(1, 3))
    tail.push(entry(1, 2))
    tail.push(entry(2, 3))
    assert numbers(client, tail) == [1, 3]
    assert led(tail, 0, 3) == [1, 3]
    assert led(tail, 2, 3) is None


def test_a_gap_starts_the_tail_anew(tail: RedisTail, client: redis.Redis) -> None:
    """An entry that does not continue the last one would lead nowhere behind it."""
    tail.push(entry(0, 1))
    tail.push(entry(2, 3))
    tail.push(entry(3, 4))
    assert numbers(client, tail) == [3, 4]
    assert led(tail, 0, 4) is None
    assert led(tail, 2, 4) == [3, 4]


def test_the_tail_is_bounded(
    tail: RedisTail, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest entries go; one of too many records is never left."""
    monkeypatch.setattr(tail_module, "LENGTH", 2)
    for number in range(1, 7):
        tail.push(entry(number - 1, number))
    assert numbers(client, tail) == [4, 5, 6]
    assert client.ttl(tail.key) > 0
    tail.push(entry(6, 7, rows=tail_module.MOST_RECORDS + 1))
    assert numbers(client, tail) == [4, 5, 6]


@pytest.mark.parametrize("foreign", [
    Entry(HEADS[1], HEADS[2]._replace(mark=5), np.zeros((0, len(COLUMNS)), np.int64), False),
    Entry(HEADS[1]._replace(mark=5), HEADS[2], np.zeros((0, len(COLUMNS)), np.int64), False),
    Entry(HEADS[1], HEADS[2]._replace(place=1), np.zeros((0, len(COLUMNS)), np.int64), False),
])
def test_another_past_is_dropped(
    tail: RedisTail, client: redis.Redis, foreign: Entry
) -> None:
    """An entry that contradicts the journal's heads is never taken, nor left for others."""
    tail.push(foreign)
    assert led(tail, 1, 2) is None
    assert numbers(client, tail) == []


def test_an_entry_may_still_be_on_its_way(tail: RedisTail) -> None:
    """Who has his turn waits a moment for the entry of the one before, and not for long."""
    tail.push(entry(0, 1))
    clock = Clock()
    left = [entry(1, 2)]

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if left and clock.now > 0.002:
            tail.push(left.pop())

    patient = RedisTail(tail._client, "other", clock, sleep)
    patient.key = tail.key
    assert led(patient, 0, 2) == [1, 2]
    before = clock.now
    assert led(patient, 2, 3) is None
    assert clock.now - before < 2 * tail_module.PATIENCE_S


def test_a_redis_that_fails_is_left_alone_for_a_while() -> None:
    """No request waits for it; it is asked again after a second."""
    clock = Clock()
    failing = RedisTail(connect("redis://127.0.0.1:1/0"), "p", clock, clock.sleep)
    asked: list[int] = []
    failing._page = lambda number: asked.append(number) or failing._client.ping()  # type: ignore
    assert led(failing, 0, 1) is None
    failing.push(entry(0, 1))
    assert led(failing, 0, 1) is None
    assert asked == [0]
    clock.now += tail_module.REST_S
    assert led(failing, 0, 1) is None
    assert asked == [0, 0]


def test_a_redis_needs_a_shared_database() -> None:
    """A single file is written by one service: the setting would mean nothing."""
    url = {"JAGA_REDIS_URL": "redis://127.0.0.1/0"}
    shared = read_settings(url | {"JAGA_DATABASE_URL": "postgresql+psycopg://h/jaga"})
    assert shared.redis_url == "redis://127.0.0.1/0"
    assert read_settings({}).redis_url is None
    for wrong in (url, url | {"JAGA_DATABASE_URL": "sqlite:///x.sqlite"}):
        with pytest.raises(BadConfig, match="JAGA_DATABASE_URL"):
            read_settings(wrong)
