"""Once a night: what is new leaves, by webhook through the outbox and by e-mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadConfig
from serving.digest.letter import letter_of
from serving.digest.mail import NAME
from serving.digest.sent import Digest, Digests
from serving.nudges.feed import awake, words
from serving.outbox.message import DIGEST, message_of
from serving.outbox.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.journal import Journal
    from serving.digest.letter import Letter
    from serving.digest.mail import MailServer
    from serving.nudges.nudge import Nudge
    from serving.outbox.message import Message

    Found = Callable[[str], list[Nudge]]

DAY_MS: Final = 86_400_000
WORTH_DAYS: Final = 2
"""After so long the next digests have told it: what the webhook did not take by then goes."""


@dataclass(frozen=True)
class Sent:
    """What became of the digest of a night; the same however often it is asked for."""

    new: int
    standing: int
    messages: int
    mails: int


class NightDigest:
    """The digest of one night of one program.

    Parameters
    ----------
    journal : Journal
    night : str
        Its day.
    at_ms : int
        The night's moment.
    found : callable
        Everything to be looked at that night, in a language.
    server : MailServer or None
        Where e-mail is handed over.
    pages_url : str
        Origin of the pages.
    """

    def __init__(self, journal: Journal, night: str, at_ms: int, found: Found,
                 server: MailServer | None = None, pages_url: str = "") -> None:
        self._journal = journal
        self._night = night
        self._at_ms = at_ms
        self._found = found
        self._server = server
        self._pages_url = pages_url

    def send(self) -> Sent:
        """Have it leave; what left before, in the same night, does not leave again.

        Raises
        ------
        BadConfig
            Where the program names recipients and there is no mail server.
        Unavailable
            Where the mail server does not take a letter; run again, the others are not repeated.
        """
        wanted = self._journal.program.nightly.digest
        if wanted.recipients and self._server is None:
            raise BadConfig(f"{NAME} for the recipients of the digest", "none",
                            "set it, or take the recipients out of program.yaml")
        new, still = self._decide()
        for recipient in wanted.recipients if new else ():
            language = words().language(recipient.language, *self._journal.program.languages)
            self._mail(recipient.address, self._letter(language, new, still))
        return Sent(len(new), still, int(wanted.webhook and bool(new)),
                    len(wanted.recipients) if new else 0)

    def _decide(self) -> tuple[frozenset[str], int]:
        """Keys that are new, and how many others stand; kept once, with the message to send."""
        now = tuple(one.key for one in self._awake(None))
        key, wanted = self._journal.key, self._journal.program.nightly.digest
        with self._journal.database.writing() as store:
            store.take_turn(key)
            digests = Digests(store, key)
            made = digests.find(self._night) or Digest(self._night, self._at_ms, now, ())
            before = digests.before(made.at_ms)
            new = frozenset(made.nudges) - frozenset(before.nudges if before else ())
            still = len(made.nudges) - len(new)
            if digests.find(self._night) is None:
                digests.add(made)
                if new and wanted.webhook:
                    Outbox(store, key).add([self._message(new, still)])
        return new, still

    def _message(self, new: frozenset[str], still: int) -> Message:
        """The digest as a message, its words in every language of the program."""
        program = self._journal.program
        letters: dict[str, Any] = {}
        for language in program.languages:
            spoken = words().language(language)
            letters[language] = self._letter(spoken, new, still)._asdict()
        data = {"program_id": program.program_id, "night": self._night, "standing": still,
                "nudges": [one.to_json() for one in self._awake(None) if one.key in new],
                "letters": letters}
        return message_of(program.program_id, DIGEST, self._night, 0, data, self._at_ms,
                          self._at_ms + WORTH_DAYS * DAY_MS)

    def _letter(self, language: str, new: frozenset[str], still: int) -> Letter:
        told = [one for one in self._awake(language) if one.key in new]
        return letter_of(self._journal.program.name, self._night, told, still, words(), language,
                         self._pages_url)

    def _mail(self, address: str, letter: Letter) -> None:
        """Hand one letter over, unless a server has it already."""
        assert self._server is not None
        letter_id = self._letter_id(address)
        with self._journal.database.reading() as store:
            made = Digests(store, self._journal.key).find(self._night)
        if made is not None and letter_id in made.mails:
            return
        self._server.send(address, letter, letter_id, self._at_ms)
        with self._journal.database.writing() as store:
            store.take_turn(self._journal.key)
            Digests(store, self._journal.key).mailed(self._night, letter_id)

    def _letter_id(self, address: str) -> str:
        parts = (self._journal.program.program_id, self._night, address)
        return "digest." + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]

    def _awake(self, language: str | None) -> list[Nudge]:
        spoken = words().language(language, *self._journal.program.languages)
        return awake(self._journal, self._found(spoken), self._at_ms).nudges
