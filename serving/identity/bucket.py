"""Buckets of tokens: how often something may happen, and who has tried too often."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MOST_KEPT: Final = 10_000
"""Subjects a throttle remembers; the one that was quiet longest is forgotten first."""


class Bucket:
    """A bucket that fills at a rate and overflows at its size; every act takes a token out of it.

    Parameters
    ----------
    rate : float
        Tokens a second.
    size : float
        Tokens at the most, and at the start.
    clock : callable
        Seconds that never go back.

    Examples
    --------
    >>> bucket = Bucket(rate=0.5, size=1, clock=lambda: 0.0)
    >>> bucket.take(), bucket.take(), bucket.wait_s()
    (True, False, 2.0)
    """

    __slots__ = ("_clock", "_last", "_level", "_rate", "_size")

    def __init__(self, rate: float, size: float,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._size = size
        self._clock = clock
        self._level = size
        self._last = clock()

    def take(self) -> bool:
        """Take a token; False where there is none."""
        self._fill()
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True

    def give_back(self) -> None:
        """Put a token back: the act was none that counts."""
        self._level = min(self._level + 1.0, self._size)

    def wait_s(self) -> float:
        """Seconds until the next token is there; 0 where one is."""
        self._fill()
        return max(0.0, (1.0 - self._level) / self._rate)

    def _fill(self) -> None:
        now = self._clock()
        self._level = min(self._level + (now - self._last) * self._rate, self._size)
        self._last = now


class Throttle:
    """A bucket for each subject, kept in memory and bounded; safe in threads.

    A restart forgets it, and each replica has its own: what it must withstand is a machine that
    guesses for days, and that one is as slow after a restart as before.

    Parameters
    ----------
    rate, size : float
        Of each bucket; tokens a second, and tokens.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, rate: float, size: float,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._size = size
        self._clock = clock
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, subject: Hashable) -> int:
        """Take a token of a subject; 0, else whole seconds until there is one."""
        with self._lock:
            bucket = self._bucket(subject)
            return 0 if bucket.take() else math.ceil(bucket.wait_s())

    def give_back(self, subject: Hashable) -> None:
        """Put a subject's token back."""
        with self._lock:
            self._bucket(subject).give_back()

    def _bucket(self, subject: Hashable) -> Bucket:
        bucket = self._buckets.pop(subject, None) or Bucket(self._rate, self._size, self._clock)
        self._buckets[subject] = bucket
        if len(self._buckets) > MOST_KEPT:
            self._buckets.popitem(last=False)
        return bucket
