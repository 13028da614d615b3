"""Every hold ends: by its time, by the fact it waited for, or by an alarm that explains it.

Done by the writing thread between requests, some at a time, each as a decision like any other: in
the journal, in the feed of outcomes, and seen by the next event. A hold that was ended is not
found again, so that a crash, a restart or a second replica repeats nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from features.places import known_place
from features.store.head import read_head, taught_since
from features.store.schema import DECISIONS
from models.decision import BEHAVIOUR
from models.proof import SELF_CODES
from serving.archive import Archive
from serving.codefacts import CodeFacts
from serving.commits import Commits, Work
from serving.forgiven import Forgiven
from serving.held import Held, bits_of, grounds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.head import Head
    from features.store.journal import Journal
    from features.store.store import Store
    from features.store.writing import Writing
    from models.policy import Policy
    from serving.archive import StoredEvent
    from serving.held import Awaiting, Due
    from serving.live import Live

BATCH: Final = 50
"""Holds ended in one transaction: some milliseconds in which no verdict is given."""
SHARE: Final = 0.005
"""Of the writing thread's time for the search for facts: 10,000 events that wait take 13 ms."""
ANYWAY_MS: Final = 60_000
"""A row may say that it is known later on: looked for now and then though nothing was taught."""
BY: Final = "jaga"
TIME_RELEASES: Final = "time: the hold ran out and nothing more spoke against the event"
TIME_KEEPS: Final = "time: the hold ran out and what it waited for did not come"
DOCUMENT_RELEASES: Final = "document: the partner showed one, and nothing more was asked for"
FACT_RELEASES: Final = "fact came: the code is known and was dispatched before it was scanned"
FACT_KEEPS: Final = {
    "code_void": "fact came: the code is void",
    "code_credited_other": "fact came: the code was credited to another member",
    "code_credited_self": "fact came: the member has the points of this code already",
    "code_not_dispatched": "fact came: the code was scanned before it was dispatched",
    "code_unknown": "fact came: the code was never printed",
}


class Holds:
    """Ends the holds of one program.

    Parameters
    ----------
    live : Live
        Used by the writing thread only.
    batch : int
        Holds ended in one transaction.
    share : float
        Of the writing thread's time that the search for facts may take.
    """

    def __init__(self, live: Live, batch: int = BATCH, share: float = SHARE) -> None:
        self._live = live
        self._commits = Commits(live)
        self._batch = batch
        self._seen: Head | None = None
        self._asked_ms = 0
        self._share = share
        self._free_at = 0.0
        self._forgiven = Forgiven(live, batch)

    def rest(self, now_ms: int) -> int:
        """End a batch of what is due, and of what has its fact; how many cases were touched."""
        return self.meet_facts(now_ms) + self.meet_alarms(now_ms) + self.end_due(now_ms)

    def meet_alarms(self, now_ms: int) -> int:
        """Look at a batch of events that an alarm on the file of codes may explain; 0: none left.

        Raises
        ------
        JagaError
            Where the transaction failed; then nothing has changed.
        """
        if not self._forgiven.is_due():
            return 0
        return self._do(lambda writing: self._forgiven.release(writing, BY, now_ms))

    def end_due(self, now_ms: int) -> int:
        """End a batch of holds whose time has passed; 0 once there is none left.

        What was only observed, or let through, has no points to give back: its case closes. A
        case with an appeal stays open, and one whose points are kept though the partner showed
        something that nobody has looked at.

        Raises
        ------
        JagaError
            Where the transaction failed; then nothing has changed.
        """
        with self._live.journal.database.reading() as store:
            if not Held(store, self._live.journal.key).due(now_ms, 1):
                return 0
        return self._do(lambda writing: _end_due(writing, now_ms, self._batch))

    def meet_facts(self, now_ms: int) -> int:
        """Look again at a batch of events of whose code a row has come; 0 for none left.

        Raises
        ------
        JagaError
            Where the transaction failed; then nothing has changed.
        """
        started = time.monotonic()
        if started < self._free_at or not self._has_come(now_ms):
            return 0
        self._free_at = started
        return self._do(lambda writing: self._meet(writing, now_ms))

    def _has_come(self, now_ms: int) -> bool:
        """Whether a row of a code came that an event waits for.

        The longer it takes to say so, the longer it is not asked again.
        """
        started = time.monotonic()
        with self._live.journal.database.reading() as store:
            head = read_head(store, self._live.journal.key)
            if not self._may_have_come(store, now_ms):
                return False
            self._asked_ms = now_ms
            found = Held(store, self._live.journal.key).arrived(known_place(now_ms), 1)
        ended = time.monotonic()
        self._free_at = ended + (ended - started) * (1 / self._share - 1)
        if not found:
            self._seen = head
        return bool(found)

    def _may_have_come(self, store: Store, now_ms: int) -> bool:
        if self._seen is None or now_ms - self._asked_ms >= ANYWAY_MS:
            return True
        return taught_since(store, self._live.journal.key, self._seen) is not False

    def _do(self, act: Callable[[Writing], int]) -> int:
        (result,) = self._commits.commit([Work(act, alone=True)])
        if isinstance(result, BaseException):
            raise result
        return int(result)

    def _meet(self, writing: Writing, now_ms: int) -> int:
        found = Held(writing.store, writing.key).arrived(known_place(now_ms), self._batch)
        facts = CodeFacts(writing, self._live.state, known_place(now_ms))
        for awaiting in found:
            _look_again(writing, facts, awaiting, self._live.bundle.policy, now_ms)
        return len(found)


def end_all_due(journal: Journal, now_ms: int) -> int:
    """End every hold whose time has passed, where no service does; how many decisions that made.

    Those count too that a run which was cut off made at the same moment.

    Raises
    ------
    Unavailable
        Where another process holds the right to write: a service ends them by itself.
    """
    some = BATCH
    while some:
        with journal.begin() as writing:
            some = _end_due(writing, now_ms, BATCH)
    with journal.database.reading() as store:
        return int(store.rows('SELECT COUNT(*) FROM decisions WHERE program = ? AND "by" = ? '
                              "AND at_ms = ?", (journal.key, BY, now_ms))[0][0])


def _end_due(writing: Writing, now_ms: int, limit: int) -> int:
    due = Held(writing.store, writing.key).due(now_ms, limit)
    events = Archive(writing.store, writing.key).events([case.event for case in due])
    by_number = {event.number: event for event in events}
    for case in due:
        _end(writing, case, by_number.get(case.event), now_ms)
    return len(due)


def _end(writing: Writing, case: Due, event: StoredEvent | None, now_ms: int) -> None:
    held = Held(writing.store, writing.key)
    is_kept = case.keeps and event is not None and event.status == "held"
    if event is not None and event.status == "held":
        reason = TIME_KEEPS if case.keeps else TIME_RELEASES
        _decide(writing, event, case.keeps, reason, now_ms)
    held.end(case.event, is_open=held.is_appealed(case.event) or (
        is_kept and held.has_evidence(case.event)))


def meet_document(writing: Writing, event: StoredEvent, now_ms: int) -> bool:
    """End the wait of an event that a document ends by the policy; whether it did.

    Only a step up is such a wait: its points would be given by time anyway. What is held on any
    other ground waits for a person to look at the document.
    """
    held = Held(writing.store, writing.key)
    if event.status != "held" or not held.only_waits_for_document(event.number):
        return False
    _decide(writing, event, False, DOCUMENT_RELEASES, now_ms)
    held.end(event.number, is_open=held.is_appealed(event.number))
    return True


def _decide(writing: Writing, event: StoredEvent, keeps: bool, reason: str, now_ms: int) -> None:
    """Write what becomes of held points; of a hold in part, the other part was given before."""
    given = event.points - event.points_held
    status = "released" if not keeps else "partial" if given > 0 else "kept"
    writing.decision(event.event_id, DECISIONS.index(status), by=BY, reason=reason, at_ms=now_ms,
                     points_final=given if keeps else event.points)


def _look_again(
    writing: Writing, facts: CodeFacts, awaiting: Awaiting, policy: Policy, now_ms: int
) -> None:
    """Judge the claim of a code again by what came, and act where it is settled now."""
    held = Held(writing.store, writing.key)
    event = Archive(writing.store, writing.key).event(awaiting.event)
    if event is None:
        held.end(awaiting.event, is_open=False)
        return
    proofs = facts.proofs(event, awaiting.code)
    left = awaiting.grounds & ~bits_of(("missing_fact",))
    if proofs.hard:
        if event.status == "held":
            _decide(writing, event, True, FACT_KEEPS[proofs.hard[0]], now_ms)
        held.end(awaiting.event, is_open=not set(proofs.hard) <= SELF_CODES)
    elif proofs.missing:
        held.looked_at(awaiting.event, writing.appender.last_seq, known_place(now_ms))
    elif left:
        held.lift(awaiting.event, left, _keeps(policy, grounds_of(left)))
    else:
        if event.status == "held":
            _decide(writing, event, False, FACT_RELEASES, now_ms)
        held.end(awaiting.event, is_open=held.is_appealed(awaiting.event))


def _keeps(policy: Policy, grounds: tuple[str, ...]) -> bool:
    """Whether the points are kept when a hold on these grounds runs out."""
    after: dict[str, Any] = dict.fromkeys(BEHAVIOUR, policy.after_hold.behaviour)
    after |= {"step_up": "release", "degraded": "release", "cap": policy.after_hold.cap,
              "proof": policy.after_hold.proof, "watch": policy.after_hold.behaviour}
    return "keep" in {after[ground] for ground in grounds}
