"""Rows for the process that holds the right to write, from those that do not.

A hand-over is a folder ``HOME/inbox/NAME`` with parts of clean tables and a manifest. It appears
under its name only when it is complete. The owner appends part after part, each in a transaction
that also notes how far it is, so that a crash repeats nothing and loses nothing, and answers in
``result.json``. One that is damaged is answered with an error, and those behind it go on.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.contract import EVENT_TABLES, TABLES
from features.errors import BadInput, JagaError, Unavailable
from features.exports.missions import Mission
from features.exports.program import Program
from features.progress import Progress, silent
from features.store.counts import Counts
from features.store.normalise import ROW
from features.store.rejects import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from features.store.home import Home

log = logging.getLogger("jaga.inbox")
PART_ROWS: Final = 20_000
"""Rows of one transaction: below a second, so that live events hardly wait."""
POLL_S: Final = 0.05
MANIFEST: Final = "manifest.json"
RESULT: Final = "result.json"
"""A crash after the commit and before the answer leaves the answer in ``handovers``."""
_NOTED: Final = (
    "INSERT INTO handovers (name, parts, counts) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
    "SET parts = excluded.parts, counts = excluded.counts"
)
Answer = tuple[dict[str, Counts], list[Reject]]


class Inbox:
    """The inbox of a home.

    Parameters
    ----------
    home : Home
        Whose ``inbox`` folder this is.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self.path = home.path / "inbox"

    def hand_over(
        self, program: Program, missions: list[Mission] | None, tables: Mapping[str, pa.Table]
    ) -> str:
        """Put clean tables into the inbox, all of them or none; the name of the hand-over."""
        name = f"{self._next():08d}-{uuid.uuid4().hex}"
        draft = self.path / f".{name}"
        draft.mkdir(parents=True)
        parts = []
        for index, part in enumerate(cut(tables, PART_ROWS)):
            parts.append({table: f"{index:06d}-{table}.parquet" for table in part})
            for table, rows in part.items():
                pq.write_table(rows, draft / parts[-1][table])
        _write_json(draft / MANIFEST, {
            "program": program.model_dump(mode="json", by_alias=True),
            "missions": None if missions is None else [
                mission.model_dump(mode="json", by_alias=True) for mission in missions],
            "parts": parts,
        })
        draft.rename(self.path / name)
        return name

    def _next(self) -> int:
        """Count on from those there; two at a time may share a number, never a name."""
        numbers = [int(folder.name.split("-")[0]) for folder in self.path.glob("[0-9]*-*")]
        return max(numbers, default=0) + 1

    def wait(self, name: str, progress: Progress = silent, poll_s: float = POLL_S) -> Answer:
        """Wait for the owner's answer; become the owner where there is none any more.

        Raises
        ------
        BadInput
            Where the owner could not take the rows. Parts before one that is damaged are
            written; the same rows again change nothing.
        """
        folder = self.path / name
        while not (folder / RESULT).exists():
            self._report(folder, progress)
            try:
                with self.home.writer.held():
                    self.drain()
            except Unavailable:
                time.sleep(poll_s)
        answer = json.loads((folder / RESULT).read_text())
        shutil.rmtree(folder)
        if "error" in answer:
            raise BadInput(*answer["error"])
        counts = {table: Counts(**count) for table, count in answer["counts"].items()}
        return counts, [Reject(*reject) for reject in answer["rejects"]]

    def _report(self, folder: Path, progress: Progress) -> None:
        try:
            state = json.loads((folder / "progress.json").read_text())
        except (OSError, ValueError):
            return
        progress("hand over", state["done"], state["total"])

    def waiting(self) -> list[str]:
        """Names of hand-overs without an answer, oldest first."""
        if not self.path.exists():
            return []
        return sorted(folder.name for folder in self.path.iterdir()
                      if not folder.name.startswith(".") and (folder / MANIFEST).exists()
                      and not (folder / RESULT).exists())

    def refused(self) -> list[str]:
        """Names of hand-overs that ended in an error which nobody has fetched, oldest first."""
        return sorted(path.parent.name for path in self.path.glob(f"[0-9]*-*/{RESULT}")
                      if "error" in json.loads(path.read_text()))

    def drain(self, pause: Callable[[], None] = lambda: None) -> int:
        """Append what waits, part after part; how many parts there were.

        Parameters
        ----------
        pause : callable
            Called between parts, so that a live service can answer in between.

        Raises
        ------
        Unavailable
            Where another process holds the right to write, or the database can't.
        OSError
            Where a disk can't; it is tried again the next time.
        """
        done = 0
        for name in self.waiting():
            folder = self.path / name
            try:
                done += self._apply(folder, pause)
            except (Unavailable, MemoryError):
                raise
            except Exception as error:  # those behind a damaged one go on
                if _is_of_disk(error):
                    raise
                log.error("a hand-over can not be taken in: %s", type(error).__name__)
                told = _refusal(error)
                _write_json(folder / RESULT, {"error": [told.wanted, told.came, told.remedy]})
        return done

    def _apply(self, folder: Path, pause: Callable[[], None]) -> int:
        manifest = json.loads((folder / MANIFEST).read_text())
        listed = manifest["missions"]
        journal = self.home.create(
            Program.model_validate(manifest["program"]),
            None if listed is None else [Mission.model_validate(raw) for raw in listed])
        parts = manifest["parts"]
        done, answer = self._state(folder.name)
        start = done
        for index in range(done, len(parts)):
            tables = {table: pq.read_table(folder / file)
                      for table, file in parts[index].items()}
            with journal.begin() as writing:
                counts, rejects = writing.append(tables)
                answer = _added(answer, counts, rejects)
                writing.store.run(_NOTED, (folder.name, index + 1, json.dumps(answer)))
            _write_json(folder / "progress.json", {"done": index + 1, "total": len(parts)})
            pause()
        _write_json(folder / RESULT, answer)
        return len(parts) - start

    def _state(self, name: str) -> tuple[int, dict[str, Any]]:
        with self.home.database.reading() as store:
            rows = store.rows("SELECT parts, counts FROM handovers WHERE name = ?", (name,))
        return (rows[0][0], json.loads(rows[0][1])) if rows else (0, {"counts": {}, "rejects": []})


def _is_of_disk(error: Exception) -> bool:
    """Whether a disk can't now; a file that is gone or breaks off (Arrow's has no number) stays so.

    >>> _is_of_disk(OSError(28, "no space")), _is_of_disk(OSError("breaks off")), _is_of_disk(
    ...     FileNotFoundError(2, "none")), _is_of_disk(ValueError())
    (True, False, False, False)
    """
    return (isinstance(error, OSError) and error.errno is not None
            and not isinstance(error, FileNotFoundError))


def _refusal(error: Exception) -> JagaError:
    """What to answer; the text of an error that nobody foresaw may quote cells."""
    return error if isinstance(error, JagaError) else BadInput(
        "a hand-over as it was written", f"a damaged one ({type(error).__name__})",
        "ingest the export again")


def _added(
    answer: dict[str, Any], counts: Mapping[str, Counts], rejects: list[Reject]
) -> dict[str, Any]:
    total = dict(answer["counts"])
    for table, count in counts.items():
        total[table] = (Counts(**total.get(table, {})) + count).as_dict()
    return {"counts": total, "rejects": [*answer["rejects"], *map(list, rejects)]}


def _write_json(path: Path, content: object) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(content))
    draft.replace(path)


def cut(tables: Mapping[str, pa.Table], size: int) -> Iterator[dict[str, pa.Table]]:
    """Cut tables in the order of an ingest: reference rows, then the events in theirs."""
    for name in TABLES:
        if name in tables and name not in EVENT_TABLES:
            for start in range(0, tables[name].num_rows, size):
                yield {name: tables[name].slice(start, size)}
    events = {name: tables[name] for name in EVENT_TABLES
              if name in tables and tables[name].num_rows}
    if events:
        yield from _event_parts(events, size)


def _event_parts(events: Mapping[str, pa.Table], size: int) -> Iterator[dict[str, pa.Table]]:
    """Cut the events of all tables in their common order."""
    keys = pa.concat_tables([
        pa.table({"recorded": _recorded(rows),
                  "event": rows["event_id"].cast(pa.large_string()),
                  "table": np.full(rows.num_rows, EVENT_TABLES.index(name)),
                  ROW: np.arange(rows.num_rows)})
        for name, rows in events.items()])
    order = pc.sort_indices(keys, [("recorded", "ascending"), ("event", "ascending")])
    table = np.asarray(keys["table"].take(order))
    local = np.asarray(keys[ROW].take(order))
    for start in range(0, len(table), size):
        chosen = slice(start, start + size)
        yield {name: events[name].take(pa.array(local[chosen][table[chosen] == index]))
               for index, name in enumerate(EVENT_TABLES) if (table[chosen] == index).any()}


def _recorded(rows: pa.Table) -> pa.ChunkedArray:
    happened = rows["occurred_at"]
    if "recorded_at" not in rows.column_names:
        return happened
    return pc.coalesce(rows["recorded_at"], happened)
