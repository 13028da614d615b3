"""How long a start is waited for: as long as it makes progress, and a while longer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ASK_S: Final = 5.0
"""How often a start is asked how far it is: one that is quicker is never asked."""


class Patience:
    """Waits for a start that reads a journal, however long that is; for one that does not, less.

    Parameters
    ----------
    patience_s : float
        Seconds without progress until it is over.
    rows_read : callable
        Rows that were read so far; 0 where the service does not say.
    announce : callable
        Told how far it is.
    clock : callable
        Seconds that only go up.

    Examples
    --------
    >>> seconds, rows = iter([0, 6, 100, 131, 251, 252]), iter([400_000, 400_000, 600_000, 600_000])
    >>> patience = Patience(120, lambda: next(rows), print, lambda: next(seconds))
    >>> [patience.is_over() for _ in range(3)]
    Reading the journal: 400,000 rows so far.
    Reading the journal: 600,000 rows so far.
    [False, False, False]
    >>> patience.is_over(), patience.is_over()
    (False, True)
    """

    def __init__(self, patience_s: float, rows_read: Callable[[], int],
                 announce: Callable[[str], None],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._patience_s = patience_s
        self._rows_read = rows_read
        self._announce = announce
        self._clock = clock
        self._rows = 0
        self._moved_s = clock()
        self._ask_s = self._moved_s + ASK_S

    def is_over(self) -> bool:
        """Say whether nothing has moved for too long; now and then it asks, and tells."""
        now_s = self._clock()
        if now_s >= self._ask_s:
            self._ask_s = now_s + ASK_S
            rows, before = self._rows_read(), self._rows
            if rows > before:  # one that fails and begins again does not get on
                self._rows, self._moved_s = rows, now_s
                self._announce(f"Reading the journal: {rows:,} rows so far.")
        return now_s - self._moved_s > self._patience_s
