"""What is stored of events: their verdicts, what became of their points, a member's past."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from features.contract import EVENT_KINDS, OUTCOMES
from features.places import place_ms
from features.store.schema import DECISIONS
from models.answers import rfc3339
from serving.cases import Case, Past
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FIRST_STATUS: Final = {"credited": "credited", "held": "held", "refused": "kept"}
"""Status of an event's points by its first outcome; what was refused is kept by the program."""
_HELD: Final = OUTCOMES.index("held")
_REFUSED: Final = OUTCOMES.index("refused")


@dataclass(frozen=True)
class StoredEvent:
    """A judged event as the journal has it, and what became of its points.

    ``occurred_ms`` is when it happened, as who sent it says; ``seq`` the place of its last change
    in the feed of outcomes, 0 before the first.
    """

    number: int
    event_id: str
    kind: str
    member: int
    member_id: str
    place: int
    occurred_ms: int
    points: int
    points_held: int
    outcome: int
    status: str
    points_final: int
    changed_ms: int
    body: dict[str, Any] | None
    seq: int = 0

    @property
    def recorded_ms(self) -> int:
        """When the server learnt of it."""
        return place_ms(self.place)

    def as_case(self) -> Case | None:
        """Make the case of this event; None where it has no verdict."""
        if self.body is None:
            return None
        return Case(self.event_id, self.member_id, self.kind, self.points, self.recorded_ms,
                    self.status, self.body)

    def as_past(self) -> Past:
        """Show the event in short."""
        verdict = self.body["would_have"] if self.body else None
        return Past(self.event_id, self.kind, self.recorded_ms, self.points, verdict, self.status)


class Change(NamedTuple):
    """A change of an event's status; of two of one event, the one of the higher ``seq`` counts."""

    seq: int
    event: int
    status: str
    points_final: int
    reason: str
    at_ms: int

    def to_json(self, event_id: str) -> dict[str, Any]:
        """Shape the change for the wire: the feed and the webhook tell the same.

        >>> Change(7, 1, "released", 40, "", 0).to_json("s-1")["changed_at"]
        '1970-01-01T00:00:00.000Z'
        """
        return {"event_id": event_id, "status": self.status, "points_final": self.points_final,
                "changed_at": rfc3339(self.at_ms), "reason": self.reason or None, "seq": self.seq}


class Archive(WithinProgram):
    """Reads of one program inside a transaction."""

    def number(self, kind: str, name: str) -> int:
        """Find the number of a name, 0 where the journal does not know it."""
        if "\0" in name:  # no store takes one, and PostgreSQL not even the question
            return 0
        rows = self._store.rows(
            "SELECT number FROM entities WHERE program = ? AND kind = ? AND name = ?",
            (self._program, kind, name))
        return int(rows[0][0]) if rows else 0

    def names(self, kind: str, numbers: Iterable[int]) -> dict[int, str]:
        """Find names of some numbers of a kind."""
        wanted = sorted({int(number) for number in numbers if number})
        if not wanted:
            return {}
        listed = ", ".join(str(number) for number in wanted)
        return {int(row[0]): row[1] for row in self._store.rows(
            f"SELECT number, name FROM entities WHERE program = ? AND kind = ? "
            f"AND number IN ({listed})", (self._program, kind))}

    def words(self, kind: str) -> dict[int, str]:
        """All names of a kind that has few, such as regions, by their numbers."""
        return {int(row[0]): row[1] for row in self._store.rows(
            "SELECT number, name FROM entities WHERE program = ? AND kind = ?",
            (self._program, kind))}

    def languages(self, members: Sequence[int]) -> dict[int, str]:
        """Find the language of some members as it is today; without it where it is unknown."""
        if not members:
            return {}
        listed = ", ".join(str(int(member)) for member in members)
        spoken = {int(row[0]): int(row[1] or 0) for row in self._store.rows(
            f"SELECT member_id, language FROM members WHERE program = ? "
            f"AND member_id IN ({listed}) ORDER BY place, seq", (self._program,))}
        names = self.names("language", spoken.values())
        return {member: names[number] for member, number in spoken.items() if number}

    def event(self, number: int) -> StoredEvent | None:
        """Find a judged event by its number; None where it is none."""
        found = self.events([number])
        return found[0] if found else None

    def events(self, numbers: Sequence[int]) -> list[StoredEvent]:
        """Find judged events in the order given; numbers that are none are left out."""
        listed = ", ".join(str(int(number)) for number in numbers if number)
        if not listed:
            return []
        rows = self._rows(f'event_id IN ({listed})', ())
        place = {number: index for index, number in enumerate(numbers)}
        return sorted(self._built(rows), key=lambda event: place[event.number])

    def past(self, member: int, around: int | None = None, limit: int = 60) -> list[StoredEvent]:
        """List a member's events up to a place and a few after it, oldest first."""
        if around is None:
            rows = self._rows("member_id = ?", (member,), f"ORDER BY place DESC LIMIT {limit}")
        else:
            rows = self._rows("member_id = ? AND place <= ?", (member, around),
                              f"ORDER BY place DESC LIMIT {limit}")
            rows += self._rows("member_id = ? AND place > ?", (member, around),
                               f"ORDER BY place LIMIT {limit // 4}")
        built = sorted(self._built(rows), key=lambda event: event.place)
        return built if around is not None else built[-limit:]

    def changes(self, after: int, limit: int) -> list[Change]:
        """List changes of status after a cursor, in their order."""
        return [Change(int(r[0]), int(r[1]), DECISIONS[r[2]], int(r[3] or 0), r[4], int(r[5]))
                for r in self._store.rows(
                    "SELECT seq, event_id, status, points_final, reason, at_ms FROM decisions "
                    "WHERE program = ? AND seq > ? ORDER BY seq LIMIT ?",
                    (self._program, after, limit))]

    def _rows(self, where: str, values: tuple[Any, ...], tail: str = "") -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for kind, table in EVENT_KINDS.items():
            rows += [(kind, *row) for row in self._store.rows(
                f"SELECT event_id, member_id, place, occurred_at, points, outcome FROM {table} "
                f"WHERE program = ? AND {where} {tail}", (self._program, *values))]
        return rows

    def _built(self, rows: list[tuple[Any, ...]]) -> list[StoredEvent]:
        numbers = [int(row[1]) for row in rows]
        names = self.names("event", numbers)
        members = self.names("member", [row[2] for row in rows])
        verdicts = self._verdicts(numbers)
        latest = self._latest(numbers)
        return [_event(row, names, members, verdicts.get(int(row[1])), latest.get(int(row[1])))
                for row in rows]

    def _verdicts(self, numbers: list[int]) -> dict[int, tuple[int, bytes]]:
        if not numbers:
            return {}
        listed = ", ".join(str(number) for number in numbers)
        return {int(row[0]): (int(row[1]), bytes(row[2])) for row in self._store.rows(
            f"SELECT event_id, points_held, body FROM verdicts WHERE program = ? "
            f"AND event_id IN ({listed})", (self._program,))}

    def _latest(self, numbers: list[int]) -> dict[int, tuple[str, int, int, int]]:
        if not numbers:
            return {}
        listed = ", ".join(str(number) for number in numbers)
        return {int(row[0]): (DECISIONS[row[1]], int(row[2] or 0), int(row[3]), int(row[4]))
                for row in self._store.rows(
                    f"SELECT event_id, status, points_final, at_ms, seq FROM decisions "
                    f"WHERE program = ? AND event_id IN ({listed}) ORDER BY seq",
                    (self._program,))}


def _event(
    row: tuple[Any, ...], names: dict[int, str], members: dict[int, str],
    verdict: tuple[int, bytes] | None, latest: tuple[str, int, int, int] | None,
) -> StoredEvent:
    kind, number, member, place, occurred, points = row[0], *(int(cell) for cell in row[1:6])
    outcome = 0 if row[6] is None else int(row[6])
    held = verdict[0] if verdict else points
    status = FIRST_STATUS[OUTCOMES[outcome]]
    first = points - held if outcome == _HELD else 0 if outcome == _REFUSED else points
    now = latest or (status, first, place_ms(place), 0)
    return StoredEvent(
        number, names.get(number, ""), kind, member, members.get(member, ""), place, occurred,
        points, held if verdict else 0, outcome, now[0], now[1], now[2],
        json.loads(verdict[1]) if verdict else None, now[3])
