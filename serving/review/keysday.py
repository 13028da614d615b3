"""What keys decided in the last day, read on from decision to decision."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from features.places import first_place
from serving.holds import BY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.store.store import Store

LATELY_MS: Final = 86_400_000
"""Who decides a large case in parts within a day decides on all of it."""


class KeysDay:
    """Events of one program that a key decided, in whatever name, with the points they ask for.

    Decisions of people at the desk, and of time, are none of a key's. Threads may share it.

    Examples
    --------
    >>> import tempfile
    >>> from features.exports.program import Program
    >>> from features.store.home import Home
    >>> home = Home(tempfile.mkdtemp())
    >>> journal = home.create(Program(program_id="acme"))
    >>> with home.database.reading() as store:
    ...     dict(KeysDay().read(store, journal.key, 1_700_000_000_000))
    {}
    >>> home.close()
    """

    def __init__(self) -> None:
        self._one_reads = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._points: dict[int, int] = {}
        self._order: deque[tuple[int, int]] = deque()
        self._since = 0
        self._seen = 0

    def read(self, store: Store, program: int, now_ms: int) -> Mapping[int, int]:
        """Tell, by event, what the decisions of the day before a moment were about."""
        since = first_place(now_ms - LATELY_MS)
        with self._one_reads:
            if since < self._since:  # a clock that went back
                self._forget()
            self._since = since
            for event, place, points in store.rows(
                    "SELECT d.event_id, d.place, c.points FROM decisions d JOIN cases c "
                    "ON c.program = d.program AND c.event_id = d.event_id "
                    'WHERE d.program = ? AND d.place > ? AND d."by" <> ? AND NOT EXISTS '
                    "(SELECT 1 FROM desk_action_events e JOIN desk_actions a "
                    "ON a.program = e.program AND a.action = e.action WHERE e.program = d.program "
                    "AND e.event_id = d.event_id AND a.act = 'decide' AND a.author = d.\"by\") "
                    "ORDER BY d.place", (program, max(self._seen, since), BY)):
                self._points[int(event)] = int(points)
                self._order.append((int(place), int(event)))
                self._seen = int(place)
            self._end(since)
            return dict(self._points)

    def _end(self, since: int) -> None:
        """Let go what is older than the day, but for what was decided again since."""
        gone = set()
        while self._order and self._order[0][0] <= since:
            gone.add(self._order.popleft()[1])
        for event in gone - {event for _, event in self._order} if gone else ():
            self._points.pop(event, None)
