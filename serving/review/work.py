"""Who works on which alert, until when it sleeps, and since when its partner is asked for proof.

Kept per alert and not per case: which alerts are one case is found anew at each look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.errors import Conflict
from models.answers import rfc3339
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CLAIM_MS: Final = 8 * 3_600_000
"""A claim is good for a working day: who forgot his must not keep a case from all others."""
HOUR_MS: Final = 3_600_000
ASKED: Final = 500
_STORED: Final = ("claimed_by", "claimed_ms", "assigned_to", "snoozed_until_ms", "asked_ms",
                  "answer_by_ms", "paused_ms")


@dataclass(frozen=True)
class Worked:
    """Work on one alert.

    Parameters
    ----------
    claimed_by, assigned_to : str or None
    claimed_ms, snoozed_until_ms : int or None
    asked_ms, answer_by_ms : int or None
        Since when its partner is asked for proof, and until when; None: he is not asked now.
    paused_ms : int
        For how long earlier questions stopped the clock of the service level.
    """

    claimed_by: str | None = None
    claimed_ms: int | None = None
    assigned_to: str | None = None
    snoozed_until_ms: int | None = None
    asked_ms: int | None = None
    answer_by_ms: int | None = None
    paused_ms: int = 0

    def is_paused(self, now_ms: int) -> bool:
        """Whether the clock stands still, as the partner's answer is awaited."""
        return self.answer_by_ms is not None and now_ms < self.answer_by_ms

    def due_ms(self, opened_ms: int, sla_hours: int, now_ms: int) -> int:
        """When the case is to be decided: so long after it was opened, pauses left out.

        >>> asked = Worked(asked_ms=HOUR_MS, answer_by_ms=9 * HOUR_MS)
        >>> [asked.due_ms(0, 4, now) // HOUR_MS for now in (0, 3 * HOUR_MS, 99 * HOUR_MS)]
        [4, 6, 12]
        """
        paused = self.paused_ms
        if self.asked_ms is not None and self.answer_by_ms is not None:
            paused += max(min(now_ms, self.answer_by_ms) - self.asked_ms, 0)
        return opened_ms + sla_hours * HOUR_MS + paused


NOTHING: Final = Worked()


class DeskWork(WithinProgram):
    """Reads and writes work on the alerts of one program inside a transaction."""

    def of(self, events: Sequence[int]) -> dict[int, Worked]:
        """Find the work on some alerts; one on which nobody worked is not in it."""
        found: dict[int, Worked] = {}
        for start in range(0, len(events), ASKED):
            listed = ", ".join(str(int(event)) for event in events[start:start + ASKED])
            for event, *row in self._store.rows(
                    f"SELECT event_id, {', '.join(_STORED)} FROM desk_work WHERE program = ? "
                    f"AND event_id IN ({listed})", (self._program,)):
                found[int(event)] = Worked(*row)
        return found

    def refuse_claimed(self, events: Sequence[int], by: str, now_ms: int) -> None:
        """Raise Conflict where somebody else works on one of these alerts."""
        for worked in self.of(events).values():
            since = worked.claimed_ms or 0
            if worked.claimed_by not in (None, by) and now_ms - since < CLAIM_MS:
                raise Conflict("a case that nobody works on",
                               f"one that {worked.claimed_by} claimed at {rfc3339(since)}",
                               "take the next one, or have it assigned to you")

    def claim(self, events: Iterable[int], by: str | None, now_ms: int) -> None:
        """Note who works on some alerts from now on; None: nobody."""
        self._set(events, claimed_by=by, claimed_ms=None if by is None else now_ms)

    def assign(self, events: Iterable[int], to: str | None) -> None:
        """Note who is to work on some alerts, whoever claimed them before; None: anybody."""
        self._set(events, assigned_to=to, claimed_by=None, claimed_ms=None)

    def snooze(self, events: Iterable[int], until_ms: int | None) -> None:
        """Let some alerts sleep until a moment; None wakes them."""
        self._set(events, snoozed_until_ms=until_ms)

    def ask(self, event: int, now_ms: int, answer_by_ms: int) -> None:
        """Stop the clock of an alert until its partner answers, or a moment."""
        self._set([event], asked_ms=now_ms, answer_by_ms=answer_by_ms)

    def answered(self, member: int, now_ms: int) -> None:
        """Let the clock of a member's alerts go on, as he answered; what sleeps wakes up."""
        rows = self._store.rows(
            "SELECT w.event_id FROM cases c JOIN desk_work w ON w.program = c.program "
            "AND w.event_id = c.event_id WHERE c.program = ? AND c.member_id = ? "
            "AND (w.answer_by_ms IS NOT NULL OR w.snoozed_until_ms IS NOT NULL)",
            (self._program, member))
        self._go_on([int(row[0]) for row in rows], now_ms)

    def is_overdue(self, now_ms: int) -> bool:
        """Whether a partner who was asked let his time pass."""
        return bool(self._overdue(now_ms, 1))

    def resume(self, now_ms: int, limit: int) -> int:
        """Let the clock of alerts go on whose partner did not answer in time; how many."""
        events = self._overdue(now_ms, limit)
        self._go_on(events, now_ms)
        return len(events)

    def _overdue(self, now_ms: int, limit: int) -> list[int]:
        return [int(row[0]) for row in self._store.rows(
            "SELECT event_id FROM desk_work WHERE program = ? AND answer_by_ms <= ? "
            "ORDER BY answer_by_ms LIMIT ?", (self._program, now_ms, limit))]

    def _go_on(self, events: Sequence[int], now_ms: int) -> None:
        """End a question, and count for how long it stopped the clock: never past its end."""
        for event, worked in self.of(events).items():
            paused = worked.due_ms(0, 0, now_ms)
            self._set([event], asked_ms=None, answer_by_ms=None, snoozed_until_ms=None,
                      paused_ms=paused)

    def _set(self, events: Iterable[int], **cells: object) -> None:
        """Write some columns of the rows of some alerts, which are made where there are none."""
        names = ", ".join(cells)
        marks = ", ".join("?" * len(cells))
        again = ", ".join(f"{name} = excluded.{name}" for name in cells)
        self._store.many(
            f"INSERT INTO desk_work (program, event_id, {names}) VALUES (?, ?, {marks}) "
            f"ON CONFLICT (program, event_id) DO UPDATE SET {again}",
            [(self._program, event, *cells.values()) for event in events])
