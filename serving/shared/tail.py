"""The newest transactions of a program in a Redis stream, from which replicas take them over.

The stream's ids are the numbers of the heads. A script appends an entry only where it goes on
from the last one; it refuses a step back and starts anew after a gap, so that every entry
continues the one before it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from features.errors import BadConfig, Conflict
from features.records import COLUMNS
from serving.shared.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.head import Head

log = logging.getLogger("jaga.shared")
T = TypeVar("T")
LENGTH: Final = 4_096
"""Transactions kept; who is further behind reads the journal."""
MOST_RECORDS: Final = 2_000
"""Records in an entry at the most: an ingest is read from the journal, one page a table."""
PAGE: Final = 512
"""Entries in one answer."""
TIMEOUT_S: Final = 0.25
PATIENCE_S: Final = 0.005
"""How long a replica whose turn it is waits for the entry of the one before: it is sent right
after the commit that ended the turn."""
POLL_S: Final = 0.0002
REST_S: Final = 1.0
"""How long a Redis that failed is left alone."""
UNUSED_S: Final = 7 * 86_400
"""A tail that nobody moved for so long is dropped by Redis."""
PUSH: Final = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if #last > 0 then
  if tonumber(string.match(last[1][1], '^%d+')) >= tonumber(ARGV[1]) then return 0 end
  if last[1][2][2] ~= ARGV[2] then redis.call('DEL', KEYS[1]) end
end
redis.call('XADD', KEYS[1], 'MINID', ARGV[5], ARGV[1] .. '-0', 'mark', ARGV[3], 'entry', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[6])
return 1
"""
"""Number, mark before, mark, entry, first number to keep, seconds to live."""


class Tail(Protocol):
    """Where replicas leave each other their transactions."""

    def leading(self, before: Head, until: Head) -> list[Entry] | None:
        """Entries that lead from one head to another exactly; None where there are not all."""

    def push(self, entry: Entry) -> None:
        """Leave an entry for the others, or nothing where that can't be."""


class RedisTail:
    """The tail of one program in Redis or Valkey; it never raises, and never holds up for long.

    Parameters
    ----------
    client : Redis
        As `connect` makes it.
    program_id : str
        Whose tail.
    clock, sleep : callable
        Seconds that only go up, and a wait.
    """

    def __init__(
        self, client: redis.Redis, program_id: str,
        clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.key = f"jaga:{program_id}:{_layout()}:tail"
        self._client = client
        self._push = client.register_script(PUSH)
        self._clock = clock
        self._sleep = sleep
        self._rests_until = 0.0

    def leading(self, before: Head, until: Head) -> list[Entry] | None:
        """Entries that lead from one head to another exactly; None where there are not all.

        What contradicts the journal's head is of a past that was lost: it is dropped.
        """
        return self._tried(lambda: self._leading(before, until))

    def push(self, entry: Entry) -> None:
        """Leave an entry for the others; one with too many records is left to the journal."""
        if len(entry.records) <= MOST_RECORDS:
            self._tried(lambda: self._push(keys=[self.key], args=[
                entry.after.number, entry.before.mark, entry.after.mark, entry.pack(),
                max(entry.after.number - LENGTH, 0), UNUSED_S]))

    def _leading(self, before: Head, until: Head) -> list[Entry] | None:
        found: list[Entry] = []
        at, deadline = before, self._clock() + PATIENCE_S
        while at.number < until.number:
            page = self._page(at.number)
            if not page:
                if self._clock() > deadline:
                    return None
                self._sleep(POLL_S)
            for packed in page:
                entry = self._checked(packed, at, until)
                if entry is None:
                    return None
                found.append(entry)
                at = entry.after
                if at == until:
                    return found
        return None

    def _page(self, number: int) -> list[bytes]:
        answer: Any = self._client.xread({self.key: f"{number}-0"}, count=PAGE)
        return [fields[b"entry"] for _, fields in answer[0][1]] if answer else []

    def _checked(self, packed: bytes, at: Head, until: Head) -> Entry | None:
        """Read an entry; None where it does not continue a head on the way to another."""
        try:
            entry = Entry.unpack(packed)
        except Conflict:
            self._drop("a damaged entry")
            return None
        for ours, theirs in ((at, entry.before), (until, entry.after)):
            if ours.number == theirs.number and ours != theirs:
                self._drop("an entry of another past")
                return None
        follows = entry.before == at and entry.after.number <= until.number
        return entry if follows else None

    def _drop(self, why: str) -> None:
        log.warning("the shared tail is dropped, and made anew from the journal: %s", why)
        self._client.delete(self.key)

    def _tried(self, act: Callable[[], T]) -> T | None:
        """Act, unless Redis failed a moment ago; None where it fails."""
        if self._clock() < self._rests_until:
            return None
        try:
            found = act()
        except (redis.RedisError, OSError) as error:
            if not self._rests_until:
                log.warning("replicas read the journal, as Redis fails: %s", type(error).__name__)
            self._rests_until = self._clock() + REST_S
            return None
        if self._rests_until:
            log.info("Redis answers again")
            self._rests_until = 0.0
        return found


def connect(url: str) -> redis.Redis:
    """Make a client of a Redis or Valkey URL; nothing is sent yet.

    Raises
    ------
    BadConfig
        Where it is no such URL.

    Examples
    --------
    >>> connect("http://127.0.0.1")
    Traceback (most recent call last):
    features.errors.BadConfig: Wanted a redis:// URL in JAGA_REDIS_URL; came another one...
    """
    try:
        return redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 1), decode_responses=False)
    except ValueError:
        raise BadConfig("a redis:// URL in JAGA_REDIS_URL", "another one",
                        "write redis://HOST:PORT/NUMBER") from None


def _layout() -> str:
    """Short digest of the columns of a record: another version's entries are another tail."""
    return hashlib.blake2b(" ".join(COLUMNS).encode(), digest_size=4).hexdigest()
