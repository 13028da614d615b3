"""Makes messages of what became of points: the feed of outcomes is read on, nothing is kept twice.

A decision is told of because it lies in the journal, written in one transaction with the act, and
not because whoever decided thought of a message. The mark up to which a program's webhook was
told moves in the transaction that writes the messages, so that each decision becomes one message
whoever dies in between. Few lie in the outbox at a time; the rest wait in the feed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from serving.archive import Archive
from serving.outbox.message import OUTCOME_CHANGED, message_of
from serving.outbox.outbox import Outbox
from serving.within import WithinProgram

if TYPE_CHECKING:
    from features.store.journal import Journal
    from serving.archive import Change
    from serving.outbox.message import Message

ROOM: Final = 500
"""Outcomes in the outbox at a time that can go and were not tried yet: some seconds of posts. One
that was refused, and what waits behind it, must not hold up the outcomes of all other events."""


class Relay(WithinProgram):
    """How far the webhook of one program was told, inside a transaction."""

    def is_on(self) -> bool:
        """Whether the program has a webhook, now or whenever its service runs again."""
        return self._told() is not None

    def begin(self, now_ms: int) -> None:
        """Tell of what is decided from now on; what has begun goes on where it was."""
        self._store.run(
            "INSERT INTO receivers (program, told_seq, since_ms) SELECT ?, "
            "COALESCE(MAX(seq), 0), ? FROM decisions WHERE program = ? "
            "ON CONFLICT (program) DO NOTHING", (self._program, now_ms, self._program))

    def go_back(self, seq: int) -> None:
        """Tell anew of every decision after a place in the feed, as far as it has begun."""
        self._store.run("UPDATE receivers SET told_seq = ? WHERE program = ?",
                        (seq, self._program))

    def end(self) -> None:
        """Forget the webhook: the program asks for outcomes and sends missions by itself."""
        self._store.run("DELETE FROM receivers WHERE program = ?", (self._program,))

    def behind(self) -> int:
        """Count the decisions that are no message yet; 0 without a webhook."""
        told = self._told()
        return 0 if told is None else int(self._store.rows(
            "SELECT COUNT(*) FROM decisions WHERE program = ? AND seq > ?",
            (self._program, told))[0][0])

    def is_due(self) -> bool:
        """Whether there is a decision to tell of, and room for it."""
        told = self._told()
        return told is not None and bool(self._after(told, 1)) and self._room() > 0

    def put(self, program_id: str, now_ms: int) -> int:
        """Write messages of what was decided since, as many as there is room for; how many."""
        told = self._told()
        changes = [] if told is None else self._after(told, self._room())
        if changes:
            names = Archive(self._store, self._program).names(
                "event", [change.event for change in changes])
            Outbox(self._store, self._program).add([
                _message(program_id, change, names.get(change.event, ""), now_ms)
                for change in changes])
            self.go_back(changes[-1].seq)
        return len(changes)

    def _told(self) -> int | None:
        rows = self._store.rows("SELECT told_seq FROM receivers WHERE program = ?",
                                (self._program,))
        return int(rows[0][0]) if rows else None

    def _after(self, seq: int, limit: int) -> list[Change]:
        return Archive(self._store, self._program).changes(seq, limit) if limit > 0 else []

    def _room(self) -> int:
        rows = self._store.rows(
            "SELECT COUNT(*) FROM (SELECT 1 FROM outbox o WHERE o.program = ? AND o.member_id < 0 "
            "AND o.dead = 0 AND o.code = '' AND NOT EXISTS (SELECT 1 FROM outbox e "
            "WHERE e.program = o.program AND e.member_id = o.member_id AND e.dead = 0 "
            "AND e.number < o.number AND e.code <> '') LIMIT ?) AS waiting",
            (self._program, ROOM))
        return ROOM - int(rows[0][0])


def _message(program_id: str, change: Change, event_id: str, now_ms: int) -> Message:
    """Write the message of a change, the same bytes whenever it is written."""
    data: dict[str, Any] = {"program_id": program_id, **change.to_json(event_id)}
    made = message_of(program_id, OUTCOME_CHANGED, event_id, -change.event, data, change.at_ms,
                      fact=str(change.seq))
    return replace(made, created_ms=now_ms)


def begin_relay(journal: Journal, now_ms: int) -> None:
    """Note that a program has a webhook, before anything else is decided; once."""
    with journal.database.reading() as store:
        if Relay(store, journal.key).is_on():
            return
    with journal.database.writing() as store:
        store.take_turn(journal.key)
        Relay(store, journal.key).begin(now_ms)
