"""The outbox of one program inside a transaction: what waits, and what was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from serving.outbox.message import Message
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Sequence

_STORED: Final = ("message_id", "kind", "ref", "member_id", "body", "created_ms", "expires_ms",
                  "tries", "number")
_COLUMNS: Final = ", ".join(_STORED)
_FIRST_OF_MEMBER: Final = (
    "(o.member_id = 0 OR NOT EXISTS (SELECT 1 FROM outbox e WHERE e.program = o.program "
    "AND e.member_id = o.member_id AND e.dead = 0 AND e.number < o.number))")
"""A member's message waits until the one before it is done or dead."""


class Dead(NamedTuple):
    """A message that was given up: how often it was tried, the last answer, when it was written."""

    message_id: str
    kind: str
    ref: str
    tries: int
    code: str
    created_ms: int


class Outbox(WithinProgram):
    """Reads and writes the messages of one program."""

    def add(self, messages: Sequence[Message]) -> None:
        """Write messages, to be sent at once; one whose id is there already changes nothing."""
        self._store.many(
            "INSERT INTO outbox (program, message_id, kind, ref, member_id, body, created_ms, "
            "expires_ms, next_ms, tries, dead, code) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, '') "
            "ON CONFLICT (program, message_id) DO NOTHING",
            [(self._program, one.message_id, one.kind, one.ref, one.member, one.body,
              one.created_ms, one.expires_ms, one.created_ms) for one in messages])

    def due(self, now_ms: int, limit: int) -> list[Message]:
        """List messages to be handed over now, the longest due first, one a member at the most."""
        return self._due("", now_ms, limit)

    def urgent(self, now_ms: int, limit: int) -> list[Message]:
        """List what `due` lists, what became of points before what is only offered."""
        first = self._due("AND o.member_id < 0", now_ms, limit)
        return first + self._due("AND o.member_id >= 0", now_ms, limit - len(first))

    def probe(self, now_ms: int) -> list[Message]:
        """Find one message to ask with whether a receiver is back, best one that never failed.

        So that a message at which the receiver chokes is not all that it is ever asked.
        """
        return self._due("AND o.code = ''", now_ms, 1) or self.due(now_ms, 1)

    def _due(self, which: str, now_ms: int, limit: int) -> list[Message]:
        columns = ", ".join(f"o.{name}" for name in _STORED)
        return [Message(*row) for row in self._store.rows(
            f"SELECT {columns} FROM outbox o WHERE o.program = ? AND o.dead = 0 {which} "
            f"AND o.next_ms <= ? AND {_FIRST_OF_MEMBER} ORDER BY o.next_ms, o.number LIMIT ?",
            (self._program, now_ms, limit))] if limit else []

    def waiting(self) -> list[Message]:
        """List every message that is not dead, in the order in which they were written."""
        return [Message(*row) for row in self._store.rows(
            f"SELECT {_COLUMNS} FROM outbox WHERE program = ? AND dead = 0 ORDER BY number",
            (self._program,))]

    def taken_until(self, message_ids: Sequence[str]) -> dict[str, int]:
        """Find until when each message is taken or waits; one that is done or dead is not in it."""
        marks = ", ".join("?" * len(message_ids))
        return {name: int(until) for name, until in self._store.rows(
            "SELECT message_id, next_ms FROM outbox WHERE program = ? AND dead = 0 "
            f"AND message_id IN ({marks})", (self._program, *message_ids))} if message_ids else {}

    def put_off(self, message_ids: Sequence[str], until_ms: int) -> None:
        """Let messages wait until a moment; nobody else takes them before."""
        self._store.many("UPDATE outbox SET next_ms = ? WHERE program = ? AND message_id = ?",
                         [(until_ms, self._program, name) for name in message_ids])

    def remove(self, message: Message) -> None:
        """Take out a message that is done, and its like of the same event given up before it.

        The newest status of an event is all that counts: an older one must not follow it.
        """
        self._store.run("DELETE FROM outbox WHERE program = ? AND message_id = ?",
                        (self._program, message.message_id))
        if message.member < 0:
            self._store.run(
                "DELETE FROM outbox WHERE program = ? AND member_id = ? AND number < ? "
                "AND kind = ?", (self._program, message.member, message.number, message.kind))

    def failed(self, message_id: str, tries: int, code: str, next_ms: int | None) -> None:
        """Note a try in vain and when the next one is; None: it is given up."""
        self._store.run(
            "UPDATE outbox SET tries = ?, code = ?, dead = ?, next_ms = ? WHERE program = ? "
            "AND message_id = ?",
            (tries, code, int(next_ms is None), next_ms or 0, self._program, message_id))

    def drop(self, kind: str) -> None:
        """Take out every message of a kind, the dead too."""
        self._store.run("DELETE FROM outbox WHERE program = ? AND kind = ?",
                        (self._program, kind))

    def has_late(self, now_ms: int) -> bool:
        """Whether the time of a message that waits is over."""
        return bool(self._store.rows(
            "SELECT 1 FROM outbox WHERE program = ? AND dead = 0 AND expires_ms <= ? LIMIT 1",
            (self._program, now_ms)))

    def remove_late(self, now_ms: int) -> None:
        """Take out the messages whose time is over."""
        self._store.run("DELETE FROM outbox WHERE program = ? AND dead = 0 AND expires_ms <= ?",
                        (self._program, now_ms))

    def counts(self) -> tuple[int, int]:
        """Count the messages that wait, and the dead."""
        rows: dict[Any, Any] = dict(self._store.rows(
            "SELECT dead, COUNT(*) FROM outbox WHERE program = ? GROUP BY dead",
            (self._program,)))
        return int(rows.get(0, 0)), int(rows.get(1, 0))

    def dead(self) -> list[Dead]:
        """List the messages that were given up, the oldest first."""
        return [Dead(*row) for row in self._store.rows(
            "SELECT message_id, kind, ref, tries, code, created_ms FROM outbox "
            "WHERE program = ? AND dead = 1 ORDER BY number", (self._program,))]

    def wake(self, now_ms: int) -> int:
        """Give every dead message its tries again; how many there were."""
        dead = self.counts()[1]
        self._store.run("UPDATE outbox SET dead = 0, tries = 0, next_ms = ? "
                        "WHERE program = ? AND dead = 1", (now_ms, self._program))
        return dead
