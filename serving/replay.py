"""`jaga replay`: an export's events through the live verdict path, under full enforcement.

Events that the journal holds already are judged on the state before their place, or their stored
verdict is returned; the others are appended and judged one after the other, as live. Where a
replay ends half-way, the next one goes on from there.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.contract import EVENT_KINDS, EVENT_TABLES
from features.exports.export import read_export
from features.progress import Progress, silent
from features.records import COLUMN
from features.store.ingest import clean_export
from features.store.stream import UNTIL_ALL, Source
from features.store.writing import PreparedEvent
from serving.champion import load_champion
from serving.history import judge_history
from serving.live import Live
from serving.replayed import Replayed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Mapped
    from pathlib import Path

    from features.exports.export import Export
    from features.exports.mapping import Mapping
    from features.places import Ints
    from features.store.home import Home
    from features.store.journal import Journal
    from features.store.writing import Writing

TOGETHER: Final = 4_000
"""New events of one transaction."""
KINDS: Final = tuple(EVENT_KINDS)
_EVENT, _PLACE, _SEQ, _KIND = (COLUMN[name] for name in ("event", "place", "seq", "kind"))


@dataclass(frozen=True)
class ReplayReport:
    """What was replayed: rows written, events new to the journal, verdicts by word."""

    rows: int
    new: int
    known: int
    rejects: int
    verdicts: dict[str, int]
    bundle_id: str
    out: str
    seconds: float
    per_second: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def replay(
    home: Home, folder: Path, out: Path, program_id: str | None = None,
    mapping: Mapping | None = None, progress: Progress = silent,
) -> ReplayReport:
    """Replay an export and write a row for each of its events, in the journal's order.

    Parameters
    ----------
    home : Home
        Holds the program and its champion.
    folder : Path
        The export.
    out : Path
        Parquet file to write.
    program_id : str or None
        Must be the export's program where it is given.
    mapping : Mapping or None
        How to read a foreign export.
    progress : Progress

    Raises
    ------
    Unavailable
        Where another process holds the right to write.
    NotFound
        Where the home has no such program, or no champion.
    """
    started = time.perf_counter()
    export = read_export(folder) if mapping is None else read_export(folder, mapping)
    export.check_program(program_id)
    journal = home.journal(export.program.program_id)
    with home.writer.held():
        run = _Replay(home, journal, export, progress)
        run.references()
        run.known()
        run.new()
    counts = run.out.write(out)
    seconds = time.perf_counter() - started
    rows = sum(counts.values())
    return ReplayReport(rows, run.count_new, rows - run.count_new, run.rejects, counts,
                        run.live.bundle.bundle_id, str(out), round(seconds, 2),
                        round(rows / seconds, 1))


class _Replay:
    """One replay: reference rows first, then what the journal knows, then what is new."""

    def __init__(self, home: Home, journal: Journal, export: Export, progress: Progress) -> None:
        clean = clean_export(export, progress)
        self.tables = clean.tables
        self.rejects = sum(clean.bad.values())
        self.journal = journal
        self.progress = progress
        catalog = home.catalog(journal.program.program_id)
        self.live = Live(journal, load_champion(home, journal, catalog), catalog)
        self.out = Replayed(home, journal, self.live.bundle)
        self.count_new = 0
        self.judged = {name: rows.drop_columns(["outcome"]) if "outcome" in rows.column_names
                       else rows for name, rows in clean.tables.items()
                       if name in EVENT_TABLES and rows.num_rows}

    def references(self) -> None:
        """Append all tables but the judged events; each row acts from its known-at."""
        rows = {name: table for name, table in self.tables.items() if name not in EVENT_TABLES}
        with self.journal.begin() as writing:
            _, taken = writing.append(rows, self.progress)
        self.rejects += len(taken)

    def known(self) -> None:
        """Stand at the journal's end; on the way judge what this export asks for."""
        asked = self._asked()
        judged = self.out.add_stored(asked)
        wanted = np.setdiff1d(asked, judged)
        if not len(wanted):
            self.live.rebuild(self.progress)
            return
        for done, (record, verdict) in enumerate(judge_history(self.live, wanted), 1):
            self.out.add(record, verdict)
            if done % TOGETHER == 0:
                self.progress("judge known events", done, len(wanted))

    def _asked(self) -> Ints:
        """Set aside what the journal holds already; its numbers, without those of other bodies."""
        stored = np.concatenate([self.journal.frame(table, columns=["event_id"])["event_id"]
                                 for table in EVENT_TABLES])
        asked = [np.empty(0, dtype=np.int64)]
        held: dict[str, pa.Table] = {}
        for table, rows in self.judged.items():
            names = rows["event_id"].cast(pa.large_string()).to_pylist()
            numbers = self.journal.numbers("event", names)
            is_held = np.isin(numbers, stored)
            asked.append(numbers[is_held])
            held[table] = rows.filter(pa.array(is_held))
            self.judged[table] = rows.filter(pa.array(~is_held))
        return np.setdiff1d(np.concatenate(asked), self._others(held))

    def _others(self, held: Mapped[str, pa.Table]) -> Ints:
        """Numbers of events that came with another body than the journal's, and no other way."""
        with self.journal.begin() as writing:
            _, taken = writing.append(held)
        self.rejects += len(taken)
        came = Counter(str(name) for rows in held.values() for name in rows["event_id"].to_pylist())
        refused = Counter(reject.value for reject in taken)
        others = [name for name, count in refused.items() if count >= came[name]]
        return self.journal.numbers("event", others)

    def new(self) -> None:
        """Append and judge what is new, a transaction for some thousand events."""
        tables = {name: rows for name, rows in self.judged.items() if rows.num_rows}
        total = sum(rows.num_rows for rows in tables.values())
        done = 0
        for some in _in_order(tables):
            with self.live.begin() as writing:
                last = writing.last_place
                _, taken = writing.append(some)
                self.rejects += len(taken)
                appended = _appended(writing, last)
                judged = self.live.judge_appended(writing, appended, "full")
            for prepared, each in zip(appended, judged, strict=True):
                self.out.add(prepared.record, each.verdict)
            self.count_new += len(appended)
            done += sum(rows.num_rows for rows in some.values())
            self.progress("replay", done, total)


def _in_order(tables: Mapped[str, pa.Table]) -> Iterator[dict[str, pa.Table]]:
    """Cut the events of all tables, in the order of an export, into transactions."""
    if not tables:
        return
    keys = pa.concat_tables([pa.table({
        "recorded": _recorded(rows),
        "event": rows["event_id"].cast(pa.large_string()),
        "table": np.full(rows.num_rows, EVENT_TABLES.index(name)),
        "row": np.arange(rows.num_rows),
    }) for name, rows in tables.items()])
    order = pc.sort_indices(keys, [("recorded", "ascending"), ("event", "ascending")])
    table, row = (np.asarray(keys[name].take(order)) for name in ("table", "row"))
    for start in range(0, len(row), TOGETHER):
        some, local = table[start : start + TOGETHER], row[start : start + TOGETHER]
        yield {EVENT_TABLES[index]: tables[EVENT_TABLES[index]].take(pa.array(local[some == index]))
               for index in np.unique(some)}


def _recorded(rows: pa.Table) -> pa.ChunkedArray:
    happened = rows["occurred_at"]
    if "recorded_at" not in rows.column_names:
        return happened
    return pc.coalesce(rows["recorded_at"], happened)


def _appended(writing: Writing, last: int) -> list[PreparedEvent]:
    """Events that this transaction appended after a place, in their order."""
    pages = []
    for table in EVENT_TABLES:
        source = Source(table, writing.key, UNTIL_ALL, writing.appender.last_seq, last)
        source.fill(writing.store, 2 * TOGETHER)
        pages.append(source.page)
    records = np.concatenate(pages)
    records = records[np.argsort(records[:, _PLACE])]
    names = writing.entities.name("event", records[:, _EVENT])
    return [_prepared(record, str(name)) for record, name in zip(records, names, strict=True)]


def _prepared(record: Ints, name: str) -> PreparedEvent:
    row = {"event_id": int(record[_EVENT]), "member_id": int(record[COLUMN["member"]])}
    return PreparedEvent(name, EVENT_KINDS[KINDS[int(record[_KIND])]], row, record,
                         int(record[_PLACE]), int(record[_SEQ]))
