"""Events that wait for their code alone, while an alarm says that the file of codes is stale.

Those that come after the alarm opened are not held to begin with; those before it, the first few
of every error, are let go here. What else is held against an event still holds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.alarms import CODE_FILE_STALE
from features.places import first_place, known_place, place_ms
from features.store.schema import DECISIONS
from serving.archive import Archive
from serving.codefacts import CodeFacts
from serving.held import Held, bits_of

if TYPE_CHECKING:
    from features.store.writing import Writing
    from serving.held import Claim
    from serving.live import Live

RELEASES: Final = "alarm: the code file of the program was stale and nothing else spoke against it"
ALONE: Final = bits_of(("missing_fact",))


class Forgiven:
    """Goes once through the events that an open alarm may explain.

    Parameters
    ----------
    live : Live
        Used by the writing thread only.
    batch : int
        Events looked at in one transaction.
    """

    def __init__(self, live: Live, batch: int) -> None:
        self._live = live
        self._batch = batch
        self._opened: dict[tuple[int, int], int] = {}
        self._place: int | None = None

    def is_due(self) -> bool:
        """Whether an alarm opened since and an event waits that it may explain."""
        opened = self._live.circumstances.alarms.stale_since()
        if opened != self._opened:
            self._opened = opened
            self._place = first_place(min(opened.values())) - 1 if opened else None
        if self._place is None or not self._forgives():
            return False
        with self._live.journal.database.reading() as store:
            claims = Held(store, self._live.journal.key).claims(self._place, ALONE, 1)
        if not claims:
            self._place = None
        return bool(claims)

    def release(self, writing: Writing, by: str, now_ms: int) -> int:
        """Let go of a batch of what is explained; how many were looked at."""
        claims = Held(writing.store, writing.key).claims(self._place or 0, ALONE, self._batch)
        facts = CodeFacts(writing, self._live.state, known_place(now_ms))
        alarms = self._live.circumstances.alarms
        for claim in claims:
            self._place = claim.place
            if alarms.explains_code(place_ms(claim.place), claim.code, claim.batch, claim.sku,
                                    claim.member):
                _release(writing, facts, claim, by, now_ms)
        return len(claims)

    def _forgives(self) -> bool:
        return self._live.bundle.policy.forgives(("code_unknown",), (CODE_FILE_STALE,))


def _release(writing: Writing, facts: CodeFacts, claim: Claim, by: str, now_ms: int) -> None:
    held = Held(writing.store, writing.key)
    event = Archive(writing.store, writing.key).event(claim.event)
    if event is None or facts.proofs(event, claim.code).hard:
        return
    if event.status == "held":
        writing.decision(event.event_id, DECISIONS.index("released"), points_final=event.points,
                         by=by, reason=RELEASES, at_ms=now_ms)
    held.end(claim.event, is_open=held.is_appealed(claim.event))
