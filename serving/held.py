"""Stored holds: which are due, which wait for a code, and how each is ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from models.decision import Ground
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUNDS: Final[tuple[str, ...]] = get_args(Ground)
"""Grounds of a decision in the order of their bits."""


def bits_of(grounds: Iterable[str]) -> int:
    """Write grounds as bits.

    >>> grounds_of(bits_of(("cap", "missing_fact")))
    ('missing_fact', 'cap')
    """
    return sum(1 << GROUNDS.index(ground) for ground in set(grounds))


def grounds_of(bits: int) -> tuple[str, ...]:
    """Read grounds from their bits."""
    return tuple(ground for index, ground in enumerate(GROUNDS) if bits >> index & 1)


class Due(NamedTuple):
    """A case whose hold has run out; ``keeps``: the points are not given then."""

    event: int
    keeps: bool


class Awaiting(NamedTuple):
    """An open case that waits for a code of which a row has come."""

    event: int
    code: int
    grounds: int


class Claim(NamedTuple):
    """An open case that waits for the code of a scan, and what the scan claimed."""

    event: int
    place: int
    code: int
    batch: int
    sku: int
    member: int


class Held(WithinProgram):
    """Reads and ends the holds of one program inside a transaction."""

    def due(self, now_ms: int, limit: int) -> list[Due]:
        """List cases whose end has passed, the longest past first.

        What a person decided and may undo for some seconds more is left to him. A decision that
        waits for a second person stops no clock: else one alone could keep what is not his to.
        """
        return [Due(int(event), bool(keeps)) for event, keeps in self._store.rows(
            "SELECT event_id, hold_then FROM cases c WHERE program = ? AND hold_until_ms <= ? "
            "AND NOT EXISTS (SELECT 1 FROM desk_action_events e JOIN desk_actions a "
            "ON a.program = e.program AND a.action = e.action AND a.status = 'due' "
            "AND a.act = 'decide' WHERE e.program = c.program AND e.event_id = c.event_id) "
            "ORDER BY hold_until_ms, event_id LIMIT ?", (self._program, now_ms, limit))]

    def arrived(self, place: int, limit: int) -> list[Awaiting]:
        """List cases of whose code a row became known by ``place`` and was not looked at yet.

        In the order of their events: of two that claim one code, the first has it.
        """
        return [Awaiting(*map(int, row)) for row in self._store.rows(
            "SELECT c.event_id, c.awaits, c.grounds FROM cases c WHERE c.program = ? "
            "AND c.awaits > 0 AND EXISTS (SELECT 1 FROM codes k WHERE k.program = c.program "
            "AND k.code_id = c.awaits AND k.place <= ? AND (k.seq > c.checked_seq "
            "OR k.place > c.checked_place)) ORDER BY c.place LIMIT ?",
            (self._program, place, limit))]

    def claims(self, after: int, grounds: int, limit: int) -> list[Claim]:
        """List scans after a place that wait for their code on exactly these grounds."""
        return [Claim(*(int(cell or 0) for cell in row)) for row in self._store.rows(
            "SELECT c.event_id, c.place, c.awaits, s.batch_id, s.sku, s.member_id FROM cases c "
            "JOIN scans s ON s.program = c.program AND s.event_id = c.event_id "
            "WHERE c.program = ? AND c.awaits > 0 AND c.grounds = ? AND c.place > ? "
            "ORDER BY c.place LIMIT ?", (self._program, grounds, after, limit))]

    def end(self, event: int, *, is_open: bool) -> None:
        """End a hold; whether the case still asks for a person."""
        self._store.run(
            "UPDATE cases SET is_open = ?, hold_until_ms = NULL, awaits = 0 WHERE program = ? "
            "AND event_id = ?", (int(is_open), self._program, event))

    def lift(self, event: int, grounds: int, keeps: bool) -> None:
        """Go on holding an event on the grounds that are left."""
        self._store.run(
            "UPDATE cases SET grounds = ?, hold_then = ?, awaits = 0 WHERE program = ? "
            "AND event_id = ?", (grounds, int(keeps), self._program, event))

    def looked_at(self, event: int, seq: int, place: int) -> None:
        """Remember what of its code an event was compared with, in vain."""
        self._store.run(
            "UPDATE cases SET checked_seq = ?, checked_place = ? WHERE program = ? "
            "AND event_id = ?", (seq, place, self._program, event))

    def only_waits_for_document(self, event: int) -> bool:
        """Whether a hold is on for a step up alone, which a document ends by the policy."""
        return bool(self._store.rows(
            "SELECT 1 FROM cases WHERE program = ? AND event_id = ? AND grounds = ? "
            "AND hold_until_ms IS NOT NULL", (self._program, event, bits_of(("step_up",)))))

    def is_appealed(self, event: int) -> bool:
        """Whether the partner disagreed and nobody has decided since."""
        return self._has("appeal", event)

    def has_evidence(self, event: int) -> bool:
        """Whether the partner showed something and nobody has decided since."""
        return self._has("evidence", event)

    def _has(self, kind: str, event: int) -> bool:
        return bool(self._store.rows(
            "SELECT 1 FROM replies WHERE program = ? AND event_id = ? AND kind = ? LIMIT 1",
            (self._program, event, kind)))
