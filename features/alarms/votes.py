"""A level that many members agree on: each has one vote, so that nobody can move it alone."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from typing import Final

VOTERS: Final = 64
"""Votes kept, the newest; a median of 64 moves by less than a rank for one voter."""


class Votes:
    """The last value of each of the last `VOTERS` members, and their median.

    Examples
    --------
    >>> votes = Votes()
    >>> for member, value in ((1, 50.0), (2, 50.0), (3, 60.0), (1, 9_000.0)):
    ...     votes.cast(member, value)
    >>> votes.level, len(votes)
    (60.0, 3)
    """

    def __init__(self, values: OrderedDict[int, float] | None = None) -> None:
        self.values: OrderedDict[int, float] = values if values is not None else OrderedDict()
        self._sorted = sorted(self.values.values())

    def __len__(self) -> int:
        return len(self.values)

    @property
    def level(self) -> float:
        """Upper median of the votes; 0 where there is none."""
        return self._sorted[len(self._sorted) // 2] if self._sorted else 0.0

    def cast(self, member: int, value: float) -> None:
        """Put a member's vote in the place of his last one."""
        before = self.values.pop(member, None)
        self.values[member] = value
        if before is None and len(self.values) > VOTERS:
            before = self.values.popitem(last=False)[1]
        if before != value:
            insort(self._sorted, value)
            if before is not None:
                self._drop(before)

    def _drop(self, value: float) -> None:
        del self._sorted[bisect_left(self._sorted, value)]
