"""The heart of serving: one program's journal, state and champion, judged event by event.

Everything here is synchronous and runs in one thread. An event is checked, gets its numbers and
its place, meets every row that was known before that place, is observed, judged and settled, and
lies with its verdict in the open transaction. The state is a cache of the journal: where a
transaction does not commit, it is rebuilt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from features.contract import EVENT_KINDS, OUTCOMES
from features.engine.state import State
from features.errors import BadCell, Conflict
from features.places import place_ms
from features.progress import Progress, silent
from features.records import COLUMN, KINDS
from features.store.writing import GivenVerdict
from models.answers import Outcome
from models.judgement import judge
from serving.cases import Case
from serving.casework import Casework, Opened
from serving.circumstances import Circumstances
from serving.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from features.engine.declarations import Catalog
    from features.places import Ints
    from features.store.journal import Journal
    from features.store.writing import PreparedEvent, Writing
    from models.answers import Degraded, Verdict
    from models.bundle import Bundle
    from models.decision import Enforcement

SETTLED: Final = {"approve": OUTCOMES.index("credited"), "review": OUTCOMES.index("held"),
                  "decline": OUTCOMES.index("refused")}
"""What becomes of an event's points by its verdict."""
CREDITED: Final = OUTCOMES.index("credited")
SEVERITY: Final = {"approve": 0, "review": 1, "decline": 2}
_PLACE, _SEQ, _KIND, _OUTCOME = (COLUMN[name] for name in ("place", "seq", "kind", "outcome"))


@dataclass(frozen=True)
class Judged:
    """A verdict, the features it stands on, and the bytes that are answered."""

    verdict: Verdict
    vector: Any
    body: bytes


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
    """

    def __init__(
        self, journal: Journal, bundle: Bundle, catalog: Catalog, degraded: Degraded = False
    ) -> None:
        self.journal = journal
        self.degraded = degraded
        self.bundle = bundle
        self.catalog = catalog
        self.observed = 0
        self._reset()

    def _reset(self) -> None:
        self.state = State(self.catalog, self.journal.program.timezone)
        self.circumstances = Circumstances()
        self._waiting = Waiting()
        self._seen_seq, self._seen_place = 0, 0

    def rebuild(self, progress: Progress = silent, until: int | None = None) -> None:
        """Make the state anew from the journal.

        Parameters
        ----------
        progress : Progress
        until : int or None
            Stand before this place; None: after the last event.
        """
        done = 0
        for records in self.slices(until):
            self._advance(records)
            done += len(records)
            progress("rebuild the state", done, done)

    def slices(self, until: int | None = None) -> Iterator[Ints]:
        """Start anew and yield the journal's records, for the caller to take into the state.

        What is known later than the last event waits for the next one.
        """
        self._reset()
        self.circumstances.learn(self.journal)
        last = self.journal.last_place if until is None else until - 1
        for records in self.journal.records(until=until):
            ready = records[:, _PLACE] <= last
            self._waiting.add(records[~ready])
            self._seen_seq = max(self._seen_seq, int(records[:, _SEQ].max()))
            if ready.any():
                yield records[ready]
        self._seen_place = last

    def catch_up(self) -> bool:
        """Take in what was written to the journal since, rows and events; whether there was any.

        A row that is known later than the last event waits for the next one.
        """
        last, seen, is_new = self.journal.last_place, self._seen_seq, False
        for records in self.journal.records(after=self._seen_place - 1):
            fresh = records[records[:, _SEQ] > seen]
            if len(fresh):
                is_new = True
                self._seen_seq = max(self._seen_seq, int(fresh[:, _SEQ].max()))
                self._waiting.add(fresh)
        self._advance(self._waiting.take_before(last + 1))
        self._seen_place = last
        if is_new:
            self.circumstances.learn(self.journal)
        return is_new

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
        prepared = writing.event(_kind(body), body, now_ms)
        if prepared.known:
            return _again(writing, prepared)
        judged = self.observe_and_judge(prepared.record, prepared.name, enforcement)
        outcome = SETTLED[judged.verdict.verdict.value]
        writing.insert(prepared, outcome)
        _store(writing, [(prepared, judged)])
        self._settle(prepared.record, outcome)
        return judged.body

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
        _store(writing, found)
        return [judged for _, judged in found]

    def observe_and_judge(
        self, record: Ints, event_id: str, enforcement: Enforcement | None
    ) -> Judged:
        """Observe an event at its place and judge it; it must be settled next."""
        vector = self._observe(record)
        verdict = judge(self.bundle, self.journal.program,
                        self.circumstances.occasion(record, event_id), vector,
                        enforcement=enforcement, degraded=self.degraded)
        return Judged(verdict, vector, verdict.to_json_bytes())

    def take(self, writing: Writing, body: dict[str, Any], now_ms: int) -> bool:
        """Take an event decided elsewhere; whether it is new."""
        word = body.get("outcome") or "credited"
        if word not in OUTCOMES:
            raise BadCell("outcome", f"one of {', '.join(OUTCOMES)}", repr(word)[:50])
        prepared = writing.event(_kind(body), body, now_ms)
        if prepared.known:
            return False
        outcome = OUTCOMES.index(str(word))
        self._observe(prepared.record)
        writing.insert(prepared, outcome)
        self._settle(prepared.record, outcome)
        return True

    def _observe(self, record: Ints) -> Any:
        """Take in every row known before an event's place, then the event."""
        self.observed += 1
        self._advance(self._waiting.take_before(int(record[_PLACE])))
        return self.state.observe(record)

    def _settle(self, record: Ints, outcome: int) -> None:
        """Apply what became of the event just observed."""
        self._seen_seq = max(self._seen_seq, int(record[_SEQ]))
        self._seen_place = int(record[_PLACE])
        settled = record.copy()
        settled[_OUTCOME] = outcome
        self.state.settle(settled)

    def _advance(self, records: Ints) -> None:
        if len(records):
            self.state.advance(records)
            self.circumstances.note(records)


def _again(writing: Writing, prepared: PreparedEvent) -> bytes:
    rows = writing.store.rows("SELECT body FROM verdicts WHERE program = ? AND event_id = ?",
                              (writing.key, prepared.row["event_id"]))
    if not rows:
        raise Conflict("an event that Jaga judges", "one that was decided elsewhere",
                       "read its status from /v1/events/{event_id}")
    return bytes(rows[0][0])


def _store(writing: Writing, events: Sequence[tuple[PreparedEvent, Judged]]) -> None:
    writing.verdicts([_given(prepared, judged) for prepared, judged in events])
    opened = [_opened(prepared, judged.verdict) for prepared, judged in events
              if judged.verdict.would_have is not Outcome.APPROVE]
    if opened:
        Casework(writing.store, writing.key).open(opened)


def _given(prepared: PreparedEvent, judged: Judged) -> GivenVerdict:
    verdict = judged.verdict
    return GivenVerdict(
        prepared.row["event_id"], prepared.place, verdict.bundle_id, verdict.policy_version,
        SEVERITY[verdict.verdict.value], verdict.points_held, judged.body,
        judged.vector.tobytes(), verdict.decided_at_ms)


def _opened(prepared: PreparedEvent, verdict: Verdict) -> Opened:
    opened_ms = place_ms(prepared.place)
    kind = KINDS[int(prepared.record[_KIND])]
    points = int(prepared.record[COLUMN["points"]])
    case = Case(prepared.name, "", kind, points, opened_ms, "held", verdict.to_json())
    return Opened(
        prepared.row["event_id"], prepared.row["member_id"], kind, prepared.place, points,
        verdict.would_have.value, verdict.enforced, case.priority, opened_ms)


def _kind(body: dict[str, Any]) -> str:
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in EVENT_KINDS:
        raise BadCell("kind", f"one of {', '.join(EVENT_KINDS)}", repr(kind)[:50])
    return kind
