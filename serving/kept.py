"""A process that is started again whenever it ends, later and later if it goes on ending."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
"""Who mends what was wrong with it waits no longer than that; one that lived so long is well."""


class Kept:
    """Starts a process and, once it has ended, starts it again after a pause that doubles.

    Parameters
    ----------
    name : str
        What it is to a person, in the plural.
    start : callable
        Starts it.
    announce : callable
        Told each sentence a person should read.
    clock : callable
        Seconds that only go up.

    Attributes
    ----------
    process : subprocess.Popen
        The last one that was started; it may have ended.
    ends : int
        How often it has ended.
    """

    def __init__(self, name: str, start: Callable[[], subprocess.Popen[bytes]],
                 announce: Callable[[str], None],
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._start = start
        self._announce = announce
        self._clock = clock
        self._pause_s = FIRST_PAUSE_S
        self._again_s: float | None = None
        self._began_s = clock()
        self.ends = 0
        self.process = start()

    def look(self) -> None:
        """See whether it runs; where it ended and its pause is over, start it again."""
        now_s = self._clock()
        if self._again_s is None:
            if self.process.poll() is not None:
                self._rest(now_s)
        elif now_s >= self._again_s:
            self._again_s, self._began_s = None, now_s
            self.process = self._start()

    def _rest(self, now_s: float) -> None:
        if now_s - self._began_s >= LONGEST_PAUSE_S:
            self._pause_s = FIRST_PAUSE_S
        self.ends += 1
        self._announce(f"The {self._name} ended with status {self.process.returncode}; they start "
                       f"again in {self._pause_s:.0f} s. Verdicts are given meanwhile.")
        self._again_s = now_s + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
