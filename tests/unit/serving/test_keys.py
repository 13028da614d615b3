"""Keys: rotated with an overlap, expiring, revoked, slowed down, known without asking the store."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from features.errors import Conflict, NotFound, Unavailable
from features.exports.program import Program
from features.store.home import Home
from serving import keyring
from serving.keyring import Keys
from serving.keys import (
    DAY_MS,
    HOUR_MS,
    Caller,
    act,
    create_key,
    hash_of,
    list_keys,
    now_ms,
    revoke_key,
    rotate_key,
    shown_time,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    for program in ("acme", "globex"):
        home.create(Program(program_id=program))
    yield home
    home.close()


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ms = now_ms()

    def __call__(self) -> int:
        return self.ms


def opened(home: Home, rate: int | None = None, clock: Callable[[], int] = now_ms) -> Keys:
    """Keys whose table was read."""
    keys = Keys(home.database, rate, clock)
    keys.open()
    return keys


def sought(keys: Keys, key: str) -> Caller | None:
    """What the store says of a key that is not in the table."""
    return asyncio.run(keys.seek(key))


def name_of(key: str) -> str:
    return hash_of(key)[:12]


def test_a_rotated_key_works_beside_the_new_one_until_the_overlap_ends(home: Home) -> None:
    """Both open the program meanwhile, then the new one alone; role and rate stay."""
    old = create_key(home, "acme", "marketer", rate=7)
    made = rotate_key(home, "acme", name_of(old), 2 * HOUR_MS)
    clock = Clock()
    keys = opened(home, clock=clock)
    assert made["replaces"] == name_of(old)
    assert keys.check(old) == Caller("acme", "marketer", name_of(old))
    assert keys.check(made["key"]) == Caller("acme", "marketer", made["name"])
    clock.ms += 2 * HOUR_MS + 1000
    assert keys.check(old) is None
    assert keys.check(made["key"]) is not None
    keys.close()
    assert {key["name"]: key["rate"] for key in list_keys(home, "acme")} == {
        name_of(old): 7, made["name"]: 7}


def test_a_rotated_key_has_the_life_of_the_old_one(home: Home) -> None:
    """A key of thirty days becomes a key of thirty days; it never ends later than it would have."""
    old = create_key(home, "acme", "auditor", expires_ms=now_ms() + 30 * DAY_MS)
    made = rotate_key(home, "acme", name_of(old), 90 * DAY_MS)
    listed = {key["name"]: key for key in list_keys(home, "acme")}
    assert listed[name_of(old)]["expires"] == made["old_works_until"]
    assert listed[made["name"]]["expires"] >= listed[name_of(old)]["expires"]
    assert listed[made["name"]]["expires"][:10] <= listed[name_of(old)]["expires"][:10]


def test_a_key_is_rotated_once(home: Home) -> None:
    """A second new one in its place would live as short as the overlap; it has its own instead."""
    old = create_key(home, "acme", "auditor", expires_ms=now_ms() + 30 * DAY_MS)
    made = rotate_key(home, "acme", name_of(old), HOUR_MS)
    with pytest.raises(Conflict, match="rotate the new one"):
        rotate_key(home, "acme", name_of(old), HOUR_MS)
    last = rotate_key(home, "acme", made["name"], HOUR_MS)
    month = shown_time(now_ms() + 30 * DAY_MS)
    for answer in (made, last):
        assert shown_time(now_ms() + 30 * DAY_MS - HOUR_MS) < answer["expires"] <= month
    assert len(list_keys(home, "acme")) == 3


def test_who_makes_a_key_is_told_when_it_ends(home: Home) -> None:
    """The answer says the same as the list, for a key of some days and for one of ever."""
    for life_ms in (5 * DAY_MS, None):
        made = act(home, "create", "acme", "auditor", None, life_ms=life_ms)
        listed = {key["name"]: key["expires"] for key in list_keys(home, "acme")}
        assert made["expires"] == listed[made["name"]]
        assert (made["expires"] is None) == (life_ms is None)


def test_a_revoked_key_is_listed_and_opens_nothing(home: Home) -> None:
    """It can neither be used, nor rotated, nor revoked again."""
    key = create_key(home, "acme", "admin")
    keys = opened(home)
    assert keys.check(key) is not None
    assert revoke_key(home, "acme", name_of(key)) == "admin"
    keys.refresh()
    assert keys.check(key) is None
    keys.close()
    assert [key["status"] for key in list_keys(home, "acme")] == ["revoked"]
    for again in (revoke_key, rotate_key):
        with pytest.raises(NotFound):
            again(home, "acme", name_of(key))


def test_a_key_is_named_in_its_own_program_only(home: Home) -> None:
    """Nobody revokes another program's key, nor several by one name, nor by none."""
    first, second = (create_key(home, "acme", "admin") for _ in range(2))
    for program, prefix in (("globex", name_of(first)), ("acme", ""), ("acme", "zz")):
        with pytest.raises(NotFound):
            revoke_key(home, program, prefix)
    keys = opened(home)
    assert keys.check(first) is not None
    assert keys.check(second) is not None
    keys.close()


def test_the_key_itself_is_nowhere_in_the_store(home: Home) -> None:
    """Its hash is; what is listed holds neither."""
    made = act(home, "create", "acme", "manager", None)
    with home.database.reading() as store:
        text = str(store.rows("SELECT * FROM keys"))
    assert made["key"] not in text
    assert hash_of(made["key"]) in text
    listed = str(act(home, "list", "acme", "", None))
    assert made["name"] in listed
    assert hash_of(made["key"]) not in listed


def test_the_day_of_use_is_written_once_a_day(home: Home) -> None:
    """Hundreds of requests of a day are one commit, and the next day is another one."""
    key = create_key(home, "acme", "admin")
    clock = Clock()
    keys = opened(home, clock=clock)
    keys.check("jaga_nobody")
    keys.close()
    assert list_keys(home, "acme")[0]["last_used"] is None
    with closing(sqlite3.connect(home.path / "journal.sqlite")) as watching:
        seen = []
        for _ in range(2):
            for _ in range(200):
                assert keys.check(key) is not None
            for _ in range(3):
                keys.refresh()
                keys.save_use()
                seen.append(watching.execute("PRAGMA data_version").fetchone()[0])
            clock.ms += DAY_MS
    assert len(set(seen)) == 2, seen
    assert list_keys(home, "acme")[0]["last_used"] == shown_time(clock.ms - DAY_MS)[:10]


def test_a_key_that_was_just_made_works_at_once(home: Home) -> None:
    """It is looked for in the store once, and from then on it is in the table."""
    keys = opened(home)
    assert sought(keys, "jaga_unknown") is None
    key = create_key(home, "globex", "auditor")
    assert keys.check(key) is None
    assert sought(keys, key) == Caller("globex", "auditor", name_of(key))
    assert keys.check(key) is not None
    keys.close()


def test_a_guesser_does_not_reach_the_store_each_time(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that nobody has are looked for so often and no oftener, and known ones go on working."""
    key = create_key(home, "acme", "admin")
    keys = opened(home)
    assert keys.check(key) is not None
    asked = []
    reading = home.database.reading
    monkeypatch.setattr(home.database, "reading", lambda: asked.append(1) or reading())
    for guess in range(500):
        assert sought(keys, f"jaga_{guess}") is None
    assert 0 < len(asked) < 100
    assert sought(keys, "jaga_" + "x" * 10_000) is None
    assert sought(keys, "no key of ours") is None
    assert keys.check(key) is not None
    keys.close()


def test_known_keys_work_while_the_store_is_away(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can revoke a key then; an unknown one is told to come again, and nothing waits."""
    key = create_key(home, "acme", "admin")
    keys = opened(home)
    assert keys.check(key) is not None

    def away() -> None:
        raise Unavailable("the database", "no answer", "start it")

    monkeypatch.setattr(home.database, "reading", away)
    monkeypatch.setattr(keyring, "STALE_S", -1.0)
    assert keys.check(key) is not None
    with pytest.raises(Unavailable):
        sought(keys, "jaga_unknown")
    fresh = Keys(home.database)
    with pytest.raises(Unavailable):
        fresh.open()
    with pytest.raises(Unavailable):
        sought(fresh, key)
    keys.close()


def test_a_store_that_stands_still_holds_up_nobody_but_who_asks_for_a_new_key(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop goes on meanwhile, and he is told to come again: his key may be a good one."""
    keys = opened(home)
    frozen, reading = threading.Event(), home.database.reading

    def standing() -> object:
        assert frozen.wait(60)
        return reading()

    monkeypatch.setattr(home.database, "reading", standing)
    monkeypatch.setattr(keyring, "SEEK_S", 0.05)
    key = create_key(Home(home.path), "acme", "admin")

    async def beside() -> int:
        asking = asyncio.create_task(keys.seek(key))
        steps = 0
        while not asking.done():
            steps += 1
            await asyncio.sleep(0.005)
        with pytest.raises(Unavailable, match="no answer in time"):
            asking.result()
        return steps

    assert asyncio.run(beside()) > 1
    frozen.set()
    monkeypatch.setattr(keyring, "SEEK_S", 60.0)
    assert sought(keys, key) is not None
    keys.close()


def test_the_table_is_read_by_itself(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revoked key stops working without anybody asking for it."""
    monkeypatch.setattr(keyring, "TRUST_S", 0.01)
    key = create_key(home, "acme", "admin")
    keys = opened(home)
    assert keys.check(key) is not None
    revoke_key(home, "acme", name_of(key))
    deadline = time.monotonic() + 30
    while keys.check(key) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    keys.close()


def test_the_rate_of_a_key_is_its_own_or_the_setting_s(home: Home) -> None:
    """A key saves up two seconds of requests; another key is not slowed down by it."""
    slow, plain = create_key(home, "acme", "admin", rate=1), create_key(home, "acme", "admin")
    keys = opened(home, rate=3)
    taken = dict.fromkeys((slow, plain), 0)
    for key in taken:
        caller = keys.check(key)
        assert caller is not None
        assert caller.allowance is not None
        while caller.allowance.take():
            taken[key] += 1
            assert taken[key] < 100
        keys.refresh()
        again = keys.check(key)
        assert again is not None
        assert again.allowance is caller.allowance
    assert (taken[slow], taken[plain]) == (2, 6)
    keys.close()
    free = opened(home)
    assert free.check(plain) == Caller("acme", "admin", name_of(plain))
    assert free.check(plain).allowance is None  # type: ignore[union-attr]
    free.close()
