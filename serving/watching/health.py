"""Whether the process lives and whether it may be asked: for whoever restarts or routes."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from features.errors import JagaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.programs import Programs

log = logging.getLogger("jaga.health")
STUCK_S: Final = 300.0
"""How long the writing thread may be at one work: the longest that is legitimate, an ingest's part
or a state made anew without a snapshot, takes a minute for some million events."""
STORE_S: Final = 0.5
"""How long the store may take to answer; the probe itself has a second."""
KEPT_S: Final = 1.0
"""How long an answer of the store holds: whoever probes more often costs nothing."""


class Health:
    """Answers of the two probes.

    Live means that nothing but a restart would help otherwise: the event loop answers this, and
    the writing thread runs and is not stuck. Ready means that a verdict would be given whole: the
    kernels are compiled, bundles and states are loaded, a verdict of each program was tried, and
    the store answers.

    Parameters
    ----------
    programs : Programs
    clock : callable
        Seconds that only go up.
    """

    def __init__(
        self, programs: Programs, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._programs = programs
        self._clock = clock
        self._asking: asyncio.Future[bool] | None = None
        self._asked = -KEPT_S
        self._is_store_up = True

    async def is_alive(self) -> bool:
        """Say whether the process lives."""
        committer = self._programs.committer
        since = committer.busy_since
        if since is not None and self._clock() - since > STUCK_S:
            return False
        return committer.is_running or not self._programs.ready  # it may not have started yet

    async def is_ready(self) -> bool:
        """Say whether verdicts would be given whole."""
        return self._programs.ready and await self._has_store()

    async def _has_store(self) -> bool:
        """Ask the store, never twice at once: one that hangs must not take a thread each time."""
        if self._asking is None and self._clock() - self._asked < KEPT_S:
            return self._is_store_up
        if self._asking is None:
            self._asking = asyncio.ensure_future(asyncio.to_thread(self._ask))
        done, _ = await asyncio.wait((self._asking,), timeout=STORE_S)
        if not done:
            return self._tell(is_up=False)
        self._asking, self._asked = None, self._clock()
        return self._tell(is_up=done.pop().result())

    def _tell(self, *, is_up: bool) -> bool:
        if is_up != self._is_store_up:
            log.warning("the store answers again" if is_up else "the store does not answer")
        self._is_store_up = is_up
        return is_up

    def _ask(self) -> bool:
        try:
            with self._programs.home.database.reading() as store:
                store.rows("SELECT count(*) FROM programs")
        except JagaError:
            return False
        return True
