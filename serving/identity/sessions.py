"""Sessions: a random token in a cookie, its hash in the store, an end in any case."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from serving.identity.users import Person, Users

if TYPE_CHECKING:
    from features.store.database import Database

TOKEN_BYTES: Final = 32
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
LONGEST_TOKEN: Final = 100


class Sessions:
    """Opens, finds and ends the sessions of people.

    Parameters
    ----------
    database : Database
    idle_minutes, hours : int
        A session ends so long after its last page, and so long after it was opened.
    """

    def __init__(self, database: Database, idle_minutes: int, hours: int) -> None:
        self._database = database
        self._idle_ms = idle_minutes * MINUTE_MS
        self._life_ms = hours * HOUR_MS

    def open(self, user_id: int, at_ms: int, instead_of: str = "") -> str:
        """Open a session and return its token; the one before on the same browser ends."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._database.writing() as store:
            store.run("DELETE FROM sessions WHERE token_hash = ? OR created_ms < ? "
                      "OR seen_ms < ?", (_hash(instead_of), *self._bounds(at_ms)))
            store.run("INSERT INTO sessions (token_hash, user_id, created_ms, seen_ms) "
                      "VALUES (?, ?, ?, ?)", (_hash(token), user_id, at_ms, at_ms))
        return token

    def find(self, token: str, at_ms: int) -> Person | None:
        """Find who has a session; None where it has ended, or where he may not come in.

        That it was used is written once a minute at the most.
        """
        if not token or len(token) > LONGEST_TOKEN:
            return None
        with self._database.reading() as store:
            rows = store.rows("SELECT user_id, seen_ms FROM sessions WHERE token_hash = ? "
                              "AND created_ms >= ? AND seen_ms >= ?",
                              (_hash(token), *self._bounds(at_ms)))
            person = Users(store).numbered(int(rows[0][0])) if rows else None
        if person is None or person.is_disabled:
            return None
        if at_ms - rows[0][1] >= MINUTE_MS:
            with self._database.writing() as store:
                store.run("UPDATE sessions SET seen_ms = ? WHERE token_hash = ? AND seen_ms < ?",
                          (at_ms, _hash(token), at_ms))
        return person

    def end(self, token: str) -> None:
        """End a session; harmless where it has ended."""
        with self._database.writing() as store:
            store.run("DELETE FROM sessions WHERE token_hash = ?", (_hash(token),))

    def _bounds(self, at_ms: int) -> tuple[int, int]:
        return at_ms - self._life_ms, at_ms - self._idle_ms


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
