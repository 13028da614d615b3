"""The heart of serving: one program's journal, state and champion, judged event by event.

Everything here is synchronous and runs in one thread. An event is checked, gets its numbers and
its place, meets every row that was known before that place, is observed, judged and settled, and
lies with its verdict in the open transaction. The state is a cache of the journal: where a
transaction does not commit, it is rebuilt.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import ENTRY_CHANNELS, EVENT_KINDS, OUTCOMES, PERSONAS
from features.errors import BadInput, Conflict, JagaError, Unavailable
from features.places import place_ms
from features.progress import Progress, silent
from features.records import COLUMN, COLUMNS, KINDS
from features.state import State
from features.stream import event_record
from models.judgement import Occasion, judge
from serving.cases import Case
from serving.casework import Casework, Opened
from serving.denied import Denied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from features.declarations import Catalog
    from features.journal import Journal
    from features.places import Ints
    from features.writing import PreparedEvent, Writing
    from models.answers import Verdict
    from models.bundle import Bundle
    from models.decision import Enforcement

log = logging.getLogger("jaga.live")
SETTLED: Final = {"approve": OUTCOMES.index("credited"), "review": OUTCOMES.index("held"),
                  "decline": OUTCOMES.index("refused")}
"""What becomes of an event's points by its verdict."""
SEVERITY: Final = {"approve": 0, "review": 1, "decline": 2}
_PLACE, _SEQ, _KIND, _OUTCOME = (COLUMN[name] for name in ("place", "seq", "kind", "outcome"))
_MEMBER, _PERSONA, _CHANNEL = (COLUMN[name] for name in ("member", "persona", "channel"))
_CODE_KIND, _MEMBER_KIND = KINDS.index("code"), KINDS.index("member")
NOTHING: Final = np.empty((0, len(COLUMNS)), dtype=np.int64)


@dataclass(frozen=True)
class Work:
    """Something to do inside a transaction; ``alone``: in one of its own."""

    do: Callable[[Writing], Any]
    alone: bool = False


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
    """

    def __init__(self, journal: Journal, bundle: Bundle, catalog: Catalog) -> None:
        self.journal = journal
        self.bundle = bundle
        self.catalog = catalog
        self._reset()

    def _reset(self) -> None:
        self.state = State(self.catalog, self.journal.program.timezone)
        self.denied = Denied()
        self._waiting = NOTHING
        self._seen_seq, self._seen_place = 0, 0
        self._personas: dict[int, int] = {}
        self._languages: dict[int, str] = {}
        self._tracks_codes = False
        self._observed = 0

    def rebuild(self, progress: Progress = silent) -> None:
        """Make the state anew from the journal; what is known later than its end waits."""
        self._reset()
        last, done = self.journal.last_place, 0
        for records in self.journal.records():
            ready = records[:, _PLACE] <= last
            self._advance(records[ready])
            self._wait_for(records[~ready])
            self._seen_seq = max(self._seen_seq, int(records[:, _SEQ].max()))
            done += len(records)
            progress("rebuild the state", done, done)
        self._seen_place = last
        self._learn_members()
        with self.journal.database.reading() as store:
            self.denied = Denied(Casework(store, self.journal.key).lists())

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
                self._wait_for(fresh)
        self._advance_to(last + 1)
        self._seen_place = last
        if is_new:
            self._learn_members()
        return is_new

    def commit(self, works: Sequence[Work]) -> list[Any]:
        """Do works in order in one transaction; each result is a value or a domain error.

        A work that is ``alone`` gets a transaction of its own, as it writes rows that the next
        event must see. Where a transaction fails as a whole for no reason of the store, each of
        its works is tried alone, so that one request nobody foresaw does not fail the others.
        """
        results: list[Any] = []
        group: list[Work] = []
        for work in works:
            if work.alone:
                results += self._together(group) + self._together([work])
                group = []
            else:
                group.append(work)
        return results + self._together(group)

    def _together(self, works: list[Work]) -> list[Any]:
        if not works:
            return []
        self._observed = 0
        try:
            with self.journal.begin() as writing:
                results = [self._one(work, writing) for work in works]
        except JagaError as error:
            self._forget_observed()
            return [error for _ in works]
        except Exception as error:
            log.error("a transaction failed: %s", type(error).__name__)
            self._forget_observed()
            if len(works) == 1:
                return [error]
            return [result for work in works for result in self._together([work])]
        self._observed = 0
        if works[0].alone:
            self.catch_up()
        return results

    def _one(self, work: Work, writing: Writing) -> Any:
        """Do a work; a domain error is its result where nothing was written or observed yet."""
        before = self._observed
        try:
            return work.do(writing)
        except Unavailable:
            raise
        except JagaError as error:
            if work.alone or self._observed != before:
                raise
            return error

    def _forget_observed(self) -> None:
        if self._observed:
            self.rebuild()

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
            return self._again(writing, prepared)
        return self.judge_prepared(writing, prepared, enforcement).body

    def judge_prepared(
        self, writing: Writing, prepared: PreparedEvent, enforcement: Enforcement | None
    ) -> Judged:
        """Judge and store an event that has its place."""
        judged = self.observe_and_judge(prepared.record, prepared.name, enforcement)
        verdict = judged.verdict
        outcome = SETTLED[verdict.verdict.value]
        writing.insert(prepared, outcome)
        writing.verdict(
            prepared, bundle_id=verdict.bundle_id, policy_version=verdict.policy_version,
            verdict=SEVERITY[verdict.verdict.value], points_held=verdict.points_held,
            body=judged.body, vector=judged.vector.tobytes(), decided_ms=verdict.decided_at_ms)
        if verdict.would_have.value != "approve":
            self._open_case(writing, prepared, verdict)
        self.settle(prepared.record, outcome)
        return judged

    def observe_and_judge(
        self, record: Ints, event_id: str, enforcement: Enforcement | None
    ) -> Judged:
        """Observe an event at its place and judge it; it must be settled next."""
        self._observed += 1
        self._advance_to(int(record[_PLACE]))
        vector = self.state.observe(record)
        verdict = judge(self.bundle, self.journal.program, self.occasion(record, event_id), vector,
                        enforcement=enforcement)
        return Judged(verdict, vector, verdict.to_json_bytes())

    def settle(self, record: Ints, outcome: int) -> None:
        """Apply what became of the event just observed."""
        self._seen_seq = max(self._seen_seq, int(record[_SEQ]))
        self._seen_place = int(record[_PLACE])
        settled = record.copy()
        settled[_OUTCOME] = outcome
        self.state.settle(settled)

    def occasion(self, record: Ints, event_id: str) -> Occasion:
        """Say what a judgement needs to know of an event beside its features."""
        member = int(record[_MEMBER])
        ms = place_ms(int(record[_PLACE]))
        return Occasion(
            event_id, KINDS[int(record[_KIND])], int(record[COLUMN["points"]]), ms,
            persona=_word(PERSONAS, self._personas.get(member, -1)),
            channel=_word(ENTRY_CHANNELS, int(record[_CHANNEL])),
            language=self._languages.get(member), denied=self.denied.of(record, ms),
            tracks_codes=self._tracks_codes)

    def occasion_of(self, table: str, row: dict[str, int], event_id: str) -> Occasion:
        """Say the same of a stored event, with what is known of its member today."""
        return self.occasion(event_record(table, row, row["place"], row["seq"]), event_id)

    def take(self, writing: Writing, body: dict[str, Any], now_ms: int) -> bool:
        """Take an event decided elsewhere; whether it is new."""
        prepared = writing.event(_kind(body), body, now_ms)
        if prepared.known:
            return False
        word = body.get("outcome") or "credited"
        if word not in OUTCOMES:
            raise BadInput(f"one of {', '.join(OUTCOMES)} as outcome", repr(word)[:50],
                           "correct it or leave it out")
        outcome = OUTCOMES.index(str(word))
        writing.insert(prepared, outcome)
        self._observed += 1
        self._advance_to(prepared.place)
        self.state.observe(prepared.record)
        self.settle(prepared.record, outcome)
        return True

    def _again(self, writing: Writing, prepared: PreparedEvent) -> bytes:
        rows = writing.store.rows("SELECT body FROM verdicts WHERE program = ? AND event_id = ?",
                                  (writing.key, prepared.row["event_id"]))
        if not rows:
            raise Conflict("an event that Jaga judges", "one that was decided elsewhere",
                           "read its status from /v1/events/{event_id}")
        return bytes(rows[0][0])

    def _open_case(self, writing: Writing, prepared: PreparedEvent, verdict: Verdict) -> None:
        occasion_ms = place_ms(prepared.place)
        kind = KINDS[int(prepared.record[_KIND])]
        points = int(prepared.record[COLUMN["points"]])
        case = Case(prepared.name, "", kind, points, occasion_ms, "held", verdict.to_json())
        Casework(writing.store, writing.key).open([Opened(
            prepared.row["event_id"], prepared.row["member_id"], kind, prepared.place, points,
            verdict.would_have.value, verdict.enforced, case.priority, occasion_ms)])

    def _wait_for(self, records: Ints) -> None:
        if len(records):
            both = np.concatenate([self._waiting, records])
            self._waiting = both[np.lexsort((both[:, _SEQ], both[:, _PLACE]))]

    def _advance_to(self, place: int) -> None:
        """Take in every waiting row that is known before a place."""
        if len(self._waiting) and self._waiting[0, _PLACE] < place:
            ready = int(np.searchsorted(self._waiting[:, _PLACE], place))
            self._advance(self._waiting[:ready])
            self._waiting = self._waiting[ready:]

    def _advance(self, records: Ints) -> None:
        if not len(records):
            return
        self.state.advance(records)
        kinds = records[:, _KIND]
        self._tracks_codes |= bool((kinds == _CODE_KIND).any())
        members = records[kinds == _MEMBER_KIND]
        self._personas.update(zip(members[:, _MEMBER].tolist(), members[:, _PERSONA].tolist(),
                                  strict=True))

    def _learn_members(self) -> None:
        frame = self.journal.frame("members", latest=True, columns=["member_id", "language"])
        names = self.journal.names("language", frame["language"].to_numpy())
        self._languages = {
            int(member): str(name)
            for member, name in zip(frame["member_id"], names, strict=True) if name}


def _kind(body: dict[str, Any]) -> str:
    kind = body.get("kind")
    if kind not in EVENT_KINDS:
        raise BadInput(f"one of {', '.join(EVENT_KINDS)} as kind", repr(kind)[:50], "name it")
    return str(kind)


def _word(words: tuple[str, ...], index: int) -> str | None:
    return words[index] if 0 <= index < len(words) else None
