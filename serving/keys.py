"""API keys: random, shown once, stored hashed, bound to a program and a role."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadInput, NotFound
from features.exports.program import Program
from models.sandbox import SANDBOX
from serving.roles import ROLES

if TYPE_CHECKING:
    from features.store.database import Database, Store
    from features.store.home import Home

MARK: Final = "jaga_"
SECRET_BYTES: Final = 32
SHOWN: Final = 12
"""Characters of the hash that name a key to people; the key itself is never stored."""
TRUST_S: Final = 5.0
"""A key that was looked up is trusted so long; a revoked one works no longer than that."""
MOST_TRUSTED: Final = 10_000


@dataclass(frozen=True)
class Caller:
    """Who asks: a program, and the role of his key."""

    program_id: str
    role: str


def hash_of(key: str) -> str:
    """Hash a key; it is random enough that no salt is needed.

    >>> hash_of("jaga_x")[:8]
    '11a6a4ac'
    """
    return hashlib.sha256(key.encode()).hexdigest()


def create_key(home: Home, program_id: str, role: str, expires_ms: int | None = None) -> str:
    """Make a key of a program and store its hash; the key itself is returned once.

    Raises
    ------
    BadInput
        A role that does not exist.
    NotFound
        A program that is not in this home.
    """
    if role not in ROLES:
        raise BadInput(f"a role of {', '.join(ROLES)}", repr(role), "name one of them")
    key = MARK + secrets.token_urlsafe(SECRET_BYTES)
    now_ms = time.time_ns() // 1_000_000
    with home.database.writing() as store:
        number = _program(store, program_id)
        store.run("INSERT INTO keys (key_hash, program, role, created_ms, expires_ms) "
                  "VALUES (?, ?, ?, ?, ?)", (hash_of(key), number, role, now_ms, expires_ms))
    return key


def revoke_key(home: Home, program_id: str, prefix: str) -> str:
    """Drop the key whose name starts so, and return its role.

    Raises
    ------
    NotFound
        No such key, or several.
    """
    with home.database.writing() as store:
        number = _program(store, program_id)
        found = [row for row in store.rows(
            "SELECT key_hash, role FROM keys WHERE program = ?", (number,))
            if prefix and row[0].startswith(prefix)]
        if len(found) != 1:
            raise NotFound("the first characters of one key's name", f"{len(found)} keys",
                           "give more of the name that jaga key create printed")
        store.run("DELETE FROM keys WHERE key_hash = ?", (found[0][0],))
    return str(found[0][1])


def act(home: Home, action: str, program_id: str | None, role: str, prefix: str | None
        ) -> dict[str, Any]:
    """Create, rotate or revoke a key, as ``jaga key`` does.

    The first key of the sandbox makes that program too: it needs no export.
    """
    if action == "create" and program_id == SANDBOX and SANDBOX not in home.programs():
        home.create(Program(program_id=SANDBOX, name="Sandbox", enforcement="full"))
    program_id = home.journal(program_id).program.program_id
    result: dict[str, Any] = {"program_id": program_id}
    if action in ("rotate", "revoke"):
        role = revoke_key(home, program_id, prefix or "")
        result["revoked"] = prefix
    if action in ("create", "rotate"):
        key = create_key(home, program_id, role)
        result |= {"key": key, "name": hash_of(key)[:SHOWN], "role": role,
                   "next": "keep the key now, it is not shown again"}
    return result


class Keys:
    """Looks keys up, and remembers for a moment what it found.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._trusted: dict[str, tuple[float, Caller | None]] = {}

    def check(self, key: str) -> Caller | None:
        """Say whose key it is; None where it is unknown or has expired."""
        now = time.monotonic()
        found = self._trusted.get(key)
        if found is not None and now < found[0]:
            return found[1]
        caller = self._look_up(key)
        if len(self._trusted) >= MOST_TRUSTED:
            self._trusted.clear()
        self._trusted[key] = (now + TRUST_S, caller)
        return caller

    def _look_up(self, key: str) -> Caller | None:
        with self._database.reading() as store:
            rows = store.rows(
                "SELECT programs.program_id, keys.role, keys.expires_ms FROM keys "
                "JOIN programs ON programs.program = keys.program WHERE keys.key_hash = ?",
                (hash_of(key),))
        if not rows or (rows[0][2] is not None and rows[0][2] <= time.time_ns() // 1_000_000):
            return None
        return Caller(str(rows[0][0]), str(rows[0][1]))


def _program(store: Store, program_id: str) -> int:
    rows = store.rows("SELECT program FROM programs WHERE program_id = ?", (program_id,))
    if not rows:
        raise NotFound(f"the program {program_id} in this home", "none of that id",
                       "jaga ingest DIR makes it")
    return int(rows[0][0])
