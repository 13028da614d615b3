"""Errors of the program's own as they happen: open alarms, and messages that were given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.answers import rfc3339
from models.insiders.words import alarm_texts
from serving.nudges.nudge import Nudge
from serving.outbox.outbox import Outbox

if TYPE_CHECKING:
    from features.alarms import Finding
    from features.store.journal import Journal
    from models.texts import Texts
    from serving.outbox.outbox import Dead

REFUSED = "webhook_refuses"


def refused_messages(journal: Journal, texts: Texts, language: str) -> list[Nudge]:
    """Tell of messages that were given up: points that the program does not know of."""
    with journal.database.reading() as store:
        dead: list[Dead] = Outbox(store, journal.key).dead()
    if not dead:
        return []
    name, code = journal.program.program_id, f"alarm.{REFUSED}"
    return [Nudge(
        f"{code}:program", f"{REFUSED}:program:{name}:{dead[0].created_ms}", code,
        texts.text(code, language, events=len(dead)), texts.text(f"{code}.innocent", language),
        texts.text(f"{code}.next", language), {"kind": "program", "id": name},
        rfc3339(dead[0].created_ms), 0, len(dead), None, size=float(len(dead)), is_urgent=True)]


def alarm_nudge(journal: Journal, found: Finding, texts: Texts, language: str) -> Nudge:
    """Tell of an alarm that is open."""
    name, kind = _name(journal, found), found.subject_kind
    said, innocent = alarm_texts(texts, found, name)
    subject = texts.text(f"alarm.subject.{kind}", language)
    link = "/policy" if found.code == "points_jump" else "/review"
    return Nudge(
        f"alarm.{found.code}:{kind}:{found.subject}",
        f"{found.code}:{kind}:{name}:{found.since_ms}", f"alarm.{found.code}", said[language],
        innocent[language],
        texts.text(f"alarm.{found.code}.next", language, subject=subject, name=name),
        {"kind": kind, "id": name}, rfc3339(found.since_ms), found.members, found.events,
        found.points, money=found.points * journal.program.point_value, size=float(found.events),
        link=f"{link}?program={journal.program.program_id}")


def _name(journal: Journal, found: Finding) -> str:
    if found.subject_kind == "program":
        return journal.program.program_id
    kind, number = found.subject_kind, found.subject
    if kind == "campaign":
        rows = journal.frame("campaigns", columns=["campaign_id"])
        numbers = rows.loc[rows["seq"] == number, "campaign_id"].tolist()
        number = int(numbers[0]) if numbers else 0
    return str(journal.names(kind, np.array([number]))[0])
