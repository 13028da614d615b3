"""What counts together for four eyes: the groups that alerts truly belong to, whoever names what.

A caller names alerts and a case; he could name a case for each. So the desk puts the open alerts
together itself, with those he decided lately as if they were open still.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from serving.review.alerts import OpenAlerts
from serving.review.groups import FILES, TIES, group
from serving.review.keysday import LATELY_MS
from serving.review.pile import read_alerts
from serving.within import WithinProgram

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from features.store.store import Store
    from serving.review.groups import Alerts
    from serving.review.keysday import KeysDay
    from serving.review.pile import Pile

COUNTED: Final = ("due", "waiting", "done")
"""Statuses of acts that count."""


class Together(NamedTuple):
    """Alerts and batches of goods that are one matter, by their numbers."""

    events: frozenset[int] = frozenset()
    batches: frozenset[int] = frozenset()


class Lately(WithinProgram):
    """Reads what was decided in the last day, inside a transaction.

    Parameters
    ----------
    store : Store
    program : int
    now_ms : int
    """

    def __init__(self, store: Store, program: int, now_ms: int) -> None:
        super().__init__(store, program)
        self._since_ms = now_ms - LATELY_MS

    def by(self, author: str) -> dict[int, int]:
        """Tell, by event, what a person decided about at the desk: the points it asks for."""
        return {int(event): int(points or 0) for status in COUNTED
                for event, points in self._store.rows(
            "SELECT e.event_id, c.points FROM desk_actions a CROSS JOIN desk_action_events e "
            "LEFT JOIN cases c ON c.program = e.program AND c.event_id = e.event_id "
            "WHERE a.program = ? AND a.status = ? AND (a.due_ms IS NULL OR a.due_ms > ?) "
            "AND a.at_ms > ? AND a.author = ? AND a.act = 'decide' "
            "AND e.program = a.program AND e.action = a.action",
            (self._program, status, self._since_ms, self._since_ms, author))}

    def voided(self, author: str) -> dict[int, int]:
        """Sum, by batch, what codes were worth that a person made void."""
        found: dict[int, int] = {}
        for status in COUNTED:
            for body, points in self._store.rows(
                    "SELECT body, points FROM desk_actions WHERE program = ? AND status = ? "
                    "AND (due_ms IS NULL OR due_ms > ?) AND at_ms > ? AND author = ? "
                    "AND act = 'void_batch'",
                    (self._program, status, self._since_ms, self._since_ms, author)):
                batch = int(json.loads(body)["batch"])
                found[batch] = found.get(batch, 0) + int(points)
        return found


def together(store: Store, program: int, events: Iterable[int], lately: Collection[int],
             now_ms: int, batch: int = 0, pile: Pile | None = None) -> Together:
    """Find the groups of some alerts, or of the alerts of a batch.

    Things count as shared by those who have alerts; a thing that many honest members share, and
    that ties nobody in the queue, may tie here: then two people look where one might have.

    Parameters
    ----------
    store : Store
    program : int
        Key of the program.
    events : iterable of int
    lately : collection of int
        Events decided in the last day, put together as if they were open.
    now_ms : int
    batch : int
        0: none.
    pile : Pile or None
        Where alerts are kept from the time before; None: they are read anew.
    """
    mine = set(events)
    also = mine | set(lately)
    alerts, batches = (pile.read(store, program, also, now_ms) if pile
                       else read_alerts(store, program, also))
    tied = alerts.alerts()
    asked = np.isin(tied.event, sorted(mine)) | ((batches == batch) & (batch > 0))
    near = alerts.take(np.flatnonzero(_connected(tied, asked)))
    asked = np.isin(near["event"], tied.event[asked])
    found: set[int] = set()
    for one in group(near.alerts(), OpenAlerts(store, program).limits(now_ms, {})):
        rows = list(one.rows)
        if asked[rows].any():
            found |= set(near["event"][rows].tolist())
    own = batches[np.isin(tied.event, sorted(found))]
    return Together(frozenset(found | mine), frozenset({*own[own > 0].tolist(), batch} - {0}))


def _connected(alerts: Alerts, asked: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
               ) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Alerts that anything at all connects with some: all that their groups depend on."""
    found = asked
    while True:
        reached = found
        for name in ("member", *TIES, *FILES):
            column = getattr(alerts, name)
            reached = reached | ((column > 0) & np.isin(column, np.unique(column[reached])))
        if np.array_equal(reached, found):
            return found
        found = reached


class Stake(NamedTuple):
    """What somebody is about to decide.

    Parameters
    ----------
    author : str
        Who, at the desk; empty: a key, whoever it names.
    events : frozenset of int
        Alerts that he decides.
    points : int
        That they ask for, or that a batch is worth.
    batch : int
        That he makes void, 0: none.
    keys : KeysDay or None
        What keys decided lately, for theirs.
    pile : Pile or None
        As of `together`.
    """

    author: str
    events: frozenset[int]
    points: int
    batch: int = 0
    keys: KeysDay | None = None
    pile: Pile | None = None

    def matter(self, store: Store, program: int, now_ms: int, most: int) -> Together | None:
        """Find what it counts together with; None where all of his day is too little to matter.

        It may read all open alerts: outside of transactions that write, where there is time.
        """
        decided, voided = self._lately(store, program, now_ms)
        if self.points > most or (
                self.points + sum(decided.values()) + sum(voided.values()) <= most):
            return None
        return together(store, program, self.events, decided, now_ms, self.batch, self.pile)

    def total(self, store: Store, program: int, now_ms: int, most: int,
              matter: Together | None) -> int:
        """Sum its points and those he decided lately of the same matter.

        ``matter`` is as `matter` found it before; what was decided since then is seen too.
        """
        matter = matter or self.matter(store, program, now_ms, most)
        if matter is None:
            return self.points
        decided, voided = self._lately(store, program, now_ms)
        return (self.points + sum(decided.get(event, 0) for event in matter.events)
                + sum(points for batch, points in voided.items() if batch in matter.batches))

    def _lately(self, store: Store, program: int, now_ms: int
                ) -> tuple[dict[int, int], dict[int, int]]:
        """Points of what he decided lately, by event and by batch, but for what he decides now."""
        lately = Lately(store, program, now_ms)
        found, voided = ((dict(self.keys.read(store, program, now_ms)), {}) if self.keys
                         else (lately.by(self.author), lately.voided(self.author)))
        for event in self.events:
            found.pop(event, None)
        return found, voided
