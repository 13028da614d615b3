"""Plain counts of what a program's engine did; read by whoever watches, without a lock.

One thread adds, others read: a reader may see a sum that is one verdict older than the count
beside it, and never a wrong one. Adding costs well under a microsecond.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMIT_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds: an fsync takes 0.1 to 10 ms on a disk that is well."""
GROUP_BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Works that shared a commit."""
NOT_DEGRADED: Final = "no"


class Spread:
    """How values spread over fixed bounds, as a Prometheus histogram counts them.

    Parameters
    ----------
    bounds : sequence of float
        Upper bounds, ascending; what is larger has a place of its own.

    Examples
    --------
    >>> spread = Spread((1, 10))
    >>> for value in (0.5, 1, 2, 99):
    ...     spread.add(value)
    >>> spread.counts, spread.total
    ([2, 1, 1], 102.5)
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Tally:
    """What one program's engine did since its process started.

    Parameters
    ----------
    clock : callable
        Seconds that only go up.

    Attributes
    ----------
    verdicts : Counter
        Durable verdicts by kind, verdict and what was degraded; a re-send is none.
    works, failed : int
        Works in transactions that were committed, and transactions that were not.
    seconds, groups : Spread
        Seconds of each committed transaction, and how many works shared it.
    last_commit : float
        When the last one was committed, by ``clock``; the start before the first.
    watch : callable or None
        Told the seconds and the works of each commit, for spans.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.note("scan", "approve", False)
    >>> tally.committed(1, 0.002)
    >>> tally.note("scan", "review", "model")
    >>> tally.dropped()
    >>> tally.verdicts
    Counter({('scan', 'approve', 'no'): 1})
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.verdicts: Counter[tuple[str, str, str]] = Counter()
        self.works = 0
        self.failed = 0
        self.seconds = Spread(COMMIT_BOUNDS)
        self.groups = Spread(GROUP_BOUNDS)
        self.last_commit = clock()
        self.watch: Callable[[float, int], None] | None = None
        self._clock = clock
        self._noted: list[tuple[str, str, str]] = []

    def note(self, kind: str, verdict: str, degraded: str | bool) -> None:
        """Note a verdict of the open transaction; it counts once that is committed."""
        self._noted.append((kind, verdict, str(degraded) if degraded else NOT_DEGRADED))

    def committed(self, works: int, seconds: float) -> None:
        """Count a transaction that is durable, and the verdicts that were noted in it."""
        for key in self._noted:
            self.verdicts[key] += 1
        self._noted.clear()
        self.works += works
        self.seconds.add(seconds)
        self.groups.add(works)
        self.last_commit = self._clock()
        if self.watch is not None:
            self.watch(seconds, works)

    def dropped(self) -> None:
        """Count a transaction that was not committed; what was noted in it never happened."""
        self._noted.clear()
        self.failed += 1
