"""A clock that believes a leap only once it has lasted.

Places in the journal never go back, so one wrong leap ahead would put all later events into one
instant of the future, and end every hold at once. So the server's clock is held against one that
only counts: where they part by more than a minute, time goes on as counted until the server's has
told the same for ten minutes.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("jaga.clock")
LEAP_MS: Final = 60_000
"""A service that keeps clocks in step corrects less than that without a leap."""
BELIEVED_AFTER_MS: Final = 600_000
"""Long enough for whoever keeps clocks in step to take a mistake back."""


def counted_ms() -> int:
    """Count milliseconds since some moment, those in which the machine slept included."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000


class SteadyClock:
    """The server's clock without its leaps.

    Parameters
    ----------
    wall : callable
        The server's clock: milliseconds since 1970 UTC.
    counted : callable
        Milliseconds that only go up, and never leap.

    Attributes
    ----------
    leaps : int
        Leaps that were seen.

    Examples
    --------
    >>> times = iter([(1_000, 0), (2_000, 1_000), (9_000_000, 2_000), (4_000, 3_000)])
    >>> now = next(times)
    >>> clock = SteadyClock(lambda: now[0], lambda: now[1])
    >>> told = []
    >>> for now in times:
    ...     told.append(clock())
    >>> told
    [2000, 3000, 4000]
    """

    def __init__(self, wall: Callable[[], int], counted: Callable[[], int] = counted_ms) -> None:
        self.leaps = 0
        self._wall = wall
        self._counted = counted
        self._apart = wall() - counted()
        self._leapt: tuple[int, int] | None = None

    def __call__(self) -> int:
        """Tell the time in milliseconds since 1970 UTC."""
        wall, counted = self._wall(), self._counted()
        apart = wall - counted
        if abs(apart - self._apart) <= LEAP_MS:
            self._apart, self._leapt = apart, None
            return wall
        if self._leapt is None or abs(apart - self._leapt[0]) > LEAP_MS:
            self._leapt = (apart, counted)
            self.leaps += 1
            log.warning("the server's clock leapt by %d s; it is believed once that has lasted",
                        (apart - self._apart) // 1000)
        if counted - self._leapt[1] >= BELIEVED_AFTER_MS:
            self._apart, self._leapt = apart, None
            return wall
        return self._apart + counted
