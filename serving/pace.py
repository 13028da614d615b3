"""How long works that wait will have to: what a commit costs, and what each work adds to it."""

from __future__ import annotations

from typing import Final

KEPT: Final = 0.95
"""What of its weight a group keeps when the next one is done: some twenty groups count."""
FIRST_WORK_S: Final = 0.001
FIRST_COMMIT_S: Final = 0.002
"""Believed before anything was done: a slow disk and a slow processor."""
LEAST_SPREAD: Final = 0.5
"""Variance of the sizes of groups below which commit and work can't be told apart."""


class Pace:
    """Fits ``commit + work * size`` to the seconds of the last groups, the newest counting most.

    Written by one thread and read by others: a reader may be one group behind.

    Parameters
    ----------
    most : int
        Works in one group at the most.

    Examples
    --------
    >>> pace = Pace(256)
    >>> for size in (1, 20, 5, 16) * 10:
    ...     pace.note(size, 0.004 + 0.0005 * size)
    >>> round(pace.wait_s(100), 3)
    0.054
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = self._sizes = self._squares = self._seconds = self._products = 0.0
        self._commit_s, self._work_s = FIRST_COMMIT_S, FIRST_WORK_S

    def note(self, size: int, seconds: float) -> None:
        """Take in how long a group of works took, its commit included."""
        self._weight = self._weight * KEPT + 1
        self._sizes = self._sizes * KEPT + size
        self._squares = self._squares * KEPT + size * size
        self._seconds = self._seconds * KEPT + seconds
        self._products = self._products * KEPT + size * seconds
        size_mean, mean = self._sizes / self._weight, self._seconds / self._weight
        spread = self._squares / self._weight - size_mean**2
        slope = mean / size_mean
        if spread >= LEAST_SPREAD:
            together = self._products / self._weight - size_mean * mean
            slope = min(max(together / spread, 0.0), slope)
        self._commit_s, self._work_s = mean - slope * size_mean, slope

    def wait_s(self, works: int) -> float:
        """Seconds until so many works are done."""
        groups = -(-works // self._most)
        return groups * self._commit_s + works * self._work_s
