"""Nudges: what the program itself should look at, each one sentence with its size and next step.

One for each open alarm on an error of the program's own, whoever it touched, one for messages
that the program's own system refused, and one for each person inside whom the last daily look
found. An alarm's ends by itself when the alarm is over, a
person's when the next look does not find him.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.answers import rfc3339
from models.insiders.jobs import has_looked, newest_findings
from models.insiders.words import alarm_texts
from models.texts import Texts
from serving.outbox.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from features.alarms import Finding
    from serving.live import Live


SOME: Final = "The program's own errors, and people inside for a second pair of eyes."
NO_ALARM: Final = "No nudge: nothing looks like an error of the program's own."
NOBODY: Final = "The last look at people inside found nobody."
NOT_LOOKED: Final = "Nobody has looked at people inside yet: jaga insiders does."
NO_TRENDS: Final = "Jaga does not watch trends yet."


class Nudges:
    """The copilot's feed of one program.

    Parameters
    ----------
    live : Live
        Its alarms are copied before they are read, so that any thread may ask.
    folder : Path or None
        Where the daily look at people inside writes; None: nowhere.
    clock : callable
        Milliseconds since 1970 UTC.
    """

    def __init__(self, live: Live, folder: Path | None, clock: Callable[[], int]) -> None:
        self._live = live
        self._folder = folder
        self._clock = clock

    def feed(self) -> list[dict[str, Any]]:
        """List what to look at now, the program's own errors first, the largest first."""
        texts = self._live.bundle.texts
        if not texts.has("alarm.webhook_refuses.next"):  # words of a bundle from before
            texts = Texts.read()
        language = texts.language(*self._live.journal.program.languages)
        found = self._live.circumstances.alarms.findings(self._clock())
        alarms = sorted((each for each in found if each.until_ms is None),
                        key=lambda each: (-each.events, each.since_ms))
        told = self._refused(texts, language)
        told += [self._alarm(each, texts, language) for each in alarms]
        people = newest_findings(self._folder) if self._folder else []
        return told + [_person(each, texts, language) for each in people]

    def message(self, found: list[dict[str, Any]]) -> str:
        """Say what the feed holds, or what was looked at where it holds nothing."""
        if found:
            return SOME
        looked = self._folder is not None and has_looked(self._folder)
        return f"{NO_ALARM} {NOBODY if looked else NOT_LOOKED} {NO_TRENDS}"

    def _alarm(self, found: Finding, texts: Texts, language: str) -> dict[str, Any]:
        name = self._name(found)
        said, innocent = alarm_texts(texts, found, name)
        subject = texts.text(f"alarm.subject.{found.subject_kind}", language)
        return {
            "nudge_id": f"{found.code}:{found.subject_kind}:{name}:{found.since_ms}",
            "kind": f"alarm.{found.code}", "text": said[language],
            "innocent": innocent[language],
            "next_step": texts.text(f"alarm.{found.code}.next", language, subject=subject,
                                    name=name),
            "subject": {"kind": found.subject_kind, "id": name},
            "since": rfc3339(found.since_ms), "members": found.members,
            "events": found.events, "points": found.points}

    def _refused(self, texts: Texts, language: str) -> list[dict[str, Any]]:
        """Tell of messages that were given up: points that the program does not know of."""
        with self._live.journal.database.reading() as store:
            dead = Outbox(store, self._live.journal.key).dead()
        if not dead:
            return []
        name, code = self._live.journal.program.program_id, "webhook_refuses"
        return [{
            "nudge_id": f"{code}:program:{name}:{dead[0].created_ms}", "kind": f"alarm.{code}",
            "text": texts.text(f"alarm.{code}", language, events=len(dead)),
            "innocent": texts.text(f"alarm.{code}.innocent", language),
            "next_step": texts.text(f"alarm.{code}.next", language),
            "subject": {"kind": "program", "id": name}, "since": rfc3339(dead[0].created_ms),
            "members": 0, "events": len(dead), "points": None}]

    def _name(self, found: Finding) -> str:
        journal = self._live.journal
        if found.subject_kind == "program":
            return journal.program.program_id
        kind, number = found.subject_kind, found.subject
        if kind == "campaign":
            rows = journal.frame("campaigns", columns=["campaign_id"])
            numbers = rows.loc[rows["seq"] == number, "campaign_id"].tolist()
            number = int(numbers[0]) if numbers else 0
        return str(journal.names(kind, np.array([number]))[0])


def _person(found: dict[str, Any], texts: Texts, language: str) -> dict[str, Any]:
    name = found["staff_id"]
    return {
        "nudge_id": f"{found['kind']}:{found['role']}:{name}:{found['as_of_ms']}",
        "kind": f"insider.{found['kind']}",
        "text": found["text"].get(language) or found["text"]["en"],
        "innocent": found["innocent"].get(language) or found["innocent"]["en"],
        "next_step": texts.text("insider.next", language, name=name),
        "subject": {"kind": found["role"], "id": name}, "since": rfc3339(found["as_of_ms"]),
        "members": len(found["members"]), "events": None, "points": None}
