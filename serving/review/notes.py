"""Notes of reviewers on alerts: for colleagues alone, in nobody's features and no message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

ASKED: Final = 500


class Note(NamedTuple):
    """What somebody wrote down on an alert."""

    event: int
    author: str
    text: str
    at_ms: int


class Notes(WithinProgram):
    """Reads and writes the notes of one program inside a transaction."""

    def add(self, events: Iterable[int], author: str, text: str, at_ms: int) -> None:
        """Write a note on some alerts."""
        self._store.many(
            "INSERT INTO desk_notes (program, event_id, author, text, at_ms) "
            "VALUES (?, ?, ?, ?, ?)",
            [(self._program, event, author, text, at_ms) for event in events])

    def of(self, events: Sequence[int]) -> list[Note]:
        """List notes on some alerts, the oldest first; one on several alerts is listed for each."""
        found: list[Note] = []
        for start in range(0, len(events), ASKED):
            listed = ", ".join(str(int(event)) for event in events[start:start + ASKED])
            found += [Note(*row) for row in self._store.rows(
                "SELECT event_id, author, text, at_ms FROM desk_notes WHERE program = ? "
                f"AND event_id IN ({listed}) ORDER BY note", (self._program,))]
        return sorted(found, key=lambda note: note.at_ms)

    def once(self, events: Sequence[int], hidden: Collection[tuple[int, str]] = ()) -> list[Note]:
        """List notes on some alerts, the oldest first; one on several alerts is one.

        Parameters
        ----------
        events : sequence of int
        hidden : collection of (int, str)
            Alerts and authors whose notes on them are left out, wherever else they are.
        """
        found: dict[tuple[str, str, int], list[Note]] = {}
        for note in self.of(events):
            found.setdefault((note.author, note.text, note.at_ms), []).append(note)
        return [same[0] for same in found.values()
                if not any((note.event, note.author) in hidden for note in same)]
