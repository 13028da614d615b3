"""The heart of serving: one program's journal, state and champion, judged event by event.

Everything here is synchronous and runs in one thread. An event is checked, gets its numbers and
its place, meets every row that was known before that place, is observed, judged and settled, and
lies with its verdict in the open transaction. The state is a cache of the journal: where a
transaction does not commit, it is rebuilt.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import OUTCOMES
from features.engine.state import State
from features.errors import BadCell, JagaError, Unavailable
from features.progress import Progress, silent
from features.records import COLUMN, COLUMNS
from features.store.head import Head
from features.store.settled import refresh
from models.judgement import judge
from serving.circumstances import Circumstances
from serving.judged import NO_VECTOR, SETTLED, Judged, again, kind_of, store
from serving.policies import InForce
from serving.releases import Releases
from serving.shared.entry import Entry
from serving.snapshots import Snapshot
from serving.tally import Tally
from serving.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from features.engine.declarations import Catalog
    from features.engine.kernel import Memory
    from features.places import Ints
    from features.store.journal import Journal
    from features.store.writing import PreparedEvent, Writing
    from models.answers import Degraded, Verdict
    from models.bundle import Bundle
    from models.decision import Enforcement
    from models.occasion import Occasion
    from serving.limping.breaker import Breaker
    from serving.limping.mender import Mender
    from serving.shadow import Shadow
    from serving.shared.tail import Tail
    from serving.snapshots import Snapshots
    from serving.succession import Succession

CREDITED: Final = OUTCOMES.index("credited")
_PLACE, _KIND, _OUTCOME = (COLUMN[name] for name in ("place", "kind", "outcome"))


class Live:
    """One program, ready to judge.

    Parameters
    ----------
    journal : Journal
    bundle : Bundle
        Bound to the catalogue.
    catalog : Catalog
        Declared features.
    degraded : str or False
        ``model`` where no champion serves: proof and caps still hold, and every verdict says so.
    snapshots : Snapshots or None
        From which the state is rebuilt; None: always from the whole journal.
    tail : Tail or None
        By which replicas learn of each other's transactions; None: from the journal alone.

    Attributes
    ----------
    mender : Mender or None
        Makes a lost state anew beside the verdicts, and judges meanwhile; None: `begin` makes it.
    breaker : Breaker or None
        Does without models that are slow or fail; None: they are always asked.
    earlier : callable or None
        Finds a bundle that serves no more by its id.
    succession : Succession or None
        Offers the bundle that serves next.
    shadow : Shadow or None
        Has a challenger score what is judged.
    """

    def __init__(
        self, journal: Journal, bundle: Bundle, catalog: Catalog, degraded: Degraded = False,
        snapshots: Snapshots | None = None, tail: Tail | None = None,
    ) -> None:
        self.journal = journal
        self.degraded = degraded
        self.bundle = bundle
        self.catalog = catalog
        self.observed = 0
        self.tally = Tally()
        self.mender: Mender | None = None
        self.breaker: Breaker | None = None
        self.earlier: Callable[[str], Bundle] | None = None
        self.succession: Succession | None = None
        self.shadow: Shadow | None = None
        self._next: Bundle | None = None
        self.recovered = Head()
        self._snapshots = snapshots
        self._tail = tail
        self._settled: list[Ints] = []
        self._in_force = InForce()
        self.releases = Releases(journal)
        self._reset()

    def _reset(self) -> None:
        self.state = State(self.catalog, self.journal.program.timezone)
        self.circumstances = Circumstances()
        self._waiting = Waiting()
        self.head = Head()
        self.is_whole = False

    def rebuild(self, progress: Progress = silent, until: int | None = None) -> int:
        """Make the state anew: the newest snapshot, then what the journal holds after it.

        Parameters
        ----------
        progress : Progress
        until : int or None
            Stand before this place, by the journal alone; None: after the last event.

        Returns
        -------
        int
            Rows that were read.
        """
        done = 0
        self.journal.forget()
        kept = self._snapshots.newest() if self._snapshots and until is None else None
        self.recovered = Head() if kept is None else kept.head
        for records in self._slices(until, kept):
            self._advance(records)
            done += len(records)
            progress("rebuild the state", done, done)
        return done

    def slices(self, until: int | None = None) -> Iterator[Ints]:
        """Start anew and yield the journal's records, for the caller to take into the state.

        What is known later than the last event waits for the next one.
        """
        return self._slices(until, None)

    def _slices(self, until: int | None, kept: Snapshot | None) -> Iterator[Ints]:
        self._reset()
        start = Head()
        if kept is not None:
            self.state, start = kept.state, kept.head
            self.circumstances.remember(kept.personas, kept.tracks_codes, kept.links,
                                        kept.alarms)
        head = self.journal.head if until is None else Head(place=until - 1)
        self.circumstances.learn(self.journal)
        refresh(self.journal)
        for records in self.journal.records(
                start.place, until, after_seq=start.seq,
                arrived_until=head.seq if until is None else None):
            ready = records[:, _PLACE] <= head.place
            self._waiting.add(records[~ready])
            if ready.any():
                yield records[ready]
        self.head = head
        self.is_whole = True

    def adopt(self, other: Live) -> None:
        """Take over the state of another one over the same journal."""
        refresh(self.journal)
        self.state, self.circumstances = other.state, other.circumstances
        self._waiting, self.head, self.recovered = other._waiting, other.head, other.recovered
        self.is_whole = other.is_whole

    def mend(self) -> None:
        """Make the state whole: beside the verdicts where a mender is there, else at once."""
        if self.mender is not None:
            self.mender.mend()
        else:
            self.rebuild()

    def follow(self) -> None:
        """Begin to look who serves next, and who is tried."""
        for follower in (self.succession, self.shadow):
            if follower is not None:
                follower.start()

    def part(self) -> None:
        """Look no more."""
        for follower in (self.succession, self.shadow):
            if follower is not None:
                follower.stop()

    def offer(self, bundle: Bundle | None) -> None:
        """Have a bundle judge from the next transaction on; None takes an offer back.

        Any thread may; the bundle is bound to `catalog` and ready to judge.
        """
        self._next = bundle

    @property
    def is_offered(self) -> bool:
        """Whether another bundle waits to judge."""
        return self._next is not None

    def _succeed(self) -> None:
        """Go on with the bundle that was offered; its policy is read in the transaction."""
        found, self._next = self._next, None
        if found is None:
            return
        self.bundle, self.degraded, self._in_force = found, False, InForce()
        if self.breaker is not None:
            self.breaker.renew()

    def snapshot(self, room: Memory | None = None) -> Snapshot:
        """Copy what is known now, into `State.room`; only while no transaction is open."""
        return Snapshot(self.head, self.state.copy(room), *self.circumstances.remembered())

    @contextmanager
    def begin(self) -> Iterator[Writing]:
        """One transaction in which the state stands exactly where the journal does.

        Raises
        ------
        Unavailable
            Where the database can't, or has lost what this state holds; then nothing is written.
        """
        if not self.is_whole:
            self.mend()
        if self._next is not None:
            self._succeed()
        self._settled = []
        observed = self.observed
        try:
            with self.journal.begin() as writing:
                if self.is_whole or self.mender is None:
                    self._go_to(writing.before)
                else:
                    self.mender.open(writing)
                    refresh(self.journal)
                writing.program = self.journal.program
                self.bundle = self._in_force.heed(writing.store, writing.key, self.bundle)
                self.circumstances.heed(writing.store, writing.key)
                self.releases.open(writing.store)
                yield writing
        except BaseException as error:
            self.is_whole &= self.observed == observed
            if self.mender is not None and not self.is_whole:
                self.mender.lost(error)
            if self.shadow is not None:
                self.shadow.dropped()
            raise
        if self.shadow is not None:
            self.shadow.committed()
        if not self.is_whole and self.mender is not None and writing.before != writing.after:
            self.mender.passed()
        with suppress(JagaError):  # it is committed; the next transaction catches up
            self._pass(writing.before, writing.after, writing.is_taught)

    def catch_up(self) -> bool:
        """Take in what was written to the journal since; whether there was any.

        A row that is known later than the last event waits for the next one.
        """
        head = self.journal.head
        if self.is_whole and head == self.head:
            return False
        if not self.is_whole and self.mender is not None:
            self.mender.mend()
            return False
        try:
            self._go_to(head)
        except Unavailable:
            if self.is_whole:
                raise
            self.mend()
        return True

    def _go_to(self, head: Head) -> None:
        """Take in what other writers committed, up to a head of the journal."""
        if head == self.head and self.is_whole:
            return
        entries = self._tail.leading(self.head, head) if self._tail and self.is_whole else None
        for entry in entries or [self._read(head)]:
            self._take(entry)

    def _read(self, head: Head) -> Entry:
        """Read from the journal what leads to a head, and leave it for the other replicas."""
        found = self.journal.span(self.head, head) if self.is_whole else None
        if found is None:
            self.is_whole = False
            raise Unavailable("a journal that continues what is known of it",
                              "one that has lost its last commits", "try again in a moment")
        entry = Entry(self.head, head, *found)
        if self._tail:
            self._tail.push(entry)
        return entry

    def _take(self, entry: Entry) -> None:
        self.is_whole = False
        self._advance(self._waiting.merge(entry.records, entry.after.place + 1))
        if entry.is_taught:
            self.circumstances.hear(self.journal, entry.records)
            refresh(self.journal)
        self.head = entry.after
        self.is_whole = True

    def _pass(self, before: Head, after: Head, is_taught: bool) -> None:
        """Go on to what this process committed itself, and leave it for the other replicas."""
        if before == after or not self.is_whole:
            return
        if not is_taught:
            self.head = after
            if self._tail:
                records = np.array(self._settled, dtype=np.int64).reshape(-1, len(COLUMNS))
                self._tail.push(Entry(before, after, records, False))
        elif not self._settled:
            self._take(self._read(after))
        else:
            self.is_whole = False

    def judge(
        self, writing: Writing, body: dict[str, Any], now_ms: int,
        enforcement: Enforcement | None = None,
    ) -> bytes:
        """Judge an event inside a transaction; the bytes to answer once it is committed.

        The same event again gets the bytes of the first time.

        Raises
        ------
        BadInput
            Where the body breaks the contract; the error names the field.
        Conflict
            Where the id is taken by another body, or by an event decided elsewhere.
        """
        prepared = writing.event(kind_of(body), body, now_ms)
        if prepared.known:
            return again(writing, prepared)
        judged = self._judged(writing, prepared, enforcement)
        outcome = SETTLED[judged.verdict.verdict.value]
        writing.insert(prepared, outcome)
        store(writing, [(prepared, judged)])
        self._became(prepared, outcome)
        self.tally.note(str(body["kind"]), judged.verdict.verdict.value, judged.verdict.degraded)
        return judged.body

    def _judged(self, writing: Writing, prepared: PreparedEvent,
                enforcement: Enforcement | None) -> Judged:
        """Judge an event: by its features, or by the journal alone while the state is away."""
        if self.is_whole or self.mender is None:
            return self.observe_and_judge(prepared.record, prepared.name, enforcement)
        verdict = self.mender.judge(writing, prepared, self.bundle, enforcement)
        return Judged(verdict, NO_VECTOR, verdict.to_json_bytes())

    def _became(self, prepared: PreparedEvent, outcome: int) -> None:
        """Apply what became of the event just judged; a state that is away reads it later."""
        if self.is_whole or self.mender is None:
            self._settle(prepared.record, outcome)
        else:
            self.mender.note(prepared, outcome)

    def judge_appended(
        self, writing: Writing, appended: Iterable[PreparedEvent],
        enforcement: Enforcement | None,
    ) -> list[Judged]:
        """Judge events that this transaction appended as credited, and correct their outcomes."""
        found = []
        for prepared in appended:
            judged = self.observe_and_judge(prepared.record, prepared.name, enforcement)
            self._settle(prepared.record, SETTLED[judged.verdict.verdict.value])
            found.append((prepared, judged))
        for prepared, judged in found:
            outcome = SETTLED[judged.verdict.verdict.value]
            if outcome != CREDITED:
                writing.store.run(
                    f"UPDATE {prepared.table} SET outcome = ? WHERE program = ? AND place = ? "
                    "AND seq = ?", (outcome, writing.key, prepared.place, prepared.seq))
        store(writing, found)
        return [judged for _, judged in found]

    def observe_and_judge(
        self, record: Ints, event_id: str, enforcement: Enforcement | None
    ) -> Judged:
        """Observe an event at its place and judge it; it must be settled next."""
        vector = self._observe(record)
        around = self.circumstances
        occasion = around.occasion(record, event_id, around.links.rings,
                                   around.alarms.open_for(record))
        if self.bundle.policy.random_release.share:
            occasion = self.releases.told(occasion, int(record[_PLACE]))
        verdict = self._ask(occasion, vector, enforcement)
        self.releases.note(verdict)
        if self.shadow is not None:
            self.shadow.note(record, occasion, vector)
        return Judged(verdict, self.bundle.narrow(vector), verdict.to_json_bytes())

    def _ask(self, occasion: Occasion, vector: Any, enforcement: Enforcement | None) -> Verdict:
        """Ask the models, and do without them where they fail or are slow."""

        def ask(degraded: Degraded) -> Verdict:
            return judge(self.bundle, self.journal.program, occasion, vector,
                         enforcement=enforcement, degraded=degraded)

        if self.breaker is None or self.degraded:
            return ask(self.degraded)
        return self.breaker.guard(ask, self.bundle.policy.fail.model_ms / 1000)

    def take(self, writing: Writing, body: dict[str, Any], now_ms: int) -> bool:
        """Take an event decided elsewhere; whether it is new."""
        word = body.get("outcome") or "credited"
        if word not in OUTCOMES:
            raise BadCell("outcome", f"one of {', '.join(OUTCOMES)}", repr(word)[:50])
        prepared = writing.event(kind_of(body), body, now_ms)
        if prepared.known:
            return False
        outcome = OUTCOMES.index(str(word))
        if self.is_whole or self.mender is None:
            self._observe(prepared.record)
        writing.insert(prepared, outcome)
        self._became(prepared, outcome)
        return True

    def _observe(self, record: Ints) -> Any:
        """Take in every row that comes before an event in the stream, then the event."""
        self.observed += 1
        self._advance(self._waiting.take_before(int(record[_PLACE]) + 1))
        self.circumstances.links.note(record.reshape(1, -1))
        return self.state.observe(record)

    def _settle(self, record: Ints, outcome: int) -> None:
        """Apply what became of the event just observed."""
        settled = record.copy()
        settled[_OUTCOME] = outcome
        self.state.settle(settled)
        self.circumstances.alarms.note(settled)
        self._waiting.meet(settled.reshape(1, -1))
        self._settled.append(settled)

    def _advance(self, records: Ints) -> None:
        if len(records):
            records = self._waiting.complete(records)
            self.state.advance(records)
            self.circumstances.note(records)
