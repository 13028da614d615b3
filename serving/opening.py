"""The case of a verdict that asks for a person: its place in the queue, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.places import place_ms
from features.records import COLUMN, KINDS
from models.answers import Outcome
from serving.cases import Case
from serving.casework import Opened
from serving.held import bits_of

if TYPE_CHECKING:
    from features.exports.program import Program
    from features.store.writing import PreparedEvent
    from models.answers import Verdict

DAY_MS: Final = 86_400_000
AWAITED: Final = frozenset({"fact.code_unknown", "fact.code_not_dispatched"})
"""Missing facts that a row of the code brings; the others come from a person or not at all."""
_KIND, _POINTS, _CODE = (COLUMN[name] for name in ("kind", "points", "code"))


def opened_case(prepared: PreparedEvent, verdict: Verdict, program: Program) -> Opened:
    """Make the case of a verdict that would not approve.

    Where nothing is held, by observation or chance, it closes when a hold would have ended. What
    was declined has no end of its own, and is closed until an appeal opens it.
    """
    opened_ms = place_ms(prepared.place)
    kind, points = KINDS[int(prepared.record[_KIND])], int(prepared.record[_POINTS])
    case = Case(prepared.name, "", kind, points, opened_ms, "held", verdict.to_json())
    is_open = verdict.hold is not None or verdict.would_have is Outcome.REVIEW
    ends_ms = opened_ms + program.hold_days * DAY_MS if is_open else None
    return Opened(
        prepared.row["event_id"], prepared.row["member_id"], kind, prepared.place, prepared.seq,
        points, verdict.would_have.value, verdict.enforced, case.priority, opened_ms,
        is_open=is_open,
        hold_until_ms=ends_ms if verdict.hold is None else verdict.hold.until_ms,
        keeps=verdict.hold is not None and verdict.hold.then == "keep",
        grounds=bits_of(verdict.grounds), awaits=_awaited(prepared, verdict) if is_open else 0,
        release_chance=verdict.release_chance, released=verdict.released)


def _awaited(prepared: PreparedEvent, verdict: Verdict) -> int:
    """Code whose row would bring every fact that is missing; 0 for none."""
    missing = {reason.code for reason in verdict.reasons if reason.code.startswith("fact.")}
    return int(prepared.record[_CODE]) if missing and missing <= AWAITED else 0
