"""Acts of the desk as they are stored: what was asked for, whether it took effect, and on what."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from features.errors import Conflict, NotFound
from models.answers import rfc3339
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

STATUSES: Final = ("waiting", "due", "done", "undone", "rejected", "failed")
"""Life of an act: it waits for a second person, then for its moment, then it is done. Until then
it can be undone or rejected; it fails where its case was decided otherwise meanwhile."""
PENDING: Final = ("waiting", "due")
DONE: Final = "done"
"""Result of an act on one event; empty before, else why it failed."""
ASKED: Final = 500
"""Events in one query."""
MOST_LISTED: Final = 200
NUMBERS: Final = ("days", "opened_ms", "batch", "campaign", "about", "silent")
"""What of an act's body is no word of anybody's."""
_STORED: Final = ("action, case_id, act, decision, reason, author, at_ms, due_ms, status, second, "
                  "second_ms, points, body")


@dataclass(frozen=True)
class Action:
    """An act of a person.

    Parameters
    ----------
    action_id, case_id, act : str
        Its id, the case on which it was done, what it is.
    decision : str or None
        Where it decides.
    reason, author : str
        Why, and who.
    at_ms : int
    due_ms : int or None
        When it takes effect; None while it waits for a second person.
    status : str
        One of `STATUSES`.
    points : int
        At stake.
    body : dict
        What else it needs, and what was asked for, as a digest.
    second : str or None
        Who approved or rejected it.
    second_ms : int or None
    """

    action_id: str
    case_id: str
    act: str
    decision: str | None
    reason: str
    author: str
    at_ms: int
    due_ms: int | None
    status: str
    points: int
    body: dict[str, Any] = field(default_factory=dict)
    second: str | None = None
    second_ms: int | None = None

    @property
    def said(self) -> str:
        """What it is, in a word.

        >>> Action("a", "member-7", "decide", "keep", "?", "rina", 0, 0, "due", 40).said
        'keep'
        """
        return self.decision or self.act

    def answer(self, events: int) -> dict[str, Any]:
        """Shape it for who asked, the same whenever he asks again before anything changed."""
        return {"action_id": self.action_id, "status": self.status,
                "due_at": None if self.due_ms is None else rfc3339(self.due_ms),
                "events": events, "points": self.points, "told": self.body.get("told")}

    def to_json(self, results: Sequence[str]) -> dict[str, Any]:
        """Shape it for who lists it; ``results`` are those of its events."""
        failed = [result for result in results if result not in ("", DONE)]
        failure = failed[0] if failed else self.body.get("failure")
        return {**self.answer(len(results)), "case_id": self.case_id, "act": self.act,
                "decision": self.decision, "reason": self.reason or None, "by": self.author,
                "at": rfc3339(self.at_ms), "second": self.second,
                "second_at": None if self.second_ms is None else rfc3339(self.second_ms),
                "failed": len(failed), "failure": failure}


class Actions(WithinProgram):
    """Reads and writes the acts of one program inside a transaction."""

    def add(self, action: Action, events: Iterable[int]) -> None:
        """Store an act on some events."""
        self._store.run(
            f"INSERT INTO desk_actions (program, {_STORED}) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self._program, action.action_id, action.case_id, action.act, action.decision,
             action.reason, action.author, action.at_ms, action.due_ms, action.status,
             action.second, action.second_ms, action.points,
             json.dumps(action.body, ensure_ascii=False)))
        result = DONE if action.status == "done" else ""
        self._store.many(
            "INSERT INTO desk_action_events (program, action, event_id, result) "
            "VALUES (?, ?, ?, ?)",
            [(self._program, action.action_id, event, result) for event in events])

    def find(self, action_id: str) -> Action | None:
        """Find an act by its id."""
        return next(iter(self._found("action = ?", (action_id,))), None)

    def known(self, action_id: str) -> Action:
        """Find an act by its id; NotFound where there is none."""
        action = self.find(action_id)
        if action is None:
            raise NotFound("the id of an act at the desk", "an unknown one", "open the case again")
        return action

    def pending(self, events: Sequence[int]) -> Action | None:
        """Find the first act on some of these events that has not taken effect yet."""
        for start in range(0, len(events), ASKED):
            listed = ", ".join(str(int(event)) for event in events[start:start + ASKED])
            found = self._found(
                "status IN ('waiting', 'due') AND action IN (SELECT action FROM "
                f"desk_action_events WHERE program = ? AND event_id IN ({listed})) "
                "ORDER BY at_ms LIMIT 1", (self._program,))
            if found:
                return found[0]
        return None

    def refuse_pending(self, events: Sequence[int]) -> None:
        """Raise Conflict, naming who was first, where an act on these events is pending."""
        first = self.pending(events)
        if first is not None:
            raise Conflict("a case on which nobody has acted yet",
                           f"{first.said} by {first.author} at {rfc3339(first.at_ms)}",
                           "open the case again; who acted may undo it in time")

    def due(self, now_ms: int, limit: int) -> list[Action]:
        """List acts that are to take effect now, the longest due first."""
        return self._found("status = 'due' AND due_ms <= ? ORDER BY due_ms, action LIMIT ?",
                           (now_ms, limit))

    def move(self, action: Action) -> None:
        """Store the status an act has now, who was the second, and when it takes effect."""
        self._store.run(
            "UPDATE desk_actions SET status = ?, second = ?, second_ms = ?, due_ms = ? "
            "WHERE program = ? AND action = ?",
            (action.status, action.second, action.second_ms, action.due_ms, self._program,
             action.action_id))

    def fail(self, action: Action, why: str) -> None:
        """Store that an act failed, and why: also on each event that is left."""
        self._store.run("UPDATE desk_action_events SET result = ? WHERE program = ? "
                        "AND action = ? AND result = ''", (why, self._program, action.action_id))
        self._store.run("UPDATE desk_actions SET status = 'failed', body = ? WHERE program = ? "
                        "AND action = ?",
                        (json.dumps({**action.body, "failure": why}, ensure_ascii=False),
                         self._program, action.action_id))

    def events(self, action_id: str) -> list[tuple[int, str]]:
        """List events of an act, each with its result."""
        return [(int(event), str(result)) for event, result in self._store.rows(
            "SELECT event_id, result FROM desk_action_events WHERE program = ? AND action = ? "
            "ORDER BY event_id", (self._program, action_id))]

    def left(self, action_id: str, limit: int) -> list[int]:
        """List events on which an act has not taken effect yet."""
        return [int(row[0]) for row in self._store.rows(
            "SELECT event_id FROM desk_action_events WHERE program = ? AND action = ? "
            "AND result = '' ORDER BY event_id LIMIT ?", (self._program, action_id, limit))]

    def note(self, action_id: str, event: int, result: str) -> None:
        """Note what came of an act on an event."""
        self._store.run("UPDATE desk_action_events SET result = ? WHERE program = ? "
                        "AND action = ? AND event_id = ?",
                        (result, self._program, action_id, event))

    def listed(self, case_id: str | None, statuses: Sequence[str]) -> list[Action]:
        """List acts, the newest first: of one case or of all, in some statuses or in any."""
        where, values = ["1 = 1"], []
        if case_id is not None:
            where.append("case_id = ?")
            values.append(case_id)
        if statuses:
            where.append(f"status IN ({', '.join('?' * len(statuses))})")
            values += statuses
        return self._found(f"{' AND '.join(where)} ORDER BY at_ms DESC, action LIMIT {MOST_LISTED}",
                           tuple(values))

    def _found(self, where: str, values: tuple[Any, ...]) -> list[Action]:
        rows = self._store.rows(
            f"SELECT {_STORED} FROM desk_actions WHERE program = ? AND {where}",
            (self._program, *values))
        return [_action(row) for row in rows]


def without_words(body: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what an act still needs once its words are to be forgotten.

    >>> without_words({"days": 7, "text": "Rina asks.", "asked": "5f0c"})
    {'days': 7}
    """
    return {name: value for name, value in body.items() if name in NUMBERS}


def _action(row: tuple[Any, ...]) -> Action:
    name, case_id, act, decision, reason, author, at_ms, due_ms, status = row[:9]
    second, second_ms, points, body = row[9:]
    return Action(name, case_id, act, decision, reason, author, int(at_ms), due_ms, status,
                  int(points), json.loads(body), second, second_ms)
