"""The review desk of one program as the pages read it: the queue, and what a case is made of."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from features.catalog import program_catalog
from features.store.head import read_head
from serving.archive import Archive
from serving.review.alerts import OpenAlerts
from serving.review.files import Files
from serving.review.groups import Group, candidates, group
from serving.review.layouts import Layouts
from serving.review.policyeffect import PolicyEffect
from serving.review.queue import Listed, cases
from serving.review.second import Seconds
from serving.review.standings import Standings
from serving.review.trail import AT, Trail
from serving.tour import read_tour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.store.head import Head
    from features.store.journal import Journal
    from features.store.store import Store
    from serving.review.alerts import Open

SMALL: Final = 50_000
"""Rows of a journal that are read while somebody waits: a fraction of a second."""
LOOKED_FOR: Final = ("member", "event", "code", "batch")
"""Kinds of things by whose id a case is found."""
MOST_AGAIN: Final = 200


@dataclass(frozen=True)
class Queue:
    """The whole queue at a moment: alerts, and the cases they are put together to."""

    alerts: Open
    cases: list[Listed]

    def case(self, case_id: str) -> Listed | None:
        """Find a case by its id; None where it is none any more."""
        return next((case for case in self.cases if case.case_id == case_id), None)

    def of_event(self, event: int) -> Listed | None:
        """Find the case that holds an event."""
        rows = {row for row, one in enumerate(self.alerts["event"].tolist()) if one == event}
        return next((case for case in self.cases if rows & set(case.group.rows)), None)

    def events(self, case: Listed) -> list[int]:
        """Events of a case, the one with the most at stake first."""
        priority = self.alerts["priority"]
        rows = sorted(case.group.rows, key=lambda row: (-int(priority[row]), row))
        return [int(self.alerts["event"][row]) for row in rows]


class Reader:
    """Reads one program for its desk; keeps what it need not read again, and writes nothing.

    Parameters
    ----------
    path : Path
        The home's folder.
    journal : Journal
    why : callable
        Tells the reasons of a verdict that was given without any, by the id of its event.
    """

    def __init__(self, path: Path, journal: Journal,
                 why: Callable[[str], list[dict[str, Any]]] = lambda event_id: []) -> None:
        self._path = path
        self.why = why
        self.journal = journal
        self.trail = Trail(journal)
        self.files = Files(journal)
        self.layouts = Layouts(path / "bundles" / journal.program.program_id)
        self.effects = PolicyEffect()
        self._kept: tuple[Head, int, Open, list[Group]] | None = None
        self._warming: threading.Thread | None = None

    def catalog(self) -> Catalog:
        """Read the features of the program, its own among them."""
        return program_catalog(self._path / "features", self.journal.program.program_id)

    def now(self, wall_ms: int) -> int:
        """Say what time it is in the program: a demo's world stands still at its own end."""
        return wall_ms - read_tour(self._path).behind_ms

    def warm(self) -> bool:
        """Have the trail read on; whether it is there by now.

        The first time it takes seconds where the journal is large: then a thread of its own
        reads it, and nobody waits.
        """
        if self.trail.is_ready or self.journal.last_seq <= SMALL:
            self._read_on()
        elif self._warming is None or not self._warming.is_alive():
            self._warming = threading.Thread(target=self._read_on, daemon=True)
            self._warming.start()
        return self.trail.is_ready

    def _read_on(self) -> None:
        self.files.read()
        self.trail.read()

    def queue(self, person: str, wall_ms: int) -> Queue:
        """Make the queue as a person has it."""
        now_ms = self.now(wall_ms)
        program = self.journal.program
        with self.journal.database.reading() as store:
            again = Seconds(store, self.journal.key).awaited(person, MOST_AGAIN)
            alerts, groups = self._grouped(store, again, now_ms)
            standing = Standings(store, self.journal.key).of(alerts["event"].tolist())
        return Queue(alerts, cases(alerts, groups, standing, now_ms, program.desk.sla_hours,
                                   program.zone))

    def _grouped(self, store: Store, again: Sequence[int], now_ms: int
                 ) -> tuple[Open, list[Group]]:
        """Alerts and their groups; those of everybody are kept until the journal moves on."""
        head = read_head(store, self.journal.key)
        kept = self._kept
        if kept is not None and kept[0] == head and kept[1] == len(self.trail) and not again:
            return kept[2], kept[3]
        reads = OpenAlerts(store, self.journal.key)
        alerts = reads.read(again)
        tied = alerts.alerts()
        shared = {tie: self.trail.shared(tie, things) for tie, things in candidates(tied).items()
                  if tie in AT and self.trail.is_ready}
        groups = group(tied, reads.limits(now_ms, shared))
        if not again:
            self._kept = (head, len(self.trail), alerts, groups)
        return alerts, groups

    def search(self, text: str) -> frozenset[int] | None:
        """Find events by the id of a member, an event, a code or a batch; None without a text."""
        text = text.strip()
        if not text:
            return None
        found: set[int] = set()
        with self.journal.database.reading() as store:
            archive = Archive(store, self.journal.key)
            for kind in LOOKED_FOR:
                number = archive.number(kind, text)
                if number:
                    found |= self._open_of(store, kind, number)
        return frozenset(found)

    def _open_of(self, store: Store, kind: str, number: int) -> set[int]:
        alerts = self._kept[2] if self._kept else OpenAlerts(store, self.journal.key).read()
        return set(alerts["event"][alerts[kind] == number].tolist())
