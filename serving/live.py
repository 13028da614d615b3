"""The heart of serving: one program's journal, state and champion, judged event by event.

Everything here is synchronous and runs in one thread. An event is checked, gets its numbers and
its place, meets every row that was known before that place, is observed, judged and settled, and
lies with its verdict in the open transaction. Where a transaction does not commit, what is known
is made anew.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from features.contract import OUTCOMES
from features.errors import BadCell, JagaError, Unavailable
from features.records import COLUMN
from features.store.settled import refresh
from models.judgement import judge
from serving.judged import NO_VECTOR, SETTLED, Judged, again, kind_of, store
from serving.knowledge import Knowledge
from serving.policies import InForce
from serving.releases import Releases
from serving.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from features.engine.declarations import Catalog
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


class Live(Knowledge):
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
        super().__init__(journal, catalog, snapshots, tail)
        self.degraded = degraded
        self.bundle = bundle
        self.tally = Tally()
        self.mender: Mender | None = None
        self.breaker: Breaker | None = None
        self.earlier: Callable[[str], Bundle] | None = None
        self.succession: Succession | None = None
        self.shadow: Shadow | None = None
        self._next: Bundle | None = None
        self._in_force = InForce()
        self.releases = Releases(journal)

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

