"""Hands planned decisions over for sending: by the process that holds the right to write.

A run beside a live service has no right to write the journal. Its decisions wait in the diary,
the service takes them from there in its pauses, and a run without a service does the same itself.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from features.errors import Unavailable
from serving.campaigns.diary import STOPPED, Diary
from serving.campaigns.shelf import Shelf
from serving.commits import Commits, Work
from serving.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.journal import Journal
    from features.store.writing import Writing
    from serving.live import Live

BATCH: Final = 200
"""Decisions of one transaction: some ten milliseconds in which no verdict is given."""
POLL_S: Final = 0.05
PATIENCE_S: Final = 60.0
"""How long a run waits for a service that takes nothing."""


def hand_over(writing: Writing, now_ms: int, limit: int = BATCH) -> Counter[str]:
    """Send a batch of the decisions that wait; how many met which end, empty once none is left.

    Those of a campaign that was stopped meanwhile are not sent.
    """
    diary = Diary(writing.store, writing.key)
    waiting = diary.waiting(limit)
    if not waiting:
        return Counter()
    shelf = Shelf(writing.store, writing.key)
    stopped = {name for name in {campaign for campaign, _ in waiting}
               if shelf.find(name).status(now_ms) == "stopped"}
    codes = {decision: STOPPED for campaign, decision in waiting if campaign in stopped}
    answer = send(writing, [decision for campaign, decision in waiting
                            if campaign not in stopped], now_ms)
    codes |= dict.fromkeys(answer["sent"], "sent") | dict.fromkeys(answer["held_out"], "held_out")
    codes |= {refused["id"]: refused["code"] for refused in answer["refused"]}
    diary.settle(codes)
    return Counter(codes.values())


def take_waiting(live: Live, now_ms: int) -> int:
    """Hand a batch over from inside a service, in a pause of its writing thread; how many.

    Raises
    ------
    JagaError
        Where the transaction failed; then nothing has changed.
    """
    with live.journal.database.reading() as store:
        if not Diary(store, live.journal.key).waiting(1):
            return 0
    (found,) = Commits(live).commit(
        [Work(lambda writing: hand_over(writing, now_ms), alone=True)])
    if isinstance(found, BaseException):
        raise found
    return int(found.total())


def left_over(journal: Journal) -> int:
    """Count the decisions of campaigns that wait to be handed over."""
    with journal.database.reading() as store:
        return Diary(store, journal.key).left()


def hand_over_all(
    journal: Journal, now_ms: int, patience_s: float = PATIENCE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Have every decision that waits handed over, here or by the service that may write.

    Raises
    ------
    Unavailable
        Where another process holds the right to write and takes nothing for ``patience_s``
        seconds. Nothing is lost: the decisions wait for the next run, or for the service.
    """
    left, patience = left_over(journal), patience_s
    while left:
        try:
            with journal.begin() as writing:
                hand_over(writing, now_ms)
        except Unavailable as error:
            if patience <= 0:
                raise Unavailable(
                    "decisions of campaigns handed over", f"{left} that wait: {error.came}",
                    "start the service, or end what writes and run again") from error
            sleep(POLL_S)
            patience -= POLL_S
        before, left = left, left_over(journal)
        patience = patience_s if left < before else patience
