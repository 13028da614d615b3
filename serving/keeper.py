"""When a snapshot of a program's state is taken: in idle moments and at the end."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from features.store.head import KEPT

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.engine.kernel import Memory
    from serving.live import Live
    from serving.snapshots import Snapshot, Snapshots

log = logging.getLogger("jaga.snapshots")
WORTH: Final = 20_000
"""Rows that are worth a snapshot where none holds them: a tenth of a second at a start."""
EVERY: Final = 200_000
"""Rows between two snapshots of a running service: about a second at a start after a crash."""
MOST_COMMITS: Final = KEPT // 2
"""Transactions between two snapshots: one whose mark the journal has forgotten is of no use."""


class Keeper:
    """Keeps snapshots of one program, copied at once and written in a thread.

    Parameters
    ----------
    live : Live
        Whole, and used by no other thread while a method of this one runs.
    snapshots : Snapshots
    worth, every : int
        Rows that make a snapshot worth while at the start and the end, and in between.
    """

    def __init__(
        self, live: Live, snapshots: Snapshots, worth: int = WORTH, every: int = EVERY
    ) -> None:
        self._live = live
        self._snapshots = snapshots
        self._worth = worth
        self._every = every
        self._bound = worth
        self._held = live.recovered
        self._room: Memory | None = None
        self._thread: threading.Thread | None = None

    def rest(self) -> None:
        """Take a snapshot where enough is new; returns before it is written.

        The first of a process needs less: it spares the next start what this one had to read. Room
        is made first, in a thread, so that the copy itself stops the caller for some ms only.
        """
        if self._is_busy:
            return
        if self._room is not None:
            self._take()
        elif self._is_due(self._bound):
            self._start(self._make_room)
        self._bound = self._every

    def close(self) -> None:
        """Finish, and take a last snapshot where it is worth while."""
        self._finish()
        if self._room is not None or self._is_due(self._worth):
            self._take()
            self._finish()

    @property
    def _is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _is_due(self, bound: int) -> bool:
        head, held = self._live.head, max(self._held, self._live.recovered)
        is_new = head.seq - held.seq >= bound or head.number - held.number >= MOST_COMMITS
        return self._live.is_whole and head.number > 0 and is_new

    def _make_room(self) -> None:
        self._room = self._live.state.room()

    def _take(self) -> None:
        room, self._room = self._room, None
        if not self._live.is_whole:
            return
        started = time.monotonic()
        snapshot = self._live.snapshot(room)
        self._held = snapshot.head
        log.info("a state was copied in %.3f s", time.monotonic() - started)
        self._start(self._keep, snapshot)

    def _keep(self, snapshot: Snapshot) -> None:
        try:
            self._snapshots.keep(snapshot)
        except Exception as error:  # noqa: BLE001 - a cache that can't be written harms nobody
            log.warning("a snapshot was not kept: %s", type(error).__name__)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        self._thread = threading.Thread(target=work, args=arguments, name="snapshot", daemon=True)
        self._thread.start()

    def _finish(self) -> None:
        if self._thread is not None:
            self._thread.join()
