"""The keys that work, in memory: asking for one costs a look into a table and no read."""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.errors import JagaError
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

    The table is read in a thread of its own, so that no request waits for the store. While the
    store can't be read, the keys that were known go on working: nobody could have revoked one.

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
        self._first = threading.Lock()

    def check(self, key: str) -> Caller | None:
        """Say whose key it is; None where it is unknown, was revoked or has expired.

        Raises
        ------
        Unavailable
            Where the store could not be read even once.
        """
        if self._known is None:
            self._start()
        if not key.startswith(MARK) or len(key) > LONGEST:
            return None
        known = self._table.get(hash_of(key)) or self._look_up(hash_of(key))
        if known is None:
            return None
        now = self._clock()
        if known.expires_ms is not None and known.expires_ms <= now:
            return None
        if known.used_day != now // DAY_MS:
            known.used_day = now // DAY_MS
            self._unsaved.add((known.used_day, hash_of(key)))
        return known.caller

    def refresh(self) -> None:
        """Read the table anew."""
        with self._database.reading() as store:
            rows = store.rows(_SELECT, (self._clock(),))
        self._known = {str(row[0]): self._made(*row) for row in rows}
        self._read_s = time.monotonic()

    def close(self) -> None:
        """Stop reading."""
        self._ending.set()

    @property
    def _table(self) -> dict[str, _Known]:
        return self._known or {}

    def _start(self) -> None:
        with self._first:
            if self._known is None:
                self.refresh()
                threading.Thread(target=self._keep_fresh, name="keys", daemon=True).start()

    def _keep_fresh(self) -> None:
        while not self._ending.wait(TRUST_S):
            self._try(self.refresh)
            self._try(self.save_use)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except JagaError as error:
            log.warning("the store of the keys: %s; those known work on", error.code)
        except Exception as error:  # noqa: BLE001 - its text may hold what is secret
            log.warning("the store of the keys: %s", type(error).__name__)

    def _look_up(self, key_hash: str) -> _Known | None:
        """Look for a key that was made since the last reading."""
        if time.monotonic() - self._read_s > STALE_S or not self._unknown.take():
            return None
        with self._database.reading() as store:
            rows = store.rows(f"{_SELECT} AND keys.key_hash = ?", (self._clock(), key_hash))
        if not rows:
            return None
        self._unknown.give_back()
        known = self._made(*rows[0])
        self._table[key_hash] = known
        return known

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
