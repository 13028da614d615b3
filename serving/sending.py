"""Suggestions made, kept, and sent: each decision logged once, the held-out ones never sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from features.contract import DELIVERY_STATUSES, TABLES
from features.errors import Unavailable
from features.exports.missions import NOBODY
from models.answers import rfc3339
from serving.casework import Casework
from serving.outbox.message import MISSION_SEND, message_of
from serving.outbox.outbox import Outbox
from serving.outbox.relay import Relay
from serving.recipients import Recipients

if TYPE_CHECKING:
    from features.store.store import Store
    from features.store.writing import Writing
    from models.missions.suggestions import Plan
    from serving.casework import Kept
    from serving.outbox.message import Message

SEND_WITHIN_MS: Final = 7 * 86_400_000
"""How long a decision may be sent: after a week, who was silent may be back. A judgement."""
KEPT: Final = 200
"""Decisions kept in one work: a few milliseconds in which no verdict is given."""
SENT: Final = 500
"""Decisions sent in one transaction: some ten milliseconds. Who asks again after a failure gets
the rest sent."""
IN_COOL_OFF: Final = "in_cool_off"
"""Another decision about the member was sent, or held out, since this one was made."""
ASKED: Final = 500
"""Ids in one query; below the 999 variables that any SQLite allows."""
_LOGGED: Final = tuple(column.name for column in TABLES["missions"].columns)
_TOLD: Final = ("decision_id", "member_id", "mission_id", "channel", "language", "template_id",
                "message", "cost_points", "campaign_id")


def decisions_of(plan: Plan) -> list[tuple[str, dict[str, Any]]]:
    """List every decision of a plan by its id, with the words that would be sent."""
    said = {one.decision_id: {"message": one.message,
                              "expected_effect": asdict(one.expected_effect)}
            for one in plan.suggestions}
    return [(str(record["decision_id"]), record | said.get(record["decision_id"], {}))
            for record in plan.records]


def keep(writing: Writing, decisions: list[tuple[str, dict[str, Any]]], now_ms: int) -> None:
    """Keep decisions, so that they can be sent by their id, and weighed later."""
    Casework(writing.store, writing.key).suggest(decisions, now_ms)


@dataclass(frozen=True)
class Sorted:
    """What becomes of decisions that somebody wants to send.

    Parameters
    ----------
    answer : dict
        ``sent``, ``held_out``, ``refused``, as the contract has them.
    fresh : tuple of Kept
        Those of the first two that the journal has not logged yet.
    """

    answer: dict[str, Any]
    fresh: tuple[Kept, ...]


def sort_out(store: Store, key: int, decision_ids: list[str], now_ms: int) -> Sorted:
    """Say what becomes of decisions if they are sent now; nothing is written.

    Who may not be written to is refused whether he was held out or not: what is measured later
    must not tell the two apart by anything but the draw. What was logged before stays as it was.
    Of two decisions about one member the second counts only where it knew of the first: one that
    was made before the other was sent is refused.
    """
    names = list(dict.fromkeys(decision_ids))
    kept = Casework(store, key).suggested(names)
    logged = _logged(store, key, names)
    members = {one.member for one in kept.values()}
    recipients = Recipients(store, key)
    refusals, families = recipients.refusals(members, now_ms), recipients.families(members)
    last_ms = recipients.last_decided(members)
    answer: dict[str, Any] = {"sent": [], "held_out": [], "refused": []}
    fresh = []
    for name in names:
        one = kept.get(name)
        code = "unknown" if one is None else "" if name in logged else _refusal(
            one, refusals, last_ms, now_ms)
        if one is None or code:
            answer["refused"].append({"id": name, "code": code})
            continue
        answer["sent" if one.body["holdout"] == "none" else "held_out"].append(name)
        if name not in logged:
            fresh.append(one)
            last_ms |= dict.fromkeys(families[one.member], max(now_ms, one.at_ms))
    return Sorted(answer, tuple(fresh))


def _refusal(
    one: Kept, refusals: dict[int, str], last_ms: dict[int, int], now_ms: int
) -> str:
    """Say why a decision is not sent; empty: it is."""
    if one.body["holdout"] == "none" and one.body["mission_id"] == NOBODY:
        return "nothing_offered"
    if now_ms >= one.at_ms + SEND_WITHIN_MS:
        return "expired"
    code = refusals.get(one.member, "")
    return code or (IN_COOL_OFF if last_ms.get(one.member, -1) >= one.at_ms else "")


def send(writing: Writing, decision_ids: list[str], now_ms: int) -> dict[str, Any]:
    """Log decisions, put what is to be sent into the outbox, and say what becomes of each.

    Asking again changes nothing. A program without a webhook sends by itself, from the answer:
    nothing lies in the outbox for it, and a webhook that is set up later finds nothing old there.
    """
    found = sort_out(writing.store, writing.key, decision_ids, now_ms)
    _append(writing, "missions", [_mission(one, now_ms) for one in found.fresh], now_ms)
    sent = [one for one in found.fresh if one.body["holdout"] == "none"]
    if Relay(writing.store, writing.key).is_on():
        Outbox(writing.store, writing.key).add([_message(writing, one, now_ms) for one in sent])
    _append(writing, "deliveries", [
        {"decision_id": one.decision_id, "status": "queued", "at": rfc3339(now_ms)}
        for one in sent], now_ms)
    return found.answer


def _message(writing: Writing, one: Kept, now_ms: int) -> Message:
    program_id, until_ms = writing.program.program_id, one.at_ms + SEND_WITHIN_MS
    data = {"program_id": program_id, **{name: one.body.get(name) for name in _TOLD},
            "valid_until": rfc3339(until_ms)}
    return message_of(program_id, MISSION_SEND, one.decision_id, one.member, data, now_ms,
                      until_ms)


def _mission(one: Kept, now_ms: int) -> dict[str, Any]:
    status = "sent" if one.body["holdout"] == "none" else "held_out"
    row = one.body | {"decided_at": rfc3339(now_ms), "status": status}
    return {name: row.get(name) for name in _LOGGED}


def _append(writing: Writing, table: str, rows: list[dict[str, Any]], now_ms: int) -> None:
    if not rows:
        return
    owner = {"program_id": writing.program.program_id}
    _, rejects = writing.rows(table, pd.DataFrame([owner | row for row in rows]),
                              arrival_ms=now_ms)
    if len(rejects):
        raise Unavailable(f"rows of {table} as the contract has them",
                          str(rejects["sentence"].iloc[0]), "report it: nothing was sent")


def _logged(store: Store, key: int, names: list[str]) -> set[str]:
    """Decisions that the journal has logged."""
    found: set[str] = set()
    for start in range(0, len(names), ASKED):
        some = names[start:start + ASKED]
        marks = ", ".join("?" * len(some))
        found.update(name for (name,) in store.rows(
            "SELECT e.name FROM entities e JOIN missions m ON m.program = e.program "
            "AND m.decision_id = e.number WHERE e.program = ? AND e.kind = 'decision' "
            f"AND e.name IN ({marks})", (key, *some)))
    return found


def knows(store: Store, key: int, decision_id: str) -> bool:
    """Whether a decision was ever suggested or logged."""
    return bool(Casework(store, key).suggested([decision_id])
                or _logged(store, key, [decision_id]))


def last_suggestion(store: Store, key: int, member: int) -> dict[str, Any] | None:
    """Show the newest decision on a member and how far it is; None where nothing was offered."""
    one = Casework(store, key).last_suggested(member)
    if one is None or (one.body["holdout"] == "none" and one.body["mission_id"] == NOBODY):
        return None
    told = store.rows(
        "SELECT d.status FROM entities e JOIN deliveries d ON d.program = e.program "
        "AND d.decision_id = e.number WHERE e.program = ? AND e.kind = 'decision' "
        "AND e.name = ? ORDER BY d.place DESC, d.seq DESC LIMIT 1", (key, one.decision_id))
    first = "suggested" if one.body["holdout"] == "none" else "held_out"
    return {name: one.body.get(name) for name in (
        "decision_id", "mission_id", "holdout", "channel", "message", "expected_effect",
        "propensity", "cost_points")} | {
        "suggested_at": rfc3339(one.at_ms),
        "status": DELIVERY_STATUSES[told[0][0]] if told else first}
