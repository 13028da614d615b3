"""Asks partners for proof: a message to each, and the clock of the case stands still meanwhile."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from models.answers import rfc3339
from serving.outbox.message import PROOF_ASKED, message_of
from serving.outbox.outbox import Outbox
from serving.outbox.relay import Relay
from serving.review.consequence import SEND_PROOF
from serving.review.work import DeskWork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.exports.program import Program
    from features.store.writing import Writing
    from models.texts import Texts
    from serving.review.actions import Action
    from serving.review.picked import Alert

DAY_MS: Final = 86_400_000


def answer_by_ms(alerts: Sequence[Alert], days: int, now_ms: int) -> int:
    """Until when a partner may answer: so many days, but not past the first end of a hold.

    By then his points are given or kept, and he was told of that moment.
    """
    ends = [alert.hold_until_ms for alert in alerts
            if alert.hold_until_ms is not None and alert.hold_until_ms > now_ms]
    return min([now_ms + days * DAY_MS, *ends])


def question(texts: Texts, program: Program, alerts: Sequence[Alert], language: str,
             until_ms: int, text: str = "") -> dict[str, str]:
    """Write the message to one member about his alerts; a reviewer's own words go before ours."""
    day = dt.datetime.fromtimestamp(until_ms / 1000, program.zone).date()
    points = sum(alert.event.points for alert in alerts)
    return {"code": SEND_PROOF, "language": language,
            "text": text or texts.text(SEND_PROOF, language, points=points, date=day)}


def ask_for_proof(writing: Writing, action: Action, alerts: Sequence[Alert], texts: Texts,
                  languages: Mapping[int, str], now_ms: int) -> int:
    """Write one message a member, and stop the clocks; how many messages.

    Without a webhook none is written: the program writes to the partner itself, and what waited
    for a webhook that comes later would be told too late.
    """
    by_member: dict[int, list[Alert]] = {}
    for alert in alerts:
        by_member.setdefault(alert.event.member, []).append(alert)
    work = DeskWork(writing.store, writing.key)
    messages = []
    for member, own in by_member.items():
        until = answer_by_ms(own, int(action.body["days"]), now_ms)
        for alert in own:
            work.ask(alert.event.number, now_ms, until)
        first = own[0].event
        data: dict[str, Any] = {
            "program_id": writing.program.program_id, "member_id": first.member_id,
            "event_ids": [alert.event.event_id for alert in own], "answer_by": rfc3339(until),
            "message": question(texts, writing.program, own, languages[member], until,
                                str(action.body.get("text", "")))}
        made = message_of(writing.program.program_id, PROOF_ASKED, first.event_id, -first.number,
                          data, action.at_ms, until, fact=action.action_id)
        messages.append(replace(made, created_ms=now_ms))
    if not Relay(writing.store, writing.key).is_on():
        return 0
    Outbox(writing.store, writing.key).add(messages)
    return len(messages)
