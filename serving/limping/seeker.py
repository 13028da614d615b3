"""A program that lost its champion takes it back once it can be read, without a restart."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from features.errors import JagaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.bundle import Bundle

log = logging.getLogger("jaga.limping")
EVERY_S: Final = 10.0
"""Pause between two looks: one takes some tenths of a second of a thread beside."""


class Seeker:
    """Looks for a champion in a thread of its own.

    Parameters
    ----------
    load : callable
        Gives the champion, ready to judge, or raises a `JagaError`.
    every_s : float
        Pause between two looks.
    clock : callable
        Seconds that only go up.

    Examples
    --------
    >>> seeker = Seeker(lambda: "champion", every_s=0.0)
    >>> while not (found := seeker.found()):
    ...     pass
    >>> found
    'champion'
    """

    def __init__(self, load: Callable[[], Bundle], every_s: float = EVERY_S,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._every_s = every_s
        self._clock = clock
        self._next = clock() + every_s
        self._thread = threading.Thread()
        self._found: Bundle | None = None

    def found(self) -> Bundle | None:
        """Give what was found, or see to it that somebody looks; returns at once."""
        if self._found is None and not self._thread.is_alive() and self._clock() >= self._next:
            self._next = self._clock() + self._every_s
            self._thread = threading.Thread(target=self._look, name="seeking", daemon=True)
            self._thread.start()
        return self._found

    def _look(self) -> None:
        try:
            self._found = self._load()
        except JagaError:
            return
        log.info("a champion can be read again")
