"""Clean tables into the journal: numbers, duplicates, versions, places, rows.

Reference rows come first and get the smaller ``seq``; events follow in the order of
``recorded_at``, then ``event_id``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import EVENT_TABLES, TABLES
from features.places import MISSING, Ints, assign_places
from features.store.counts import Counts
from features.store.duplicates import (
    EVENT_ID_TABLES,
    NEW,
    OTHER,
    SAME,
    Status,
    id_column,
    judge_events,
    judge_log,
)
from features.store.entities import ranks
from features.store.facts import Facts, insert, to_facts
from features.store.normalise import ROW
from features.store.rejects import Reject
from features.store.versions import AGAIN, CHANGED, judge_versions, set_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from features.progress import Progress
    from features.store.entities import Entities
    from features.store.store import Store

TAKEN: Final = "expected the body that came first with this id, got another one"
_PEOPLE: Final = (
    "INSERT INTO people (program, member_id, display_name, contact_url) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (program, member_id) DO UPDATE SET "
    "display_name = COALESCE(excluded.display_name, people.display_name), "
    "contact_url = COALESCE(excluded.contact_url, people.contact_url)"
)


@dataclass
class Appender:
    """Appends clean tables inside one transaction.

    Parameters
    ----------
    store, program, entities
        The transaction, the program's key, its dictionary.
    last_seq, last_place : int
        Last arrival number, last place of an event; both move on.
    """

    store: Store
    program: int
    entities: Entities
    last_seq: int
    last_place: int

    def append(
        self, tables: Mapping[str, pa.Table], progress: Progress
    ) -> tuple[dict[str, Counts], list[Reject]]:
        """Append clean rows of any tables.

        Returns
        -------
        counts : dict of str to Counts
            Per table; ``read`` counts the clean rows.
        rejects : list of Reject
            Rows whose id is taken by another body.
        """
        counts: dict[str, Counts] = {}
        rejects: list[Reject] = []
        events = {name: self._facts(name, tables[name]) for name in EVENT_ID_TABLES
                  if name in tables and tables[name].num_rows}
        order = self._order(events)
        judged = self._judge(events, order)
        for name in TABLES:
            if name not in tables or name in EVENT_TABLES:
                continue
            facts = events.get(name) or self._facts(name, tables[name])
            counts[name] = self._append_rows(facts, judged.get(name), rejects)
            progress(f"write {name}", len(facts), len(facts))
        counts |= self._append_events(events, judged, order, rejects, progress)
        return counts, rejects

    def _facts(self, name: str, rows: pa.Table) -> Facts:
        return to_facts(TABLES[name], rows, self.entities)

    def _judge(self, events: dict[str, Facts], order: Ints) -> dict[str, Status]:
        if not events:
            return {}
        status = judge_events(self.store, self.program, self.entities, list(events.values()),
                              order)
        return dict(zip(events, status, strict=True))

    def _order(self, events: dict[str, Facts]) -> Ints:
        """Order of arrival over the rows of all tables that share the ids of events."""
        sizes = [len(facts) for name, facts in events.items() if name not in EVENT_TABLES]
        start = sum(sizes)
        judged = [facts for name, facts in events.items() if name in EVENT_TABLES]
        if not judged:
            return np.arange(start)
        recorded = np.concatenate([recorded_ms(facts) for facts in judged])
        names = np.concatenate([facts.columns["event_id"] for facts in judged])
        tie = np.zeros(len(names), dtype=np.int64)
        order = np.argsort(recorded, kind="stable")
        equal = recorded[order[1:]] == recorded[order[:-1]]
        tied = np.unique(np.concatenate([order[1:][equal], order[:-1][equal]]))
        if len(tied):
            tie[tied] = ranks(self.entities, "event", names[tied])
            order = np.lexsort((tie, recorded))
            equal = (recorded[order[1:]] == recorded[order[:-1]]) & (
                names[order[1:]] == names[order[:-1]])
            if equal.any():
                twice = np.unique(np.concatenate([order[1:][equal], order[:-1][equal]]))
                order = np.lexsort((_bodies(judged, twice), tie, recorded))
        return np.concatenate([np.arange(start), order + start])

    def _append_rows(
        self, facts: Facts, judged: Status | None, rejects: list[Reject]
    ) -> Counts:
        """Append rows of a table that has no place of its own."""
        counts = Counts(read=len(facts))
        if not len(facts):
            return counts
        if facts.table.role == "version":
            status = judge_versions(self.store, self.program, self.entities, facts,
                                    self.last_place)
            taken = status != AGAIN
            counts.versions = int((status == CHANGED).sum())
            counts.new = int(taken.sum()) - counts.versions
            counts.same = len(facts) - int(taken.sum())
            self._keep_people(facts)
        else:
            if judged is None:
                judged = judge_log(self.store, self.program, self.entities, facts)
            set_places(facts, self.last_place)
            taken = judged == NEW
            counts.new = int(taken.sum())
            counts.same = int((judged == SAME).sum())
            counts.rejects = self._reject(facts, judged, rejects)
        rows = facts.take(np.flatnonzero(taken))
        rows.columns["seq"] = self.next_seq(len(rows))
        insert(self.store, self.program, rows.take(
            np.lexsort((rows.columns["seq"], rows.columns["place"]))))
        return counts

    def next_seq(self, count: int) -> Ints:
        """Take the next arrival numbers."""
        start = self.last_seq + 1
        self.last_seq += count
        return np.arange(start, start + count, dtype=np.int64)

    def _reject(self, facts: Facts, status: Status, rejects: list[Reject]) -> int:
        rows = np.flatnonzero(status == OTHER)
        column = id_column(facts.table)
        kind = facts.table.column(column).kind
        if len(rows):
            names = self.entities.name(kind, facts.columns[column][rows])
            rejects += [Reject(facts.table.name, int(row), column, str(name), TAKEN)
                        for row, name in zip(facts.columns[ROW][rows], names, strict=True)]
        return len(rows)

    def _append_events(
        self, events: dict[str, Facts], judged: dict[str, Status], order: Ints,
        rejects: list[Reject], progress: Progress,
    ) -> dict[str, Counts]:
        names = [name for name in events if name in EVENT_TABLES]
        counts: dict[str, Counts] = {}
        start = sum(len(events[name]) for name in events if name not in names)
        if not names:
            return counts
        sizes = [len(events[name]) for name in names]
        status = np.concatenate([judged[name] for name in names])
        order = order[start:] - start
        order = order[status[order] == NEW]
        recorded = np.concatenate([recorded_ms(events[name]) for name in names])
        place = np.full(len(status), MISSING)
        place[order] = assign_places(recorded[order], self.last_place)
        seq = np.full(len(status), MISSING)
        seq[order] = self.next_seq(len(order))
        self.last_place = int(place[order[-1]]) if len(order) else self.last_place
        ends = np.cumsum(sizes)[:-1]
        for name, places, seqs in zip(names, np.split(place, ends), np.split(seq, ends),
                                      strict=True):
            facts = events[name]
            facts.columns |= {"place": places, "seq": seqs}
            taken = np.flatnonzero(places != MISSING)
            insert(self.store, self.program, facts.take(taken[np.argsort(places[taken])]))
            counts[name] = Counts(
                read=len(facts), new=len(taken), same=int((judged[name] == SAME).sum()),
                rejects=self._reject(facts, judged[name], rejects))
            progress(f"write {name}", len(facts), len(facts))
        return counts

    def _keep_people(self, facts: Facts) -> None:
        """Keep what is for people's eyes only apart from the facts."""
        if facts.people is None or not facts.people.num_columns:
            return
        cells = facts.people.to_pydict()
        nothing = [None] * len(facts)
        texts = (cells.get("display_name", nothing), cells.get("contact_url", nothing))
        members = facts.columns["member_id"].tolist()
        self.store.many(_PEOPLE, [
            (self.program, member, name, url)
            for member, name, url in zip(members, *texts, strict=True) if name or url])


def _bodies(judged: list[Facts], rows: Ints) -> Ints:
    """Order by content of a few rows over all tables, 0 for the others: the file's is chance."""
    body = np.zeros(sum(map(len, judged)), dtype=np.int64)
    start = 0
    for facts in judged:
        mine = rows[(rows >= start) & (rows < start + len(facts))]
        columns = [facts.columns[name][mine - start]
                   for name in sorted(facts.columns) if name != ROW]
        body[mine] = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].ravel()
        start += len(facts)
    return body


def recorded_ms(facts: Facts) -> Ints:
    """When the server learnt of each event; where it does not say, when it happened."""
    stated = facts.get("recorded_at")
    return np.where(stated == MISSING, facts.columns["occurred_at"], stated)
