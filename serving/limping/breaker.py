"""A model that fails or is slow is left alone for a while; verdicts go on without it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.answers import Degraded, Verdict

log = logging.getLogger("jaga.limping")
TIMES: Final = 3
"""Slow verdicts in a row that open the breaker: one alone may be the machine's fault. One that
takes as long as so many together opens it too."""
REST_S: Final = 5.0
"""How long a model rests the first time; each probe that fails doubles it."""
LONGEST_REST_S: Final = 80.0


class Breaker:
    """Asks models, and does without them while they fail or are slow.

    A verdict that was slow is given all the same, whole: only those after it do without. One
    whose model raised is given again without it.

    Parameters
    ----------
    clock : callable
        Seconds that only go up.

    Attributes
    ----------
    opened : int
        How often models were left alone.

    Examples
    --------
    >>> breaker = Breaker(clock=lambda: 0.0)
    >>> breaker.guard(lambda degraded: degraded, 0.25)
    False
    >>> def broken(degraded):
    ...     return degraded or 1 / 0
    >>> breaker.guard(broken, 0.25), breaker.is_open
    ('model', True)
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.opened = 0
        self._clock = clock
        self._slow = 0
        self._rest_s = REST_S
        self._until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the models rest now."""
        return self._until is not None and self._clock() < self._until

    def guard(self, ask: Callable[[Degraded], Verdict], limit_s: float) -> Verdict:
        """Give the verdict of the models, or ``ask("model")`` while they rest.

        Parameters
        ----------
        ask : callable
            Judges with models where it is told False, without where it is told ``model``.
        limit_s : float
            Seconds that it may take.
        """
        if self.is_open:
            return ask("model")
        started = self._clock()
        try:
            verdict = ask(False)
        except Exception as error:  # noqa: BLE001 - the points engine waits, whatever failed
            self._open(type(error).__name__)
            return ask("model")
        self._heed(self._clock() - started, limit_s)
        return verdict

    def renew(self) -> None:
        """Trust anew: other models serve from now on."""
        self._slow, self._until, self._rest_s = 0, None, REST_S

    def _heed(self, took_s: float, limit_s: float) -> None:
        if took_s <= limit_s:
            self.renew()
            return
        self._slow += 1
        is_probe = self._until is not None
        if is_probe or self._slow >= TIMES or took_s >= TIMES * limit_s:
            self._open("slow")

    def _open(self, why: str) -> None:
        """Let the models rest, longer where a probe failed."""
        if self._until is not None:
            self._rest_s = min(2 * self._rest_s, LONGEST_REST_S)
        self.opened += 1
        self._slow = 0
        self._until = self._clock() + self._rest_s
        log.warning("the models are left alone for %.0f s: %s", self._rest_s, why)
