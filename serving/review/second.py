"""The silent second review: of some decisions somebody else decides again, without knowing it.

How often two people agree on the same case says how far their labels can be trusted. Which cases
these are is drawn by a hash of the event's id, so that nobody chooses them; only what one person
decided alone is drawn. The second decision changes nothing, and whoever takes it is not told that
it is one: to him the case is open as it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from features.contract import OUTCOMES
from models.draws import draw
from serving.archive import FIRST_STATUS
from serving.roles import ACTS
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serving.archive import StoredEvent

SALT: Final = "second review"
ASKED: Final = 500


class Look(NamedTuple):
    """A second review that was given: who decided first and second, and what."""

    event: int
    first_by: str
    first_decision: str
    second_by: str
    second_decision: str


def is_drawn(program_id: str, event_id: str, share: float) -> bool:
    """Whether a decision on an event gets a second review.

    >>> is_drawn("acme", "s-1", 1.0), is_drawn("acme", "s-1", 0.0)
    (True, False)
    """
    return draw(SALT, program_id, event_id) < share


def as_it_was(event: StoredEvent) -> StoredEvent:
    """Show an event as it stood before anybody decided on it."""
    status = FIRST_STATUS[OUTCOMES[event.outcome]]
    first = {"held": event.points - event.points_held, "kept": 0}.get(status, event.points)
    return replace(event, status=status, points_final=first, changed_ms=event.recorded_ms, seq=0)


class Seconds(WithinProgram):
    """Reads and writes the second reviews of one program inside a transaction."""

    def begin(self, event: int, by: str, decision: str, now_ms: int) -> None:
        """Have an event reviewed again; once, whatever becomes of it later."""
        self._store.run(
            "INSERT INTO second_reviews (program, event_id, first_by, first_decision, drawn_ms) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (program, event_id) DO NOTHING",
            (self._program, event, by, decision, now_ms))

    def awaited(self, person: str, limit: int = 1000) -> list[int]:
        """List events that a person may review again, the longest drawn first.

        Those whose case an appeal opened again are cases like any other.
        """
        return [int(row[0]) for row in self._store.rows(
            "SELECT s.event_id FROM second_reviews s JOIN cases c ON c.program = s.program "
            "AND c.event_id = s.event_id AND c.is_open = 0 WHERE s.program = ? "
            "AND s.second_ms IS NULL AND s.first_by <> ? ORDER BY s.drawn_ms, s.event_id LIMIT ?",
            (self._program, person, limit))]

    def among(self, events: Sequence[int], person: str) -> frozenset[int]:
        """Find which of some events a person may review again."""
        found: set[int] = set()
        for start in range(0, len(events), ASKED):
            listed = ", ".join(str(int(event)) for event in events[start:start + ASKED])
            found |= {int(row[0]) for row in self._store.rows(
                "SELECT s.event_id FROM second_reviews s JOIN cases c ON c.program = s.program "
                "AND c.event_id = s.event_id AND c.is_open = 0 WHERE s.program = ? "
                f"AND s.second_ms IS NULL AND s.first_by <> ? AND s.event_id IN ({listed})",
                (self._program, person))}
        return frozenset(found)

    def firsts(self, events: Sequence[int], person: str) -> frozenset[tuple[int, str]]:
        """Find who decided first on those of some events that a person may review again.

        Who decides nothing, such as an auditor, reviews none.
        """
        if not self._decides(person):
            return frozenset()
        again = sorted(self.among(events, person))
        found: set[tuple[int, str]] = set()
        for start in range(0, len(again), ASKED):
            listed = ", ".join(map(str, again[start:start + ASKED]))
            found |= {(int(event), str(first)) for event, first in self._store.rows(
                "SELECT event_id, first_by FROM second_reviews WHERE program = ? "
                f"AND event_id IN ({listed})", (self._program,))}
        return frozenset(found)

    def give(self, event: int, by: str, decision: str, now_ms: int) -> None:
        """Store a second decision; the first one that comes counts."""
        self._store.run(
            "UPDATE second_reviews SET second_by = ?, second_decision = ?, second_ms = ? "
            "WHERE program = ? AND event_id = ? AND second_ms IS NULL",
            (by, decision, now_ms, self._program, event))

    def given(self, limit: int = 1000) -> list[Look]:
        """List second reviews that were given, the newest first."""
        return [Look(*row) for row in self._store.rows(
            "SELECT event_id, first_by, first_decision, second_by, second_decision "
            "FROM second_reviews WHERE program = ? AND second_ms IS NOT NULL "
            "ORDER BY second_ms DESC, event_id LIMIT ?", (self._program, limit))]

    def hidden_from(self, person: str, action_ids: Sequence[str]) -> frozenset[str]:
        """Find which acts a person must not be shown: the first of a case he may review again.

        Who decides nothing, such as an auditor, is shown all of them.
        """
        found: set[str] = set()
        if not self._decides(person):
            return frozenset()
        for start in range(0, len(action_ids), ASKED):
            some = action_ids[start:start + ASKED]
            found |= {str(row[0]) for row in self._store.rows(
                "SELECT DISTINCT e.action FROM desk_action_events e JOIN second_reviews s "
                "ON s.program = e.program AND s.event_id = e.event_id "
                "JOIN desk_actions a ON a.program = e.program AND a.action = e.action "
                "WHERE e.program = ? AND s.second_ms IS NULL AND s.first_by = a.author "
                f"AND a.author <> ? AND e.action IN ({', '.join('?' * len(some))})",
                (self._program, person, *some))}
        return frozenset(found)

    def _decides(self, person: str) -> bool:
        roles = sorted(ACTS["decide"])
        return bool(self._store.rows(
            "SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.user_id WHERE u.name = ? "
            f"AND r.program = ? AND r.role IN ({', '.join('?' * len(roles))}) LIMIT 1",
            (person, self._program, *roles)))
