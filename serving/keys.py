"""API keys: random, shown once, stored hashed, bound to a program and a role."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput, Conflict, NotFound
from features.exports.program import Program
from features.store.chain import Chain, operator
from models.sandbox import SANDBOX
from serving.roles import ROLES

if TYPE_CHECKING:
    from features.store.home import Home
    from features.store.store import Store
    from serving.identity.bucket import Bucket

MARK: Final = "jaga_"
SECRET_BYTES: Final = 32
LONGEST: Final = 100
"""Characters of a key at the most; what is longer is none of ours and is not looked up."""
SHOWN: Final = 12
"""Characters of the hash that name a key to people; the key itself is never stored."""
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
OVERLAP_MS: Final = DAY_MS
"""How long a key goes on working after it was rotated: long enough to carry the new one to every
system that uses the old one, short enough that a leaked one ends soon."""


@dataclass(frozen=True)
class Caller:
    """Who asks: a program, the role of his key, its name, and how often it may ask."""

    program_id: str
    role: str
    name: str = ""
    allowance: Bucket | None = field(default=None, compare=False, repr=False)


def hash_of(key: str) -> str:
    """Hash a key; it is random enough that no salt is needed.

    >>> hash_of("jaga_x")[:8]
    '11a6a4ac'
    """
    return hashlib.sha256(key.encode()).hexdigest()


def now_ms() -> int:
    """Tell the server's clock in milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def create_key(home: Home, program_id: str, role: str, expires_ms: int | None = None,
               rate: int | None = None) -> str:
    """Make a key of a program and store its hash; the key itself is returned once.

    Parameters
    ----------
    home : Home
    program_id, role : str
    expires_ms : int or None
        When it stops working, milliseconds since 1970 UTC; None: never.
    rate : int or None
        Requests a second at the most; None: what the service's setting says.

    Raises
    ------
    BadInput
        A role that does not exist.
    NotFound
        A program that is not in this home.
    """
    if role not in ROLES:
        raise BadInput(f"a role of {', '.join(ROLES)}", repr(role), "name one of them")
    with home.database.writing() as store:
        return _insert(store, _program(store, program_id), role, expires_ms, rate)


def revoke_key(home: Home, program_id: str, prefix: str) -> str:
    """End the key whose name starts so, at once, and return its role.

    Raises
    ------
    NotFound
        No such key, or several.
    """
    now = now_ms()
    with home.database.writing() as store:
        number = _program(store, program_id)
        found = _find(store, number, prefix)
        Chain(store, number).add("key_revoked", operator(), now, {},
                                 {"key": found.key_hash[:SHOWN]})
        # an older version of Jaga beside this one knows expires_ms alone
        store.run("UPDATE keys SET revoked_ms = ?, expires_ms = ? WHERE key_hash = ?",
                  (now, min(now, found.expires_ms or now), found.key_hash))
    return found.role


def rotate_key(home: Home, program_id: str, prefix: str, overlap_ms: int = OVERLAP_MS
               ) -> dict[str, Any]:
    """Make a new key in place of one, which goes on working for a while.

    The new one has the role and the rate of the old one, and as long a life. A key is rotated
    once: how long it was meant to live is not known of one that ends with its overlap.

    Parameters
    ----------
    home : Home
    program_id : str
    prefix : str
        First characters of the old key's name.
    overlap_ms : int
        How long the old one works on.

    Raises
    ------
    NotFound
        No such key, or several, or one that works no more.
    Conflict
        One that was rotated already.
    """
    now = now_ms()
    with home.database.writing() as store:
        number = _program(store, program_id)
        old = _find(store, number, prefix)
        life = None if old.expires_ms is None else old.expires_ms - old.created_ms
        ends = min(now + overlap_ms, old.expires_ms or now + overlap_ms)
        if old.is_over(now):
            raise NotFound("a key that works", "one that was revoked or has expired",
                           "make a new one with jaga key create")
        if old.rotated_ms is not None:
            raise Conflict("a key that was not rotated yet", "one that has a new one in its place",
                           "rotate the new one, or make another with jaga key create")
        store.run("UPDATE keys SET expires_ms = ?, rotated_ms = ? WHERE key_hash = ?",
                  (ends, now, old.key_hash))
        Chain(store, number).add("key_rotated", operator(), now, {},
                                 {"key": old.key_hash[:SHOWN], "until_ms": ends})
        expires_ms = None if life is None else now + life
        key = _insert(store, number, old.role, expires_ms, old.rate)
    return {"key": key, "name": hash_of(key)[:SHOWN], "role": old.role,
            "expires": _shown_end(expires_ms), "replaces": old.key_hash[:SHOWN],
            "old_works_until": shown_time(ends)}


def list_keys(home: Home, program_id: str) -> list[dict[str, Any]]:
    """List the keys of a program, the newest first: names, never the keys.

    ``last_used`` is a day in UTC, written at most once a day and not at once.
    """
    now = now_ms()
    with home.database.reading() as store:
        found = _stored(store, _program(store, program_id))
    return [{
        "name": key.key_hash[:SHOWN], "role": key.role, "status": key.status(now),
        "created": shown_time(key.created_ms),
        "expires": _shown_end(key.expires_ms),
        "last_used": shown_time(key.used_day * DAY_MS)[:10] if key.used_day is not None else None,
        "rate": key.rate,
    } for key in sorted(found, key=lambda key: (-key.created_ms, key.key_hash))]


def shown_time(ms: int) -> str:
    """Write a moment the way a command shows it.

    >>> shown_time(1_751_328_000_000)
    '2025-07-01T00:00:00Z'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))


def _shown_end(ms: int | None) -> str | None:
    return None if ms is None else shown_time(ms)


def act(home: Home, action: str, program_id: str | None, role: str, prefix: str | None, *,
        life_ms: int | None = None, rate: int | None = None, overlap_ms: int = OVERLAP_MS
        ) -> dict[str, Any]:
    """Create, rotate, revoke or list keys, as ``jaga key`` does.

    The first key of the sandbox makes that program too: it needs no export.
    """
    if action == "create" and program_id == SANDBOX and SANDBOX not in home.programs():
        home.create(Program(program_id=SANDBOX, name="Sandbox", enforcement="full"))
    program_id = home.journal(program_id).program.program_id
    result: dict[str, Any] = {"program_id": program_id}
    if action == "list":
        return result | {"keys": {key.pop("name"): key for key in list_keys(home, program_id)}}
    if action == "revoke":
        return result | {"role": revoke_key(home, program_id, prefix or ""), "revoked": prefix}
    if action == "rotate":
        result |= rotate_key(home, program_id, prefix or "", overlap_ms)
    else:
        expires_ms = life_ms and now_ms() + life_ms
        key = create_key(home, program_id, role, expires_ms, rate)
        result |= {"key": key, "name": hash_of(key)[:SHOWN], "role": role,
                   "expires": _shown_end(expires_ms)}
    return result | {"next": "keep the key now, it is not shown again"}


@dataclass(frozen=True)
class StoredKey:
    """A key as the store has it."""

    key_hash: str
    role: str
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None
    used_day: int | None
    rate: int | None
    rotated_ms: int | None

    def is_over(self, now: int) -> bool:
        """Whether it works no more."""
        return self.expires_ms is not None and self.expires_ms <= now

    def status(self, now: int) -> str:
        """Say in a word whether it works."""
        if self.revoked_ms is not None:
            return "revoked"
        return "expired" if self.is_over(now) else "works"


def _stored(store: Store, program: int) -> list[StoredKey]:
    return [StoredKey(*row) for row in store.rows(
        "SELECT key_hash, role, created_ms, expires_ms, revoked_ms, used_day, rate, rotated_ms "
        "FROM keys WHERE program = ?", (program,))]


def _find(store: Store, program: int, prefix: str) -> StoredKey:
    found = [key for key in _stored(store, program)
             if prefix and key.revoked_ms is None and key.key_hash.startswith(prefix)]
    if len(found) != 1:
        raise NotFound("the first characters of one key's name", f"{len(found)} keys",
                       "give more of the name that jaga key list shows")
    return found[0]


def _insert(store: Store, program: int, role: str, expires_ms: int | None, rate: int | None) -> str:
    key = MARK + secrets.token_urlsafe(SECRET_BYTES)
    store.run("INSERT INTO keys (key_hash, program, role, created_ms, expires_ms, rate) "
              "VALUES (?, ?, ?, ?, ?, ?)",
              (hash_of(key), program, role, now_ms(), expires_ms, rate))
    Chain(store, program).add("key_created", operator(), now_ms(), {},
                              {"key": hash_of(key)[:SHOWN], "role": role})
    return key


def _program(store: Store, program_id: str) -> int:
    rows = store.rows("SELECT program FROM programs WHERE program_id = ?", (program_id,))
    if not rows:
        raise NotFound(f"the program {program_id} in this home", "none of that id",
                       "jaga ingest DIR makes it")
    return int(rows[0][0])
