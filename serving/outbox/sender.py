"""Hands over what is due: looks once more, posts, and writes down what came of it.

A message is taken for some seconds before it is posted and leaves the outbox in the transaction
that notes it as sent. Whoever dies in between leaves it there: it is posted again, under the same
id. Several processes on one database never take the same message; one that comes back too late
finds that another has it, and settles nothing but what it knows: that it was taken.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from models.answers import rfc3339
from serving.outbox.gate import DONE, Gate
from serving.outbox.message import MISSION_SEND
from serving.outbox.outbox import Outbox
from serving.outbox.patience import TRIES, rest_ms, wait_ms
from serving.outbox.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from features.store.journal import Journal
    from features.store.writing import Writing
    from serving.outbox.message import Message
    from serving.outbox.webhook import Answer

    Told = tuple[Message, str, str]

    class Receiver(Protocol):
        """Takes messages, as `serving.outbox.webhook.Webhook` does."""

        def post(self, message: Message) -> Answer:
            """Hand one over."""

        def close(self) -> None:
            """Close what is open."""

BATCH: Final = 64
"""Messages of one transaction: what a crash repeats at the most."""
PARALLEL: Final = 16
"""Posts at once."""
FRESH_S: Final = 5.0
"""How old the last look at a member may be when his message is posted."""
LEASE_MS: Final = 60_000
"""How long a message is taken for: longer than a batch of slow posts lasts."""


@dataclass
class Tally:
    """What a pass did."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    waiting: int = 0

    def drop(self, code: str) -> None:
        """Count a message that is not sent, by its reason."""
        self.dropped[code] = self.dropped.get(code, 0) + 1


@dataclass(frozen=True)
class Tried:
    """A message and what came of it.

    Parameters
    ----------
    message : Message
    answer : Answer or None
        None: it was not tried, its look is too old.
    until_ms : int
        Until when it was taken; as long as the outbox says the same, nobody else has it.
    """

    message: Message
    answer: Answer | None
    until_ms: int


class Sender:
    """Sends the messages of one program.

    Parameters
    ----------
    journal : Journal
    receiver : Receiver or None
        None: the program sends by itself, from the answers it got; what it had the time to send
        leaves the outbox.
    do : callable
        Does an act inside a transaction of the journal, durable on return.
    clock : callable
        The program's, milliseconds since 1970 UTC.
    lease_ms : int
        How long a message stays taken where its taker dies.
    """

    def __init__(
        self, journal: Journal, receiver: Receiver | None,
        do: Callable[[Callable[[Writing], Any]], Any], clock: Callable[[], int],
        lease_ms: int = LEASE_MS,
    ) -> None:
        self._journal = journal
        self._receiver = receiver
        self._do = do
        self._clock = clock
        self._lease_ms = lease_ms
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="sender")
        self._tried: list[Tried] = []
        self._until_ms = 0
        self._failures = 0
        self._rests_until_ms = 0

    def run(self, goes_on: Callable[[], bool] = lambda: True) -> Tally:
        """Send until nothing is due, the receiver needs rest, or ``goes_on`` says no."""
        tally = Tally()
        if self._receiver is None:
            self._tidy()
            return tally
        while self._tried or (goes_on() and self._is_due()):
            taken = self._do(partial(self._turn, tally, goes_on()))
            self._tried = self._posted(self._receiver, taken)
            self._heed([one.answer for one in self._tried if one.answer])
        return tally

    def _tidy(self) -> None:
        now_ms, key = self._clock(), self._journal.key
        with self._journal.database.reading() as store:
            is_due = Outbox(store, key).has_late(now_ms)
        if is_due:
            self._do(lambda writing: Outbox(writing.store, key).remove_late(now_ms))

    def close(self) -> None:
        """Let the posts that are on their way end."""
        self._pool.shutdown()
        if self._receiver is not None:
            self._receiver.close()

    def _is_due(self) -> bool:
        now_ms = self._clock()
        if now_ms < self._rests_until_ms:
            return False
        with self._journal.database.reading() as store:
            key = self._journal.key
            return bool(Outbox(store, key).due(now_ms, 1)) or Relay(store, key).is_due()

    def _turn(self, tally: Tally, takes: bool, writing: Writing) -> list[Message]:
        """Note what came of the last batch, and take the next one."""
        now_ms = self._clock()
        outbox = Outbox(writing.store, writing.key)
        told = self._settle(outbox, tally, now_ms)
        taken: list[Message] = []
        if takes and now_ms >= self._rests_until_ms:
            Relay(writing.store, writing.key).put(writing.program.program_id, now_ms)
            taken = self._take(writing, outbox, told, tally, now_ms)
        _tell(writing, told, now_ms)
        return taken

    def _settle(self, outbox: Outbox, tally: Tally, now_ms: int) -> list[Told]:
        """Note what came of the last batch; the deliveries to tell of."""
        until = outbox.taken_until([one.message.message_id for one in self._tried])
        is_up = any(one.answer is not None and one.answer.taken for one in self._tried)
        told = []
        for one in self._tried:
            name = one.message.message_id
            is_mine = until.get(name) == one.until_ms
            if one.answer is None:
                if is_mine:
                    outbox.put_off([name], now_ms)
            elif one.answer.taken:
                if name in until:
                    outbox.remove(one.message)
                    tally.sent += 1
                    told.append((one.message, "sent", ""))
            elif is_mine and self._fail(outbox, one.message, one.answer, is_up, tally, now_ms):
                told.append((one.message, "failed", one.answer.code))
        return told

    @staticmethod
    def _fail(
        outbox: Outbox, message: Message, answer: Answer, is_up: bool, tally: Tally, now_ms: int
    ) -> bool:
        """Note a try in vain; whether the message is given up.

        A receiver that takes nothing at all says nothing of this message: such a try does not
        count, so that what must arrive outlives any outage.
        """
        tally.failed += 1
        tries = message.tries + (is_up or not answer.is_down)
        if tries < TRIES:
            wait = wait_ms(message.message_id, max(tries, 1), answer.retry_after_ms)
            outbox.failed(message.message_id, tries, answer.code, now_ms + wait)
            return False
        outbox.failed(message.message_id, tries, answer.code, None)
        tally.dead += 1
        return True

    def _take(
        self, writing: Writing, outbox: Outbox, told: list[Told], tally: Tally, now_ms: int
    ) -> list[Message]:
        """Look once more at what is due: take it, drop it, or put it off.

        Of a receiver that was down, one message asks whether it is back.
        """
        gate = Gate(writing.store, writing.key, writing.program)
        taken = []
        due = outbox.probe(now_ms) if self._failures else outbox.urgent(now_ms, BATCH)
        for ruling in gate.rule(due, now_ms):
            message = ruling.message
            if ruling.word == "send":
                taken.append(message)
            elif ruling.until_ms is not None:
                outbox.put_off([message.message_id], ruling.until_ms)
                tally.waiting += 1
            else:
                outbox.remove(message)
                tally.drop(ruling.code)
                if ruling.code != DONE:
                    told.append((message, "failed", ruling.code))
        self._until_ms = now_ms + self._lease_ms
        outbox.put_off([message.message_id for message in taken], self._until_ms)
        return taken

    def _posted(self, receiver: Receiver, messages: list[Message]) -> list[Tried]:
        looked = time.monotonic()

        def post(message: Message) -> Tried:
            is_fresh = time.monotonic() - looked < FRESH_S
            answer = receiver.post(message) if is_fresh else None
            return Tried(message, answer, self._until_ms)

        return list(self._pool.map(post, messages))

    def _heed(self, answers: list[Answer]) -> None:
        """Leave a receiver in peace that is down: longer each time, and as long as it asks."""
        down = [answer for answer in answers if answer.is_down]
        if not answers:
            return
        if not down:
            self._failures = 0
            return
        self._failures += 1
        asked = max(answer.retry_after_ms for answer in down)
        self._rests_until_ms = self._clock() + rest_ms(self._failures, asked)


def _tell(writing: Writing, told: list[Told], now_ms: int) -> None:
    """Write what became of missions into the journal's deliveries, where members' rows see it."""
    rows = [{"program_id": writing.program.program_id, "decision_id": message.ref,
             "status": status, "at": rfc3339(now_ms), "code": code or None}
            for message, status, code in told if message.kind == MISSION_SEND]
    if rows:
        writing.rows("deliveries", pd.DataFrame(rows), arrival_ms=now_ms)
