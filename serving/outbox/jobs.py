"""`jaga send`: one pass over the outbox without a service, and looks into it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadConfig, BadInput
from models.answers import rfc3339
from serving.outbox.gate import Gate
from serving.outbox.message import DIGEST, MISSION_SEND, OUTCOME_CHANGED, PROOF_ASKED
from serving.outbox.outbox import Outbox
from serving.outbox.relay import Relay, begin_relay
from serving.outbox.sender import Sender
from serving.tour import read_tour

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.home import Home
    from features.store.journal import Journal
    from features.store.writing import Writing
    from serving.outbox.gate import Ruling
    from serving.outbox.sender import Receiver

RULED: Final = 500
"""Messages looked at in one query."""
SHOWN: Final = 50
"""Messages that are listed; the counts are of all."""


def clock_of(home: Home) -> int:
    """Milliseconds since 1970 UTC by a home's clock; that of a simulated world is set back."""
    return time.time_ns() // 1_000_000 - read_tour(home.path).behind_ms


def send_waiting(
    home: Home, receiver: Receiver | None, program_id: str | None = None,
    clock: Callable[[Home], int] = clock_of,
) -> dict[str, Any]:
    """Hand over what is due; what a program's outbox holds afterwards.

    Parameters
    ----------
    home : Home
    receiver : Receiver or None
        The program's webhook.
    program_id : str or None
        Needed where the home holds several programs.
    clock : callable
        Milliseconds since 1970 UTC of a home.

    Raises
    ------
    BadConfig
        Without a webhook.
    Unavailable
        Where a service holds the right to write: it sends by itself.
    """
    if receiver is None:
        raise BadConfig("JAGA_WEBHOOK_URL", "none",
                        "set it, or look with --dry-run at what waits")
    journal = home.journal(program_id)

    def do(act: Callable[[Writing], Any]) -> Any:
        with journal.begin() as writing:
            return act(writing)

    with home.writer.held():
        begin_relay(journal, clock(home))
        sender = Sender(journal, receiver, do, lambda: clock(home))
        try:
            tally = sender.run()
        finally:
            sender.close()
    return asdict(tally) | counts_of(journal)


def counts_of(journal: Journal) -> dict[str, int]:
    """Count what waits, decisions that are no message yet included, and what was given up."""
    with journal.database.reading() as store:
        waits, dead = Outbox(store, journal.key).counts()
        return {"waiting": waits + Relay(store, journal.key).behind(), "dead": dead}


def would_send(
    home: Home, program_id: str | None = None, clock: Callable[[Home], int] = clock_of
) -> dict[str, Any]:
    """Say what a pass would do with all that waits; nothing is written and nobody named."""
    journal, now_ms = home.journal(program_id), clock(home)
    with journal.database.reading() as store:
        gate = Gate(store, journal.key, journal.program)
        messages = Outbox(store, journal.key).waiting()
        behind = Relay(store, journal.key).behind()
        rulings = [ruling for start in range(0, len(messages), RULED)
                   for ruling in gate.rule(messages[start:start + RULED], now_ms)]
    counts: dict[str, int] = {"send": 0, "wait": 0}
    for ruling in rulings:
        word = f"drop {ruling.code}" if ruling.word == "drop" else ruling.word
        counts[word] = counts.get(word, 0) + 1
    return {"would": counts, "outcomes_in_the_feed": behind,
            "messages": [_ruled(one) for one in rulings[:SHOWN]]}


def _ruled(ruling: Ruling) -> dict[str, Any]:
    message, until = ruling.message, ruling.until_ms
    return {"message_id": message.message_id, "kind": message.kind, "about": message.ref,
            "tries": message.tries, "would": ruling.word, "code": ruling.code or None,
            "until": None if until is None else rfc3339(until)}


def dead_letters(home: Home, program_id: str | None = None) -> dict[str, Any]:
    """List the messages that were given up, the oldest first."""
    journal = home.journal(program_id)
    with journal.database.reading() as store:
        dead = Outbox(store, journal.key).dead()
    return {"dead": len(dead), "messages": [
        {"message_id": one.message_id, "kind": one.kind, "about": one.ref, "tries": one.tries,
         "code": one.code, "written_at": rfc3339(one.created_ms)} for one in dead[:SHOWN]]}


def wake_dead(
    home: Home, program_id: str | None = None, clock: Callable[[Home], int] = clock_of
) -> dict[str, Any]:
    """Give the messages that were given up their tries again.

    Raises
    ------
    Unavailable
        Where a service holds the right to write.
    """
    journal = home.journal(program_id)
    with journal.begin() as writing:
        return {"woken": Outbox(writing.store, writing.key).wake(clock(home))}


def go_back(home: Home, after: int, program_id: str | None = None) -> dict[str, Any]:
    """Have every outcome after a place in the feed told again, as to a receiver restored.

    Raises
    ------
    BadInput
        Where the program has no webhook yet: one that is set up is told of what follows.
    Unavailable
        Where a service holds the right to write.
    """
    journal = home.journal(program_id)
    with journal.begin() as writing:
        relay = Relay(writing.store, writing.key)
        if not relay.is_on():
            raise BadInput("a program with a webhook", "one without",
                           "read /v1/outcomes, or set JAGA_WEBHOOK_URL and start the service")
        Outbox(writing.store, writing.key).drop(OUTCOME_CHANGED)
        relay.go_back(after)
    return counts_of(journal)


def forget(home: Home, program_id: str | None = None) -> dict[str, Any]:
    """Forget a program's webhook and what waits for it; a later one begins from its own start.

    Raises
    ------
    Unavailable
        Where a service holds the right to write.
    """
    journal = home.journal(program_id)
    with journal.begin() as writing:
        outbox = Outbox(writing.store, writing.key)
        waits, dead = outbox.counts()
        for kind in (OUTCOME_CHANGED, MISSION_SEND, PROOF_ASKED, DIGEST):
            outbox.drop(kind)
        Relay(writing.store, writing.key).end()
    return {"dropped": waits + dead}
