"""One decision on one alert: what it changes, and its rows, over the API as at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from features.contract import LABELS, SOURCES
from features.errors import Conflict, NotFound
from features.store.schema import DECISIONS
from models.answers import rfc3339
from serving.archive import Archive
from serving.casework import Casework

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.store.store import Store
    from features.store.writing import Writing
    from serving.archive import StoredEvent
    from serving.audit.who import Act

TEACHES: Final = {"release": "legit", "keep": None, "confirm_fraud": "fraud"}
"""What a decision teaches; keeping points proves nothing."""
PAID: Final = ("credited", "released", "partial")
"""Statuses in which the member has points of the event."""
_REVIEW: Final = SOURCES.index("review")


class Change(NamedTuple):
    """What a decision makes of an event: its status, the member's points, the label taught."""

    status: str
    points: int
    label: str | None


def change_of(event: StoredEvent, is_open: bool, decision: str) -> Change:
    """Say what a decision would make of an event.

    Raises
    ------
    Conflict
        The case was decided otherwise, or its points can not be kept any more.
    """
    status, points = _after(event, decision)
    if not is_open and status != event.status:
        raise Conflict("an open case", f"one that was decided: {event.status}",
                       "an appeal opens it again")
    return Change(status, points, TEACHES[decision])


def decide_case(
    writing: Writing, case_id: str, decision: str, reason: str, by: str, now_ms: int, told: Act,
    opened_ms: int | None = None, labels: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Decide a case inside a transaction; the same decision again changes nothing.

    Parameters
    ----------
    writing : Writing
    case_id : str
        Its event.
    decision : str
        One of `TEACHES`.
    reason, by : str
    now_ms : int
    told : Act
        Written down where anything changes.
    opened_ms : int or None
        When the reviewer opened the case, as far as it is known.
    labels : list or None
        Takes what is taught, for `write_labels` in the same transaction; None: it is written.

    Raises
    ------
    NotFound
        No such case.
    Conflict
        As `change_of`; then nothing was written.
    """
    archive = Archive(writing.store, writing.key)
    casework = Casework(writing.store, writing.key)
    event = found(archive.event(archive.number("event", case_id)))
    is_open = casework.is_open(event.number)
    if is_open is None:
        raise NotFound("a case", "an event that was approved", "send a label to /v1/feedback")
    status, points, label = change_of(event, is_open, decision)
    answer = {"case_id": case_id, "status": status, "points_final": points, "label": label}
    teaches = label is not None and (
        is_open or label != taught(writing.store, writing.key, event.number))
    if not is_open and not teaches:
        return {**answer, "changed_at": rfc3339(event.changed_ms)}
    if status != event.status:
        writing.decision(case_id, DECISIONS.index(status), points_final=points, by=by,
                         reason=reason, at_ms=now_ms)
    if teaches:
        row = _label(event, str(label), by, now_ms, opened_ms)
        if labels is None:
            write_labels(writing, [row], now_ms)
        else:
            labels.append(row)
    if is_open:
        casework.set_open(event.number, False)
    told.write(writing, now_ms, {"event": event.number},
               {"decision": decision, "status": status, "points": points})
    return {**answer, "changed_at": rfc3339(now_ms if is_open else event.changed_ms)}


def found(event: StoredEvent | None) -> StoredEvent:
    """Take an event that is there; NotFound for None."""
    if event is None:
        raise NotFound("an event that is stored", "an unknown event_id", "check it")
    return event


def _after(event: StoredEvent, decision: str) -> tuple[str, int]:
    """Status and points of an event after a decision."""
    is_paid = event.status in PAID
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


def taught(store: Store, program: int, event: int) -> str | None:
    """Find the label that the last decision on an event left, None where it left none."""
    rows = store.rows(
        "SELECT label FROM feedback WHERE program = ? AND event_id = ? AND source = ? "
        "ORDER BY place DESC, seq DESC LIMIT 1", (program, event, _REVIEW))
    return LABELS[int(rows[0][0])] if rows else None


def adds_label(store: Store, program: int, event: StoredEvent) -> bool:
    """Whether a fraud confirmed of an event that was decided says something new, and no more."""
    return (event.status not in PAID and _after(event, "confirm_fraud")[0] == event.status
            and taught(store, program, event.number) != TEACHES["confirm_fraud"])


def write_labels(writing: Writing, rows: Sequence[dict[str, str]], now_ms: int) -> None:
    """Write what decisions taught, many at the cost of one."""
    if rows:
        writing.rows("feedback", pd.DataFrame(rows), arrival_ms=now_ms)


def _label(event: StoredEvent, label: str, by: str, now_ms: int, opened_ms: int | None
           ) -> dict[str, str]:
    """Row of what a decision teaches, and when the case was opened where that is known."""
    row = {"event_id": event.event_id, "label": label, "decided_at": rfc3339(now_ms),
           "source": "review", "reviewer_id": by}
    return row | ({} if opened_ms is None else {"opened_at": rfc3339(opened_ms)})
