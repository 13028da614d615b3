"""The journal of one program: every fact, in one order, as it became known."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.contract import EVENT_TABLES, TABLES
from features.places import place_ms
from features.records import COLUMNS
from features.store.entities import Entities, Names
from features.store.facts import column_value
from features.store.head import Head, read_head, taught_since
from features.store.schema import STREAM, derived_columns, fact_columns
from features.store.stream import UNTIL_ALL, read_event, read_records
from features.store.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from features.exports.missions import Mission
    from features.exports.program import Program
    from features.places import Ints
    from features.store.database import Database
    from features.store.store import Store
    from features.store.writer import Writer

NO_RECORDS: Final = np.empty((0, len(COLUMNS)), dtype=np.int64)


class Journal:
    """Reads, and begins writing, the facts of one program.

    Parameters
    ----------
    database : Database
        Where they lie.
    writer : Writer
        The right to write in this home.
    key : int
        The program's key in every stored row.
    program : Program
        Its settings.
    missions : list of Mission
        What it can offer.
    """

    def __init__(
        self, database: Database, writer: Writer, key: int, program: Program,
        missions: list[Mission],
    ) -> None:
        self.database = database
        self.writer = writer
        self.key = key
        self.program = program
        self.missions = missions
        self._names = Names()
        self._left = Head()
        self.erased = 0
        self._one_at_a_time = threading.RLock()

    def twin(self) -> Journal:
        """Open the same journal again, for another thread: it shares nothing that was looked up."""
        return Journal(self.database, self.writer, self.key, self.program, self.missions)

    @contextmanager
    def begin(self) -> Iterator[Writing]:
        """One transaction: commits on leaving, rolls back on an error.

        Raises
        ------
        Unavailable
            Where another process holds the right to write, or the database can't commit.
        """
        with (self._one_at_a_time, self.writer.held(), self.database.writing() as store):
            writing = Writing(store, self.key, self.program, self._names)
            if self._heeds(store, writing.before):
                writing.entities.names = self._names
            yield writing
            writing.finish()
        self._left = writing.after
        writing.entities.settle()

    def number(self, kind: str, name: str, create: bool = False) -> int:
        """Find the number of a name in its kind, 0 where it has none and none is created."""
        if create:
            with self.begin() as writing:
                return writing.entities.create(kind, name)
        with self.database.reading() as store:
            return Entities(store, self.key, self._names).number(kind, name)

    def numbers(self, kind: str, names: Sequence[str], create: bool = False) -> Ints:
        """Find the numbers of names, 0 where a name has none and none is created."""
        texts = pa.chunked_array([pa.array([name or None for name in names], pa.large_string())])
        if create:
            with self.begin() as writing:
                return writing.entities.intern(kind, texts)
        with self.database.reading() as store:
            return Entities(store, self.key, Names()).intern(kind, texts, create=False)

    def names(self, kind: str, numbers: Ints) -> npt.NDArray[np.object_]:
        """Names of numbers, empty where a number is 0 or was never given."""
        with self.database.reading() as store:
            return Entities(store, self.key, Names()).name(kind, np.asarray(numbers))

    @property
    def last_place(self) -> int:
        """Place of the last event, 0 before the first."""
        return self._position()[1]

    @property
    def last_seq(self) -> int:
        """Arrival number of the last row, 0 before the first."""
        return self._position()[0]

    @property
    def as_of_ms(self) -> int:
        """The moment just after the last event: what it knew is all there is."""
        return place_ms(self.last_place) + 1

    @property
    def head(self) -> Head:
        """Where the journal stands after its last transaction."""
        with self.database.reading() as store:
            return read_head(store, self.key)

    def span(self, before: Head, until: Head) -> tuple[Ints, bool] | None:
        """Records that came between two heads, and whether anything but judged events did.

        None where the journal does not continue ``before``.
        """
        with self.database.reading() as store:
            taught = taught_since(store, self.key, before)
        if taught is None:
            return None
        parts = list(self.records(before.place - 1, arrived_after=before.seq,
                                  arrived_until=until.seq))
        return np.concatenate(parts) if parts else NO_RECORDS, taught

    def heed(self) -> None:
        """Forget the names of who was erased since, by another process too."""
        with self.database.reading() as store:
            self._heeds(store, read_head(store, self.key))

    def _heeds(self, store: Store, head: Head) -> bool:
        """Drop numbers looked up before, where the journal moved on and somebody was erased.

        ``erased`` is the audit entry of the last erasure; else his name would find his old number.
        """
        if head == self._left:
            return False
        erased = int(store.rows("SELECT COALESCE(MAX(entry), 0) FROM erasures WHERE program = ?",
                                (self.key,))[0][0])
        is_new, self.erased = erased != self.erased, erased
        if is_new:
            self.forget()
        return is_new

    def forget(self) -> None:
        """Drop numbers looked up before: the journal they are from may not be this one."""
        self._names = Names()

    def _position(self) -> tuple[int, int]:
        with self.database.reading() as store:
            seq, place = store.rows(
                "SELECT last_seq, last_place FROM programs WHERE program = ?", (self.key,))[0]
        return int(seq), int(place)

    def frame(
        self, table: str, until: int | None = None, latest: bool = False,
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Rows of a table as integers, in (place, seq) order.

        Parameters
        ----------
        table : str
            Name in the contract.
        until : int or None
            Only rows with a smaller place.
        latest : bool
            Only the last version of each identity.
        columns : sequence of str or None
            Which columns beside ``place`` and ``seq``; None: all of them.

        Returns
        -------
        DataFrame of int64
            Unknown ids are 0, unknown values `features.places.MISSING`.
        """
        contract = TABLES[table]
        chosen = columns if columns is not None else (
            "known_ms", *fact_columns(contract), *derived_columns(table))
        extra = [name for name in contract.identity if latest and name not in chosen]
        names = list(dict.fromkeys([*STREAM[:2], *chosen, *extra]))
        wanted = ", ".join(column_value(contract, name) for name in names)
        with self.database.reading() as store:
            matrix = store.ints(
                f"SELECT {wanted} FROM {table} WHERE program = ? AND place < ? "
                "ORDER BY place, seq", (self.key, UNTIL_ALL if until is None else until),
                len(names))
        found = pd.DataFrame(matrix, columns=names)
        if latest:
            found = found.drop_duplicates(list(contract.identity), keep="last")
        return found.drop(columns=extra).reset_index(drop=True)

    def count(self, table: str) -> int:
        """Rows of a table, all versions of a reference row."""
        with self.database.reading() as store:
            return int(store.rows(f"SELECT count(*) FROM {TABLES[table].name} WHERE program = ?",
                                  (self.key,))[0][0])

    def records(
        self, after: int = -1, until: int | None = None, rows: int = 200_000,
        arrived_after: int = 0, after_seq: int = UNTIL_ALL, arrived_until: int | None = None,
    ) -> Iterator[Ints]:
        """Slices of the stream of records, in (place, seq) order.

        Rows of feedback, returns and decisions carry the columns of their event, where it came
        before them. What arrives while this reads is not seen.

        Parameters
        ----------
        after, until : int
            Places between which to read, both exclusive; None: to the end, also what is known
            only in the journal's future.
        rows : int
            About how many rows a slice may have.
        arrived_after : int
            Only rows with a larger ``seq``: with ``after`` one below the last place, what came
            since that ``seq``.
        after_seq : int
            At the place ``after`` itself, also rows with a larger ``seq``.
        arrived_until : int or None
            Only rows with no larger ``seq``; None: all that have arrived by now.

        Yields
        ------
        int64 array, shape (n, len(records.COLUMNS)), C order
        """
        last = self.last_seq if arrived_until is None else arrived_until
        return read_records(self.database, self.key, last, after, until, rows, arrived_after,
                            after_seq)

    def event(self, name: str) -> tuple[str, dict[str, int]] | None:
        """Find the table and the stored columns of a judged event."""
        with self.database.reading() as store:
            number = Entities(store, self.key, self._names).number("event", name)
            return read_event(store, self.key, number, EVENT_TABLES) if number else None

    def verdict(self, name: str) -> bytes | None:
        """Find the exact bytes answered for an event."""
        stored = self.verdict_row(name)
        return None if stored is None else stored["body"]

    def verdict_row(self, name: str) -> dict[str, Any] | None:
        """Find everything stored with an event's verdict, its feature vector included."""
        columns = ("place", "bundle_id", "policy_version", "verdict", "points_held", "body",
                   "vector", "decided_ms")
        with self.database.reading() as store:
            number = Entities(store, self.key, self._names).number("event", name)
            rows = store.rows(f"SELECT {', '.join(columns)} FROM verdicts WHERE program = ? "
                              "AND event_id = ?", (self.key, number))
        return dict(zip(columns, rows[0], strict=True)) if rows else None

    def decisions(self, after: int = 0, limit: int = 1000) -> pd.DataFrame:
        """Read changes of status in order: the feed of outcomes after a number of it."""
        columns = ("seq", "place", "event_id", "status", "points_final", "by", "reason", "at_ms")
        wanted = ", ".join(f'"{name}"' for name in columns)
        with self.database.reading() as store:
            rows = store.rows(f"SELECT {wanted} FROM decisions WHERE program = ? AND seq > ? "
                              "ORDER BY seq LIMIT ?", (self.key, after, limit))
        return pd.DataFrame(rows, columns=list(columns))

    def people(self, members: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Look up display name and contact of members, for people's eyes only."""
        found: dict[int, tuple[str, str]] = {}
        with self.database.reading() as store:
            for member in members:
                for name, url in store.rows(
                    "SELECT display_name, contact_url FROM people WHERE program = ? "
                    "AND member_id = ?", (self.key, int(member))):
                    found[int(member)] = (name or "", url or "")
        return found
