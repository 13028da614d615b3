"""How often it is usual: the share of the members seen last for whom something was so."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

REMEMBERED: Final = 512
"""Distinct members, the newest; one vote each."""
LAG_MS: Final = 7 * 86_400_000
"""What is odd today is usual only after so long: an error must not excuse itself."""
WAITING: Final = 4_096


class Habit:
    """Whether it was so for each of the last `REMEMBERED` members.

    Examples
    --------
    >>> habit = Habit()
    >>> for member in range(100):
    ...     habit.note(member, member < 10, member)
    >>> habit.share
    0.0
    >>> habit.note(100, False, LAG_MS + 100)
    >>> round(habit.share, 3)
    0.099
    """

    def __init__(self, last: OrderedDict[int, bool] | None = None,
                 waiting: list[tuple[int, int]] | None = None) -> None:
        self.last: OrderedDict[int, bool] = last if last is not None else OrderedDict()
        self.waiting: deque[tuple[int, int]] = deque(waiting or [], maxlen=WAITING)
        self._yes = sum(self.last.values())

    @property
    def share(self) -> float:
        """Share of the members for whom it was so; 0 before the first."""
        return self._yes / len(self.last) if self.last else 0.0

    def note(self, member: int, so: bool, ms: int) -> None:
        """Put a member's vote in the place of his last one; one that it was so counts later."""
        while self.waiting and self.waiting[0][0] <= ms - LAG_MS:
            self._cast(self.waiting.popleft()[1], so=True)
        if so:
            self.waiting.append((ms, member))
        else:
            self._cast(member, so=False)

    def _cast(self, member: int, so: bool) -> None:
        self._yes += so - self.last.pop(member, False)
        self.last[member] = so
        if len(self.last) > REMEMBERED:
            self._yes -= self.last.popitem(last=False)[1]
