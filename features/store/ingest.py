"""An export into the journal: read, checked, and written at once or not at all."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from features.contract import TABLES
from features.errors import Unavailable
from features.exports.export import read_export
from features.progress import Progress, silent
from features.store.counts import Counts
from features.store.home import Home
from features.store.inbox import Inbox, cut
from features.store.normalise import check_header, normalise
from features.store.ordering import in_order
from features.store.rejects import Reject, reject_frame, write_rejects
from features.store.settled import settle

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from features.exports.export import Export
    from features.exports.mapping import Mapping
    from features.store.inbox import Answer


MANY_ROWS: Final = 10_000
"""After so many new ones PostgreSQL should count again, so that it plans for what is there."""
PART_ROWS: Final = 2_000
"""Rows of one transaction beside services that wait for its end: a tenth of a second or two."""
SHOWN: Final = 5
"""Rejects that a report tells of; all of them stand in the file."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest did.

    Parameters
    ----------
    program_id : str
        Whose export it was.
    tables : dict of str to Counts
        Rows read, new, same, changed versions and rejected, per table.
    ignored : dict of str to list of str
        Unknown columns, per table.
    rejects : DataFrame
        One line per bad cell: table, row, column, value, sentence.
    rejects_path : Path or None
        Where these were written; None for a check.
    seconds : float
        How long it took.
    is_handed_over : bool
        Whether a running service wrote the rows.
    ignored_files : tuple of str
        Files and folders that are no table of the contract.
    kept : tuple of str
        What a desk put in force otherwise than the files say, and stays (`features.store.settled`).
    """

    program_id: str
    tables: dict[str, Counts]
    ignored: dict[str, list[str]]
    rejects: pd.DataFrame
    rejects_path: Path | None
    seconds: float
    is_handed_over: bool = False
    ignored_files: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Everything for JSON; of the rejects the first, and what to do with them."""
        told = {
            "program_id": self.program_id,
            "tables": {name: asdict(counts) for name, counts in self.tables.items()},
            "ignored": self.ignored, "ignored_files": list(self.ignored_files),
            "seconds": round(self.seconds, 3),
            "rejects": sum(counts.rejects for counts in self.tables.values()),
            "rejects_path": None if self.rejects_path is None else str(self.rejects_path),
            "is_handed_over": self.is_handed_over,
        }
        if self.kept:
            told["kept_from_desk"] = list(self.kept)
        return told | self._next() if len(self.rejects) else told

    def _next(self) -> dict[str, Any]:
        first = [f"{reject.table} row {reject.row}, {reject.column}: {reject.sentence}"
                 for reject in self.rejects.head(SHOWN).itertuples()]
        return {"first_rejects": first,
                "next": "correct these rows and ingest again; rows already taken change nothing"}


@dataclass
class CleanExport:
    """An export with its rows normalised.

    ``tables`` hold the good rows, ``read`` and ``bad`` count rows per table, ``rejects`` has a
    line per bad cell, ``ignored`` the unknown columns.
    """

    tables: dict[str, pa.Table]
    read: dict[str, int]
    bad: dict[str, int]
    rejects: list[Reject]
    ignored: dict[str, list[str]]


def ingest(
    home: Home, folder: Path | str, mapping: Mapping | None = None, check: bool = False,
    progress: Progress = silent, program_id: str | None = None,
) -> IngestReport:
    """Read an export and append it to its program's journal.

    Everything is read and checked before the first row is written, and written in one
    transaction. Where another process holds the right to write, the rows go to its inbox, and
    this waits for its answer.

    Parameters
    ----------
    home : Home
        Where the journal lies; the program is made where it is new.
    folder : path
        The export.
    mapping : Mapping or None
        How to read a foreign export.
    check : bool
        Say what would happen and write nothing.
    progress : Progress
        Told how far it is.
    program_id : str or None
        Must be the export's program where it is given.

    Raises
    ------
    BadInput
        Where a file is no table or lacks a required column, the export is of another program, or
        its missions do not go together with those of the desk; nothing is written then.
    """
    start = time.monotonic()
    export = read_export(folder, mapping)
    export.check_program(program_id)
    kept = _kept(home, export)
    clean = clean_export(export, progress)
    handed_over = False
    if check:
        counts, taken = _try_out(home, export, clean, progress)
    else:
        (counts, taken), handed_over = _append(home, export, clean, progress)
    for name in clean.read:
        known = counts.setdefault(name, Counts())
        known.read, known.rejects = clean.read[name], known.rejects + clean.bad[name]
    rejects = reject_frame([*clean.rejects, *taken])
    path = None
    if not check:
        path = home.rejects / export.program.program_id / "rejects.parquet"
        write_rejects(rejects, path)
    return IngestReport(export.program.program_id, counts, clean.ignored, rejects, path,
                        time.monotonic() - start, handed_over, export.ignored, kept)


def _kept(home: Home, export: Export) -> tuple[str, ...]:
    """What a desk put in force otherwise than an export says; BadConfig as `settle`."""
    if export.program.program_id not in home.programs():
        return ()
    with home.database.reading() as store:
        return settle(store, export.program, export.missions).kept


def clean_export(export: Export, progress: Progress = silent) -> CleanExport:
    """Normalise every table of an export; BadInput where one lacks a required column."""
    ignored = {name: check_header(TABLES[name], export.header(name)) for name in export.tables}
    clean = CleanExport({}, {}, {}, [], {name: names for name, names in ignored.items() if names})
    for name in export.tables:
        _clean_table(export, name, clean, progress)
    return clean


def _clean_table(export: Export, name: str, clean: CleanExport, progress: Progress) -> None:
    parts: list[pa.Table] = []
    read = bad = 0
    total = export.rows(name) or 0
    for frame in export.chunks(name):
        rows, rejects = normalise(TABLES[name], frame, export.program, read + 1)
        parts.append(rows)
        read, bad = read + len(frame), bad + len(frame) - rows.num_rows
        clean.rejects += map(Reject._make, rejects.itertuples(index=False, name=None))
        progress(f"read {name}", read, total)
    if parts:
        rows = pa.concat_tables(parts, promote_options="default")
        clean.tables[name] = in_order(TABLES[name], rows)
    clean.read[name], clean.bad[name] = read, bad


def _append(
    home: Home, export: Export, clean: CleanExport, progress: Progress
) -> tuple[Answer, bool]:
    """Write the rows, or have them written by the process that may."""
    if home.is_shared:
        return _append_shared(home, export, clean, progress), False
    inbox = Inbox(home)
    try:
        home.writer.acquire()
    except Unavailable:
        name = inbox.hand_over(export.program, export.missions, clean.tables)
        return inbox.wait(name, progress), True
    try:
        inbox.drain()
        journal = home.create(export.program, export.missions)
        with journal.begin() as writing:
            return writing.append(clean.tables, progress), False
    finally:
        home.writer.release()


def _append_shared(
    home: Home, export: Export, clean: CleanExport, progress: Progress
) -> Answer:
    """Write the rows beside services that judge: in parts, between which they have their turns.

    What a crash leaves out is taken when the same export comes again. Nobody waits for a program
    that is new: its rows are written at once.
    """
    journal = home.create(export.program, export.missions)
    parts = list(cut(clean.tables, PART_ROWS)) if journal.last_seq else [clean.tables]
    total: dict[str, Counts] = {}
    rejects: list[Reject] = []
    for done, part in enumerate(parts, 1):
        with journal.begin() as writing:
            counts, taken = writing.append(part)
        rejects += taken
        for name, count in counts.items():
            total[name] = total.get(name, Counts()) + count
        progress("write", done, len(parts))
    if sum(counts.new for counts in total.values()) >= MANY_ROWS:
        with suppress(Unavailable):  # the rows are there; the server counts them by itself later
            home.database.count()
    return total, rejects


class _UndoError(Exception):
    """Leaves a transaction without committing it."""


def _try_out(home: Home, export: Export, clean: CleanExport, progress: Progress) -> Answer:
    """Append for the counts and undo it; a new program is tried in a home of its own."""
    if export.program.program_id in home.programs():
        return _undone(home, export, clean, progress)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Home(folder)
        try:
            scratch.create(export.program)
            return _undone(scratch, export, clean, progress)
        finally:
            scratch.close()


def _undone(home: Home, export: Export, clean: CleanExport, progress: Progress) -> Answer:
    answer: Answer = ({}, [])
    try:
        with home.journal(export.program.program_id).begin() as writing:
            answer = writing.append(clean.tables, progress)
            raise _UndoError
    except _UndoError:
        return answer
    except Unavailable:
        return {}, []
