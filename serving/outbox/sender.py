"""Hands over what is due: looks once more, posts, and writes down what came of it.

A message is taken for some seconds before it is posted and leaves the outbox in the transaction
that notes it as sent. Whoever dies in between leaves it there: it is posted again, under the same
id. Several processes on one database never take the same message.
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

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from features.store.journal import Journal
    from features.store.writing import Writing
    from serving.outbox.message import Message
    from serving.outbox.webhook import Answer

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
    """A message and what came of it; None: it was not tried, its look is too old."""

    message: Message
    answer: Answer | None


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
            return bool(Outbox(store, self._journal.key).due(now_ms, 1))

    def _turn(self, tally: Tally, takes: bool, writing: Writing) -> list[Message]:
        """Note what came of the last batch, and take the next one."""
        now_ms = self._clock()
        outbox = Outbox(writing.store, writing.key)
        told = [self._settle(outbox, one, tally, now_ms) for one in self._tried]
        taken: list[Message] = []
        if takes and now_ms >= self._rests_until_ms:
            taken = self._take(writing, outbox, told, tally, now_ms)
        _tell(writing, [row for row in told if row], now_ms)
        return taken

    def _settle(
        self, outbox: Outbox, one: Tried, tally: Tally, now_ms: int
    ) -> tuple[Message, str, str] | None:
        """Note what came of a message; the delivery to tell of, None where there is none yet."""
        message, answer = one.message, one.answer
        if answer is None:
            outbox.put_off([message.number], now_ms)
            return None
        if answer.taken:
            outbox.remove([message.number])
            tally.sent += 1
            return message, "sent", ""
        tally.failed += 1
        tries = message.tries + 1
        if tries < TRIES:
            outbox.failed(message.number, tries, answer.code, now_ms + wait_ms(
                message.message_id, tries, answer.retry_after_ms))
            return None
        outbox.failed(message.number, tries, answer.code, None)
        tally.dead += 1
        return message, "failed", answer.code

    def _take(
        self, writing: Writing, outbox: Outbox, told: list[Any], tally: Tally, now_ms: int
    ) -> list[Message]:
        """Look once more at what is due: take it, drop it, or put it off.

        Of a receiver that was down, one message asks whether it is back.
        """
        gate = Gate(writing.store, writing.key, writing.program)
        taken = []
        for ruling in gate.rule(outbox.due(now_ms, 1 if self._failures else BATCH), now_ms):
            message = ruling.message
            if ruling.word == "send":
                taken.append(message)
            elif ruling.until_ms is not None:
                outbox.put_off([message.number], ruling.until_ms)
                tally.waiting += 1
            else:
                outbox.remove([message.number])
                tally.drop(ruling.code)
                if ruling.code != DONE:
                    told.append((message, "failed", ruling.code))
        outbox.put_off([message.number for message in taken], now_ms + self._lease_ms)
        return taken

    def _posted(self, receiver: Receiver, messages: list[Message]) -> list[Tried]:
        looked = time.monotonic()

        def post(message: Message) -> Tried:
            is_fresh = time.monotonic() - looked < FRESH_S
            return Tried(message, receiver.post(message) if is_fresh else None)

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


def _tell(writing: Writing, told: list[tuple[Message, str, str]], now_ms: int) -> None:
    """Write what became of missions into the journal's deliveries, where members' rows see it."""
    rows = [{"program_id": writing.program.program_id, "decision_id": message.ref,
             "status": status, "at": rfc3339(now_ms), "code": code or None}
            for message, status, code in told if message.kind == MISSION_SEND]
    if rows:
        writing.rows("deliveries", pd.DataFrame(rows), arrival_ms=now_ms)
