"""The step that tells people what is new."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from jaga.nightly.step import Did, nothing
from models.insiders.jobs import insiders_folder
from serving.digest.jobs import NightDigest
from serving.digest.mail import mail_server
from serving.nudges.alarms import refused_messages
from serving.nudges.feed import words
from serving.nudges.kept import FILE, read
from serving.nudges.people import people_inside
from serving.nudges.trends import trends
from serving.settings import read_settings

if TYPE_CHECKING:
    from jaga.nightly.work import Work
    from serving.nudges.nudge import Nudge


def digest(work: Work) -> Did:
    """Send what is new, to everybody who wants it."""
    if not work.journal.program.nightly.digest.is_wanted:
        return nothing("Nobody wants a digest: nightly.digest of program.yaml says who does.")
    settings, kept = read_settings(), read(work.night.folder / FILE)
    people = insiders_folder(work.home, work.program_id)

    def found(language: str) -> list[Nudge]:
        texts = words()
        return [*refused_messages(work.journal, texts, language),
                *people_inside(people, work.program_id, texts, language),
                *trends(work.journal, kept, texts, language)]

    sent = NightDigest(work.journal, work.night.day, work.as_of_ms, found,
                       mail_server(settings.smtp_url), settings.pages_url).send()
    if not sent.new:
        return Did("Nothing is new, so nothing is sent.", ("digests",), asdict(sent))
    return Did(f"{sent.new} new, told by {sent.messages} messages and {sent.mails} letters.",
               ("digests", "outbox"), asdict(sent))
