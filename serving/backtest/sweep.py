"""One pass over the journal: features once, then every candidate on what the gate leaves."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.engine.batch import replay_slices
from features.links.links import days
from features.places import TIE_BITS
from features.progress import Progress, silent
from features.records import COLUMN, KINDS, SCORED
from models.judgement import mark_together
from serving.backtest.gate import Limits, Slice, has_facts
from serving.backtest.innocent import innocence
from serving.backtest.jury import Juror
from serving.backtest.people import People
from serving.backtest.swept import Acts, Events
from serving.circumstances import Circumstances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from features.engine.declarations import Catalog
    from features.links.rings import Rings
    from features.places import Ints
    from features.store.journal import Journal
    from models.bundle import Bundle
    from models.decision import Enforcement
    from models.occasion import Occasion
    from serving.backtest.candidate import Candidate

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
SLICE: Final = 20_000
"""Records at a time: larger slices cost fresh memory, smaller ones calls."""
_KIND, _EVENT, _PLACE, _MEMBER, _POINTS = (
    COLUMN[name] for name in ("kind", "event", "place", "member", "points"))
_CODE: Final = KINDS.index("code")
_TOLD: Final = (KINDS.index("member"), _CODE)
"""Kinds of records that circumstances follow."""


@dataclass(frozen=True)
class Swept:
    """Events, the acts of each candidate, and how many events had to be judged one by one."""

    events: Events
    acts: list[Acts]
    judged: int


def sweep(
    journal: Journal, catalog: Catalog, candidates: Sequence[Candidate],
    enforcement: Enforcement | None = "full", progress: Progress = silent,
    judges_all: bool = False,
) -> Swept:
    """Judge the whole journal by every candidate, each event as of its place.

    Events act on what follows with the outcome that the journal holds, whatever a candidate would
    have done with them.

    Parameters
    ----------
    candidates : sequence of Candidate
        At least one; bound to the catalogue.
    enforcement : str or None
        None: as the policies' own rules of enforcement say.
    judges_all : bool
        Judge what the gate would set aside too: nothing but slower.
    """
    return _Sweep(journal, catalog, candidates, enforcement, judges_all).run(progress)


class _Sweep:
    def __init__(self, journal: Journal, catalog: Catalog, candidates: Sequence[Candidate],
                 enforcement: Enforcement | None, judges_all: bool) -> None:
        self.journal = journal
        self.catalog = catalog
        self.judges_all = judges_all
        self.bundle = candidates[0].bundle
        self.circumstances = Circumstances()
        self.circumstances.learn(journal)
        self.jurors = [Juror(each, journal.program, enforcement) for each in candidates]
        self.lists = [self.circumstances.listed if each.listed is None else each.listed
                      for each in candidates]
        self.people = People()
        self.tracks_codes = False
        self.count = self.judged = 0
        self.parts: list[list[npt.NDArray[Any]]] = []

    def run(self, progress: Progress) -> Swept:
        head = self.journal.head
        seen, total = 0, max(head.seq, 1)
        taken: Future[None] | None = None
        with ThreadPoolExecutor(1, "judge") as worker:
            for records, matrix in self._features():
                alarms = self.circumstances.alarms.ask(records, records[:, _KIND] < SCORED)
                if taken is not None:
                    taken.result()
                taken = worker.submit(self._take, records, matrix, alarms)
                seen += len(records)
                progress("backtest", min(seen, total), total)
        if taken is not None:
            taken.result()
        progress("backtest", total, total)
        columns = [np.concatenate(column) for column in zip(*self.parts, strict=True)] or [
            np.empty(0, dtype=np.int64)] * 7
        events = Events(columns[0], columns[1], columns[2].astype(np.int8),
                        columns[3].astype(np.int8), columns[4], columns[5],
                        columns[6].astype(np.int32))
        return Swept(events, [juror.notes.acts(self.count) for juror in self.jurors], self.judged)

    def _features(self) -> Iterator[tuple[Ints, Floats]]:
        """Slices of all records, and the features of their judged ones."""
        waiting: deque[Ints] = deque()
        head = self.journal.head

        def slices() -> Iterator[Ints]:
            for records in self.journal.records(until=head.place + 1, rows=SLICE,
                                                arrived_until=head.seq):
                waiting.append(records)
                yield records

        for _, matrix in replay_slices(self.catalog, self.journal.program.timezone, slices()):
            yield waiting.popleft(), matrix

    def _take(self, records: Ints, matrix: Floats, alarms: list[tuple[str, ...]]) -> None:
        """Judge one slice; ``alarms``: what was open for each of its events."""
        matrix = np.ascontiguousarray(matrix)
        judged = np.flatnonzero(records[:, _KIND] < SCORED)
        own = records[judged]
        personas, regions = self.people.of(records)
        rings = self._rings(records)
        tracks = self._tracking(records)[judged]
        part = Slice(matrix, own[:, _KIND], personas, own[:, _POINTS], own[:, _PLACE] >> TIE_BITS,
                     tracks, _scores(rings, records)[judged])
        if len(judged):
            peaks = self.circumstances.peaks.running(own, personas, regions)
            self.parts.append([own[:, _EVENT], own[:, _MEMBER], part.kinds, personas, part.points,
                               part.ms, innocence(own, matrix, personas, peaks, self.bundle)])
        rows = np.flatnonzero(self._may_be_held(part, own))
        occasions = self._occasions(records, judged[rows], rings, [alarms[row] for row in rows])
        self._judge(records[judged[rows]], rows, matrix[rows], occasions)
        self.count += len(judged)

    def _rings(self, records: Ints) -> list[tuple[slice, Rings]]:
        """Days of a slice, each with the rings that its events are told."""
        found = []
        for day in days(records):
            self.circumstances.links.note(records[day])
            found.append((day, self.circumstances.links.rings))
        return found

    def _tracking(self, records: Ints) -> Bools:
        """Whether a code was handed over before each record."""
        codes = np.cumsum(records[:, _KIND] == _CODE)
        found = self.tracks_codes | (codes > 0)
        self.tracks_codes |= bool(len(codes) and codes[-1])
        return np.asarray(found)

    def _may_be_held(self, part: Slice, own: Ints) -> Bools:
        """Events that some candidate may not approve."""
        if self.judges_all:
            return np.ones(len(part), dtype=np.bool_)
        found = has_facts(part, self.bundle, self.journal.program)
        for listed in self.lists:
            found |= listed.may_hold(own)
        for bundle, limits in self._limits(part):
            found |= limits.reached(part, bundle)
        return found

    def _limits(self, part: Slice) -> list[tuple[Bundle, Limits]]:
        """The lowest limits of all candidates that share their models, so that these score once."""
        found: dict[tuple[int, int], tuple[Bundle, Limits]] = {}
        for juror in self.jurors:
            bundle = juror.candidate.bundle
            own, key = Limits.of(bundle, part), _models(bundle)
            found[key] = (bundle, own.lowest(found[key][1]) if key in found else own)
        return list(found.values())

    def _judge(self, own: Ints, rows: Ints, vectors: Floats, occasions: list[Occasion]) -> None:
        """Let every candidate judge some events of a slice; the others are approved."""
        self.judged += len(rows)
        marks: dict[tuple[int, int], list[Any]] = {}
        for juror, listed in zip(self.jurors, self.lists, strict=True):
            bundle = juror.candidate.bundle
            key = _models(bundle)
            if key not in marks:
                marks[key] = mark_together(bundle, occasions, vectors)
            told = occasions if listed is self.circumstances.listed else [
                juror.relisted(occasion, listed.of(record, occasion.recorded_ms))
                for occasion, record in zip(occasions, own, strict=True)]
            juror.judge(rows + self.count, told, vectors, marks[key])

    def _occasions(self, records: Ints, stops: Ints, rings: list[tuple[slice, Rings]],
                   alarms: list[tuple[str, ...]]) -> list[Occasion]:
        """Circumstances of some events of a slice, each as of its own place, by `Circumstances`."""
        names = iter(self.journal.names("event", records[stops, _EVENT]).tolist())
        wanted = np.zeros(len(records), dtype=np.bool_)
        wanted[stops] = True
        told = np.isin(records[:, _KIND], _TOLD)
        found: list[Occasion] = []
        done = 0
        for day, own in rings:
            for stop in (np.flatnonzero(wanted[day]) + day.start).tolist():
                self._meet(records, told, done, stop)
                done = stop
                found.append(self.circumstances.occasion(
                    records[stop], str(next(names)), own, alarms[len(found)]))
        self._meet(records, told, done, len(records))
        return found

    def _meet(self, records: Ints, told: Bools, start: int, stop: int) -> None:
        if told[start:stop].any():
            self.circumstances.meet(records[start:stop])


def _scores(rings: list[tuple[slice, Rings]], records: Ints) -> Floats:
    """Score of the ring of each record's member; NaN where he is in none."""
    found = np.full(len(records), np.nan)
    for day, own in rings:
        ring, _, score = own.table(records[day, _MEMBER])
        found[day] = np.where(ring > 0, score, np.nan)
    return found


def _models(bundle: Bundle) -> tuple[int, int]:
    """What candidates with the same models have in common."""
    return id(bundle.fraud), id(bundle.anomaly)
