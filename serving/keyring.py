"""The keys that work, in memory: asking for one costs a look into a table and no read."""

from __future__ import annotations

import asyncio
import logging
import math
import queue
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.errors import JagaError, Unavailable
from serving.identity.bucket import Bucket
from serving.keys import DAY_MS, LONGEST, MARK, SHOWN, Caller, hash_of, now_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.database import Database

log = logging.getLogger("jaga.keys")
TRUST_S: Final = 2.0
"""How often the table is read anew: a revoked key works no longer than that and one read."""
STALE_S: Final = 3 * TRUST_S
"""A table this old tells that the store does not answer: a request must not wait for it then."""
SEEK_S: Final = 0.3
"""How long a request waits for the store to be asked about a key that is not in the table: a look
takes a few milliseconds, and one that fails still ends within the second of every request."""
BURST_S: Final = 2.0
"""A key may save up the requests of so many seconds."""
UNKNOWN: Final = (20.0, 40.0)
"""Looks a second, and at once, into the store for keys that are not in the table. A key that was
just made needs one; a guesser who sends thousands gets no more."""
_SELECT: Final = (
    "SELECT keys.key_hash, programs.program_id, keys.role, keys.expires_ms, keys.used_day, "
    "keys.rate FROM keys JOIN programs ON programs.program = keys.program "
    "WHERE (keys.expires_ms IS NULL OR keys.expires_ms > ?)")


@dataclass(slots=True)
class _Known:
    caller: Caller
    expires_ms: int | None
    used_day: int


class Keys:
    """Says whose key it is.

    The store is read in a thread of its own, so that no request waits for it and no event loop
    stands still. While it can't be read, the keys that were known go on working: nobody could have
    revoked one.

    Parameters
    ----------
    database : Database
    rate : int or None
        Requests a second of each key that has no rate of its own; None: any number.
    clock : callable
        Milliseconds since 1970 UTC.
    """

    def __init__(self, database: Database, rate: int | None = None,
                 clock: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._rate = rate
        self._clock = clock
        self._known: dict[str, _Known] | None = None
        self._buckets: dict[str, tuple[int, Bucket]] = {}
        self._unsaved: set[tuple[int, str]] = set()
        self._unknown = Bucket(*UNKNOWN)
        self._read_s = -math.inf
        self._ending = threading.Event()
        self._sought: queue.SimpleQueue[tuple[str, Future[None]] | None] = queue.SimpleQueue()

    def open(self) -> None:
        """Read the table for the first time, and again and again from then on, beside the caller.

        Raises
        ------
        Unavailable
            Where the store can not be read; opening may be tried again.
        """
        if self._known is None:
            self.refresh()
            threading.Thread(target=self._keep_fresh, name="keys", daemon=True).start()

    def check(self, key: str) -> Caller | None:
        """Say whose key it is, by the table alone; None where it is not in it, or has expired."""
        if not _is_one(key):
            return None
        known = self._table.get(hash_of(key))
        if known is None:
            return None
        now = self._clock()
        if known.expires_ms is not None and known.expires_ms <= now:
            return None
        if known.used_day != now // DAY_MS:
            known.used_day = now // DAY_MS
            self._unsaved.add((known.used_day, hash_of(key)))
        return known.caller

    async def seek(self, key: str) -> Caller | None:
        """Look for a key that was made since the table was read; None where there is none.

        Raises
        ------
        Unavailable
            Where the store does not say so in time, or was not read yet.
        """
        if not _is_one(key):
            return None
        if time.monotonic() - self._read_s > STALE_S:
            raise _unanswered()
        if not self._unknown.take():
            return None
        found: Future[None] = Future()
        self._sought.put((hash_of(key), found))
        try:
            await asyncio.wait_for(asyncio.wrap_future(found), SEEK_S)
        except TimeoutError:
            raise _unanswered() from None
        return self.check(key)

    def refresh(self) -> None:
        """Read the table anew."""
        with self._database.reading() as store:
            rows = store.rows(_SELECT, (self._clock(),))
        self._known = {str(row[0]): self._made(*row) for row in rows}
        self._read_s = time.monotonic()

    def close(self) -> None:
        """Stop reading."""
        self._ending.set()
        self._sought.put(None)

    @property
    def _table(self) -> dict[str, _Known]:
        return {} if self._known is None else self._known

    def _keep_fresh(self) -> None:
        due_s = time.monotonic() + TRUST_S
        while not self._ending.is_set():
            if time.monotonic() >= due_s:
                self._try(self.refresh)
                self._try(self.save_use)
                due_s = time.monotonic() + TRUST_S
            with suppress(queue.Empty):
                sought = self._sought.get(timeout=max(0.0, due_s - time.monotonic()))
                if sought is not None:
                    self._answer(*sought)

    def _answer(self, key_hash: str, found: Future[None]) -> None:
        """Look for a key that somebody still waits for."""
        if not found.set_running_or_notify_cancel():
            return
        try:
            self._look_up(key_hash)
        except Exception as error:  # noqa: BLE001 - its text may hold what is secret
            log.warning("the store of the keys: %s", type(error).__name__)
            found.set_exception(_unanswered())
        else:
            found.set_result(None)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except JagaError as error:
            log.warning("the store of the keys: %s; those known work on", error.code)
        except Exception as error:  # noqa: BLE001 - its text may hold what is secret
            log.warning("the store of the keys: %s", type(error).__name__)

    def _look_up(self, key_hash: str) -> None:
        """Put a key that was made since the last reading into the table."""
        with self._database.reading() as store:
            rows = store.rows(f"{_SELECT} AND keys.key_hash = ?", (self._clock(), key_hash))
        if rows:
            self._unknown.give_back()
            self._table[key_hash] = self._made(*rows[0])

    def _made(self, key_hash: str, program_id: str, role: str, expires_ms: int | None,
              used_day: int | None, rate: int | None) -> _Known:
        before = self._table.get(key_hash)
        day = max(used_day or -1, before.used_day if before else -1)
        caller = Caller(str(program_id), str(role), key_hash[:SHOWN],
                        self._bucket(key_hash, rate or self._rate))
        return _Known(caller, expires_ms, day)

    def _bucket(self, key_hash: str, rate: int | None) -> Bucket | None:
        if rate is None:
            return None
        if self._buckets.get(key_hash, (None,))[0] != rate:
            self._buckets[key_hash] = (rate, Bucket(rate, max(1.0, rate * BURST_S)))
        return self._buckets[key_hash][1]

    def save_use(self) -> None:
        """Write which keys were used on a day that they were not known to be used on."""
        some = list(self._unsaved)
        if not some:
            return
        with self._database.writing() as store:
            store.many("UPDATE keys SET used_day = ? WHERE key_hash = ? "
                       "AND (used_day IS NULL OR used_day < ?)",
                       [(day, key_hash, day) for day, key_hash in some])
        self._unsaved.difference_update(some)


def _is_one(key: str) -> bool:
    """Whether a text may be a key of ours at all."""
    return key.startswith(MARK) and len(key) <= LONGEST


def _unanswered() -> Unavailable:
    return Unavailable("the store of the keys, for a key that is not known yet",
                       "no answer in time", "send the same again in a moment")
