"""The review desk over one program: events, cases, decisions, outcomes, replies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from features.contract import LABELS, SOURCES
from features.errors import BadInput, Conflict, NotFound
from features.store.schema import DECISIONS
from models.answers import rfc3339
from serving.archive import Archive, StoredEvent
from serving.audit.who import Act
from serving.casework import Casework
from serving.commits import Work
from serving.everyreason import every_reason
from serving.holds import meet_document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from features.store.writing import Writing
    from serving.live import Live

    Do = Callable[[Work], Awaitable[Any]]

TEACHES: Final = {"release": "legit", "keep": None, "confirm_fraud": "fraud"}
"""What a decision teaches; keeping points proves nothing."""
_REVIEW: Final = SOURCES.index("review")


class Desk:
    """One program's desk.

    Parameters
    ----------
    live : Live
    do : callable
        Has a work done by the writing thread.
    clock : callable
        Milliseconds since 1970 UTC.
    """

    def __init__(self, live: Live, do: Do, clock: Callable[[], int]) -> None:
        self._live = live
        self._do = do
        self._clock = clock

    def event(self, event_id: str, *, with_every_reason: bool = False) -> dict[str, Any]:
        """Show a stored event; NotFound where there is none."""
        with self._live.journal.database.reading() as store:
            archive = Archive(store, self._live.journal.key)
            event = _found(archive.event(archive.number("event", event_id)), event_id)
        answer: dict[str, Any] = {
            "event_id": event.event_id, "kind": event.kind, "member_id": event.member_id,
            "status": event.status, "points": event.points, "points_final": event.points_final,
            "changed_at": rfc3339(event.changed_ms), "seq": event.seq, "verdict": event.body,
            "reasons": None,
        }
        if with_every_reason and event.body is not None:
            answer["reasons"] = every_reason(
                self._live.journal, self._live.bundle, self._live.circumstances, event_id,
                self._live.earlier)
        return answer

    def cases(self, limit: int, offset: int) -> dict[str, Any]:
        """List open cases, the highest priority first."""
        with self._live.journal.database.reading() as store:
            casework = Casework(store, self._live.journal.key)
            numbers = casework.listed(limit, offset)
            events = Archive(store, self._live.journal.key).events(numbers)
            replies = casework.replies(numbers)
            total, _ = casework.totals()
        listed = [(event.as_case(), replies.get(event.number, [])) for event in events]
        return {"open": total, "cases": [
            {**case.to_json(rfc3339(case.opened_ms)), "replies": said}
            for case, said in listed if case is not None]}

    def outcomes(self, after: int, limit: int) -> dict[str, Any]:
        """List changes of status after a cursor."""
        with self._live.journal.database.reading() as store:
            archive = Archive(store, self._live.journal.key)
            changes = archive.changes(after, limit)
            names = archive.names("event", [change.event for change in changes])
        cursor = changes[-1].seq if changes else max(after, 0)
        return {"cursor": str(cursor), "outcomes": [
            change.to_json(names.get(change.event, "")) for change in changes]}

    async def decide(self, case_id: str, decision: str, reason: str, by: str) -> dict[str, Any]:
        """Decide a case; the same decision again changes nothing.

        Another one that leaves the points as they are, such as a fraud confirmed of points that
        were kept, adds its label.

        Raises
        ------
        NotFound
            No such case.
        Conflict
            The case was decided otherwise, or its points can not be kept any more.
        """
        now_ms = self._clock()
        told = Act("case_decided", by)

        def act(writing: Writing) -> dict[str, Any]:
            return _decide(writing, case_id, decision, reason, by, now_ms, told)

        return dict(await self._do(Work(act, alone=True)))

    async def reply(self, event_id: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Store a partner's appeal or evidence, the same once, and open the case again.

        Evidence opens it only where points were not given: there it may still change something.

        Raises
        ------
        BadInput
            Without a text, a link or a hash.
        NotFound
            No such event.
        Conflict
            The event has no case, or more answers than anybody reads.
        """
        said = {name: text for name, text in body.items() if text}
        if not said:
            raise BadInput("a text, a link or a hash", "none of them", "send one")
        now_ms = self._clock()

        def act(writing: Writing) -> dict[str, Any]:
            return _reply(writing, event_id, kind, said, now_ms)

        return dict(await self._do(Work(act, alone=True)))


def _found(event: StoredEvent | None, event_id: str) -> StoredEvent:
    if event is None:
        raise NotFound("an event that is stored", "an unknown event_id", "check it")
    return event


def _reply(
    writing: Writing, event_id: str, kind: str, said: dict[str, Any], now_ms: int
) -> dict[str, Any]:
    archive = Archive(writing.store, writing.key)
    casework = Casework(writing.store, writing.key)
    event = _found(archive.event(archive.number("event", event_id)), event_id)
    is_open = casework.is_open(event.number)
    if is_open is None:
        raise Conflict("an event with a case", "one that was approved, or decided elsewhere",
                       "nothing is held here; send a label to /v1/feedback if it was misjudged")
    is_new = casework.reply(event.number, kind, said, now_ms)
    is_document = kind == "evidence" and bool(said.keys() & {"link", "hash"})
    if is_new and is_document and meet_document(writing, event, now_ms):
        is_open = bool(casework.is_open(event.number))
    elif is_new and not is_open and (kind == "appeal" or event.points_final < event.points):
        casework.set_open(event.number, True)
        is_open = True
    return {"new": int(is_new), "same": int(not is_new), "case_open": is_open}


def _decide(
    writing: Writing, case_id: str, decision: str, reason: str, by: str, now_ms: int, told: Act
) -> dict[str, Any]:
    archive = Archive(writing.store, writing.key)
    casework = Casework(writing.store, writing.key)
    event = _found(archive.event(archive.number("event", case_id)), case_id)
    is_open = casework.is_open(event.number)
    if is_open is None:
        raise NotFound("a case", "an event that was approved", "send a label to /v1/feedback")
    status, points = _after(event, decision)
    label = TEACHES[decision]
    answer = {"case_id": case_id, "status": status, "points_final": points, "label": label}
    if not is_open:
        if status != event.status:
            raise Conflict("an open case", f"one that was decided: {event.status}",
                           "an appeal opens it again")
        if label is not None and label != _taught(writing, event):
            _label(writing, event, label, by, now_ms)
            told.write(writing, now_ms, {"event": event.number},
                       {"decision": decision, "status": status, "points": points})
        return {**answer, "changed_at": rfc3339(event.changed_ms)}
    if status != event.status:
        writing.decision(case_id, DECISIONS.index(status), points_final=points, by=by,
                         reason=reason, at_ms=now_ms)
    if label is not None:
        _label(writing, event, label, by, now_ms)
    casework.set_open(event.number, False)
    told.write(writing, now_ms, {"event": event.number},
               {"decision": decision, "status": status, "points": points})
    return {**answer, "changed_at": rfc3339(now_ms)}


def _after(event: StoredEvent, decision: str) -> tuple[str, int]:
    """Status and points of an event after a decision."""
    is_paid = event.status in ("credited", "released", "partial")
    if decision == "release":
        return (event.status, event.points_final) if is_paid else ("released", event.points)
    if not is_paid:
        if event.points_final > 0:  # a part was held, the rest was given
            return ("partial", event.points_final) if decision == "keep" else ("clawed_back", 0)
        return ("clawed_back" if event.status == "clawed_back" else "kept"), 0
    if decision == "keep":
        raise Conflict("points that are held", f"points that are {event.status}",
                       "release them, or confirm the fraud to claw them back")
    return "clawed_back", 0


def _taught(writing: Writing, event: StoredEvent) -> str | None:
    """Label that the last decision on an event left, None where it left none."""
    rows = writing.store.rows(
        "SELECT label FROM feedback WHERE program = ? AND event_id = ? AND source = ? "
        "ORDER BY place DESC, seq DESC LIMIT 1", (writing.key, event.number, _REVIEW))
    return LABELS[int(rows[0][0])] if rows else None


def _label(writing: Writing, event: StoredEvent, label: str, by: str, now_ms: int) -> None:
    """Write what a decision teaches; when the reviewer opened the case nobody knows yet."""
    row = {"event_id": event.event_id, "label": label, "decided_at": rfc3339(now_ms),
           "source": "review", "reviewer_id": by}
    writing.rows("feedback", pd.DataFrame([row]), arrival_ms=now_ms)
