"""What a service knows of one program: state and circumstances as of a place of its journal.

Everything here is synchronous and runs in one thread. The state is a cache of the journal: it
goes on with what is committed, by this process or another, and can be made anew at any time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from features.engine.state import State
from features.errors import Unavailable
from features.progress import Progress, silent
from features.records import COLUMN, COLUMNS
from features.store.head import Head
from features.store.settled import refresh
from serving.circumstances import Circumstances
from serving.shared.entry import Entry
from serving.snapshots import Snapshot
from serving.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from features.engine.declarations import Catalog
    from features.engine.kernel import Memory
    from features.places import Ints
    from features.store.journal import Journal
    from serving.shared.tail import Tail
    from serving.snapshots import Snapshots

_PLACE, _OUTCOME = (COLUMN[name] for name in ("place", "outcome"))


class Knowledge:
    """The state of one program, where the journal stands or on its way there.

    Parameters
    ----------
    journal : Journal
    catalog : Catalog
        Declared features.
    snapshots : Snapshots or None
        From which the state is rebuilt; None: always from the whole journal.
    tail : Tail or None
        By which replicas learn of each other's transactions; None: from the journal alone.

    Attributes
    ----------
    is_whole : bool
        Whether it holds all that the journal has up to `head`.
    observed : int
        Events that were taken in to be judged.
    recovered : Head
        Where the snapshot stood from which it was made last.
    """

    def __init__(
        self, journal: Journal, catalog: Catalog, snapshots: Snapshots | None = None,
        tail: Tail | None = None,
    ) -> None:
        self.journal = journal
        self.catalog = catalog
        self.observed = 0
        self.recovered = Head()
        self._snapshots = snapshots
        self._tail = tail
        self._settled: list[Ints] = []
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

    def adopt(self, other: Knowledge) -> None:
        """Take over the state of another one over the same journal."""
        refresh(self.journal)
        self.state, self.circumstances = other.state, other.circumstances
        self._waiting, self.head, self.recovered = other._waiting, other.head, other.recovered
        self.is_whole = other.is_whole

    def snapshot(self, room: Memory | None = None) -> Snapshot:
        """Copy what is known now, into `State.room`; only while no transaction is open."""
        return Snapshot(self.head, self.state.copy(room), *self.circumstances.remembered())

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
