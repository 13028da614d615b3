"""The copilot's board of a program: all its figures, counted aside and kept until they are old."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from serving.copilot.figures import Figures, Span, active_members, read_earned, read_figures
from serving.copilot.leaks import Leak, read_leak
from serving.copilot.load import Load, Still, read_load, read_still
from serving.copilot.returns import Return, read_returns

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.journal import Journal

DAYS: Final = (7, 30, 90)
"""Spans that may be asked for."""
FRESH_S: Final = 60.0
"""Figures this young are not counted again, however much has come since."""
PATIENCE_S: Final = 0.15
"""How long a page waits for figures that nobody has counted yet, before it says so."""


@dataclass(frozen=True)
class Board:
    """All figures of a program over one span."""

    span: Span
    figures: Figures
    leak: Leak
    load: Load
    still: list[Still]
    returns: dict[str, list[Return]]


def read_board(journal: Journal, days: int) -> Board:
    """Count all figures of the days up to the journal's last event."""
    span = Span(days, journal.as_of_ms)
    with journal.database.reading() as store:
        earned = read_earned(store, journal.key, span)
        return Board(
            span, read_figures(store, journal.key, span, earned),
            read_leak(store, journal.key, span), read_load(store, journal.key, span),
            read_still(store, journal.key, active_members(store, journal.key, span)),
            read_returns(store, journal.key, journal.program, earned))


class Boards:
    """Keeps boards, and has them counted by a thread of its own, one at a time.

    Parameters
    ----------
    seconds : callable
        Seconds that never go back.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._kept: dict[tuple[str, int], tuple[int, float, Board]] = {}
        self._under_way: dict[tuple[str, int], Future[Board]] = {}
        self._counting = ThreadPoolExecutor(1, "jaga-copilot")
        self._lock = threading.Lock()

    def get(self, journal: Journal, days: int, patience_s: float = PATIENCE_S) -> Board | None:
        """Return the board; the last one where a newer is being counted, None where there is none.

        Raises
        ------
        JagaError
            What counting raised, where there is no board to show.
        """
        key = (journal.program.program_id, days)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and (kept[0] == journal.last_place
                                     or self._seconds() - kept[1] < FRESH_S):
                return kept[2]
            if key not in self._under_way:
                self._under_way[key] = self._counting.submit(self._count, key, journal.twin())
            counting = self._under_way[key]
        if kept is not None:
            return kept[2]
        try:
            return counting.result(patience_s)
        except TimeoutError:
            return None

    def _count(self, key: tuple[str, int], journal: Journal) -> Board:
        place = journal.last_place
        try:
            board = read_board(journal, key[1])
            with self._lock:
                self._kept[key] = (place, self._seconds(), board)
            return board
        finally:
            with self._lock:
                self._under_way.pop(key, None)
