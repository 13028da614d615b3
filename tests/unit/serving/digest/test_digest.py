"""The digest: what is new, once a night, to each in his language; else nothing."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default as default_policy
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadConfig, Unavailable
from features.exports.nightly import Nightly
from serving.digest.jobs import NightDigest
from serving.digest.mail import MailServer, mail_server
from serving.digest.sent import Digests
from serving.nudges.nudge import Nudge
from serving.nudges.snoozes import Snoozes
from serving.outbox.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from features.store.journal import Journal

NIGHT_MS = 1_740_873_600_000
DAY_MS = 86_400_000
PEOPLE = [{"address": "rina@firm.example", "language": "id"}, {"address": "ana@firm.example"}]


class Mailbox:
    """A mail server on a port of its own; refuses once more for each of ``refusals``."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refusals: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak as much SMTP (RFC 5321) as a client needs that has one letter."""
        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        await say("220 here")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "RCPT" and self.refusals and self.refusals[0] in line:
                self.refusals.pop(0)
                await say("451 not now")
            elif verb == "DATA":
                await say("354 go on")
                body = b""
                while (part := await reader.readline()) != b".\r\n":
                    body += part
                self.letters.append(message_from_bytes(body, policy=default_policy))
                await say("250 taken")
            elif verb == "QUIT":
                await say("221 bye")
                break
            else:
                await say("250 fine")
        writer.close()


@contextmanager
def running(box: Mailbox) -> Iterator[MailServer]:
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def main() -> None:
        server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    found = mail_server(f"smtp://127.0.0.1:{box.port}?from=jaga@firm.example")
    assert found is not None
    yield found
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def nudge(key: str, language: str = "en", money: float = 1.0) -> Nudge:
    return Nudge(key, key, key.split(":")[0], f"{key} in {language}.", "A feast.", "Look.",
                 {"kind": "region", "id": "java"}, "2025-03-01T00:00:00Z", 0, None, None,
                 money=money, size=money, link="/review?program=acme")


def send(journal: Journal, keys: list[str], days: int = 0, server: MailServer | None = None) -> Any:
    return NightDigest(journal, f"2025-03-{1 + days:02}", NIGHT_MS + days * DAY_MS,
                       lambda language: [nudge(key, language) for key in keys], server,
                       "https://jaga.firm.example/").send()


@pytest.fixture
def journal(world: Any) -> Journal:
    return wanting(world, {"webhook": True})


def wanting(world: Any, digest: dict[str, Any]) -> Journal:
    journal: Journal = world.home.journal()
    journal.program = journal.program.model_copy(
        update={"nightly": Nightly.model_validate({"digest": digest})})
    return journal


def waiting(journal: Journal) -> list[dict[str, Any]]:
    with journal.database.reading() as store:
        return [json.loads(one.body) for one in Outbox(store, journal.key).waiting()]


def test_what_is_new_waits_in_the_outbox_once(journal: Journal) -> None:
    """In every language of the program; the same night again adds nothing."""
    assert send(journal, ["drop:region:1", "leak:sku:2"]).new == 2
    first = waiting(journal)
    assert send(journal, ["drop:region:1", "leak:sku:2"]).new == 2
    assert waiting(journal) == first
    (body,) = first
    assert (body["type"], body["data"]["night"]) == ("copilot.digest", "2025-03-01")
    assert set(body["data"]["letters"]) == {"en", "id"}
    assert "drop:region:1 in id." in body["data"]["letters"]["id"]["text"]
    assert "https://jaga.firm.example/review?program=acme" in body["data"]["letters"]["en"]["text"]
    assert [one["key"] for one in body["data"]["nudges"]] == ["drop:region:1", "leak:sku:2"]


def test_a_message_that_left_is_not_written_again(journal: Journal) -> None:
    """A night that is started again after the webhook took the digest stays silent."""
    send(journal, ["drop:region:1"])
    with journal.database.writing() as store:
        for one in Outbox(store, journal.key).waiting():
            Outbox(store, journal.key).remove(one)
    send(journal, ["drop:region:1"])
    assert waiting(journal) == []


def test_nothing_is_sent_when_nothing_is_new(journal: Journal) -> None:
    """What stands since yesterday is counted and not told; what comes back is new again."""
    send(journal, ["drop:region:1"])
    again = send(journal, ["drop:region:1"], 1)
    assert (again.new, again.standing, again.messages) == (0, 1, 0)
    assert len(waiting(journal)) == 1
    assert send(journal, [], 2).new == 0
    assert send(journal, ["drop:region:1"], 3).new == 1
    assert len(waiting(journal)) == 2


def test_what_sleeps_is_not_in_the_digest(journal: Journal) -> None:
    """If it was put to sleep before the night: what is decided later is not known to it."""
    with journal.database.writing() as store:
        Snoozes(store, journal.key).put("drop:region:1", NIGHT_MS + 9 * DAY_MS, 1.0, "rina",
                                        NIGHT_MS + 1)
    assert send(journal, ["drop:region:1"]).new == 1
    assert send(journal, ["drop:region:1", "leak:sku:2"], 1).new == 1


def test_each_recipient_reads_his_own_language(world: Any) -> None:
    """One letter each, by the server, with an id of its own and no answer wanted."""
    journal, box = wanting(world, {"recipients": PEOPLE}), Mailbox()
    with running(box) as server:
        assert send(journal, ["drop:region:1"], server=server).mails == 2
        assert send(journal, ["drop:region:1"], server=server).mails == 2
    assert [letter["To"] for letter in box.letters] == ["rina@firm.example", "ana@firm.example"]
    assert "drop:region:1 in id." in box.letters[0].get_content()
    assert box.letters[0]["Subject"].startswith("Acme Electricians: 1 hal baru")
    assert "drop:region:1 in en." in box.letters[1].get_content()
    assert len({letter["Message-ID"] for letter in box.letters}) == 2
    assert box.letters[0]["Auto-Submitted"] == "auto-generated"
    assert waiting(journal) == []


def test_a_server_that_refuses_one_gets_only_that_one_again(world: Any) -> None:
    """The step fails and says so; started again, nobody gets a second letter."""
    journal, box = wanting(world, {"recipients": PEOPLE}), Mailbox()
    box.refusals = ["ana@"]
    with running(box) as server:
        with pytest.raises(Unavailable, match="a mail server that takes the digest"):
            send(journal, ["drop:region:1"], server=server)
        assert len(box.letters) == 1
        assert send(journal, ["drop:region:1"], server=server).new == 1
    assert [letter["To"] for letter in box.letters] == ["rina@firm.example", "ana@firm.example"]
    with journal.database.reading() as store:
        made = Digests(store, journal.key).find("2025-03-01")
    assert made is not None
    assert len(made.mails) == 2
    assert "ana" not in str(made)


def test_recipients_need_a_server(world: Any) -> None:
    """Before anything is decided."""
    journal = wanting(world, {"recipients": PEOPLE})
    with pytest.raises(BadConfig, match="JAGA_SMTP_URL"):
        send(journal, ["drop:region:1"])


def test_a_server_elsewhere_is_spoken_to_by_tls_alone() -> None:
    """One that offers no STARTTLS gets nothing; a loopback name is the only exception."""
    box = Mailbox()
    with running(box) as server:
        away = MailServer("127.0.0.2", box.port, False, server.sender)
        with pytest.raises(Unavailable):
            away.send("a@b.example", _letter(), "digest.1", NIGHT_MS)
    assert box.letters == []


def _letter() -> Any:
    from serving.digest.letter import Letter

    return Letter("S", "T\n")


@pytest.mark.parametrize("url", [
    "http://h?from=a@b", "smtps://?from=a@b", "smtps://host", "smtp://h:99999?from=a@b",
    "smtps://h?from=a@b%0aBcc:x",
])
def test_an_address_that_is_none_is_not_repeated(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(BadConfig) as error:
        mail_server(url)
    assert url not in str(error.value)
    assert "secret" not in repr(mail_server("smtps://u%40h:secret@h"))
