"""What is known of a code by now, held against the event that claimed it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import OUTCOMES
from features.engine.peek import pair_number, total
from features.places import place_ms
from features.store.schema import DECISIONS
from models.proof import EventFacts, Proofs, find_proofs
from serving.archive import Archive

if TYPE_CHECKING:
    from features.engine.state import State
    from features.store.writing import Writing
    from serving.archive import StoredEvent

NAMES: Final = ("code_known", "code_status", "code_dispatched_hours", "code_credited_other",
                "code_credited_self")
_INDEX: Final = {name: index for index, name in enumerate(NAMES)}
_HOUR_MS: Final = 3_600_000
CREDITED: Final = OUTCOMES.index("credited")
PAID: Final = ("credited", "released", "partial")
"""Statuses of points that the member has."""


class CodeFacts:
    """Judges claims of codes again, by the same rules and at the same moments as the first time.

    Parameters
    ----------
    writing : Writing
        The transaction.
    state : State
        Stands where the transaction began.
    place : int
        Rows known later than this are not seen.
    """

    def __init__(self, writing: Writing, state: State, place: int) -> None:
        self._writing = writing
        self._state = state
        self._place = place
        self._archive = Archive(writing.store, writing.key)

    def proofs(self, event: StoredEvent, code: int) -> Proofs:
        """Proof and missing facts of an event by what is known of its code now."""
        known, status, dispatched = self._latest(code)
        hours = (place_ms(event.place) - dispatched) / _HOUR_MS
        other, own = self._credits(event, code)
        facts = EventFacts(_INDEX, np.array([known, status, hours, other, own]))
        return find_proofs(facts, self._writing.program, event.kind, event.points,
                           event.recorded_ms, tracks_codes=True)

    def _latest(self, code: int) -> tuple[int, float, float]:
        """Last status and dispatch told of a code, NaN where none was; is it known at all."""
        rows = self._writing.store.rows(
            "SELECT status, dispatched_at FROM codes WHERE program = ? AND code_id = ? "
            "AND place <= ? ORDER BY place, seq", (self._writing.key, code, self._place))
        status = dispatched = math.nan
        for told, at_ms in rows:
            status = status if told is None else told
            dispatched = dispatched if at_ms is None else at_ms
        return int(bool(rows)), status, dispatched

    def _credits(self, event: StoredEvent, code: int) -> tuple[int, int]:
        """Credits of the code to others and to the same member, but for this event.

        The state knows them as of the last event; what was decided since is added.
        """
        owner = pair_number(self._state, "code_member", code, event.member)
        own = total(self._state, "code_credited_self", owner) - self._was_paid(event)
        every = total(self._state, "code_credits", code) - self._was_paid(event)
        for other in self._decided(code):
            if other.number != event.number:
                moved = (other.status in PAID) - self._was_paid(other)
                every += moved
                own += moved if other.member == event.member else 0
        return max(every - own, 0), max(own, 0)

    def _was_paid(self, event: StoredEvent) -> bool:
        """Whether an event was credited as far as the state knows."""
        rows = self._writing.store.rows(
            "SELECT status FROM decisions WHERE program = ? AND event_id = ? AND place < ? "
            "ORDER BY place DESC, seq DESC LIMIT 1",
            (self._writing.key, event.number, self._writing.last_place))
        return DECISIONS[rows[0][0]] in PAID if rows else event.outcome == CREDITED

    def _decided(self, code: int) -> list[StoredEvent]:
        """Scans of the code that were decided after the last event, which no state knows."""
        rows = self._writing.store.rows(
            "SELECT DISTINCT s.event_id FROM decisions d JOIN scans s ON s.program = d.program "
            "AND s.event_id = d.event_id WHERE d.program = ? AND d.place >= ? AND s.code_id = ?",
            (self._writing.key, self._writing.last_place, code))
        return self._archive.events([int(row[0]) for row in rows])
