"""What is done for one program between requests, by the thread that writes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from features.errors import JagaError
from serving.audit.sealer import Sealer
from serving.campaigns.handing import take_waiting
from serving.dayrings import DayRings
from serving.holds import Holds
from serving.keeper import Keeper
from serving.review.applying import Applying

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.store.home import Home
    from serving.limping.mender import Mender
    from serving.live import Live
    from serving.snapshots import Snapshots

log = logging.getLogger("jaga.chores")


class Chores:
    """Chores of one program; each fails for itself alone, and is tried again soon.

    Parameters
    ----------
    home : Home
    live : Live
    mender : Mender
        Of its state.
    snapshots : Snapshots
        Where its state is kept.
    pause : callable
        Answers who waits, from inside a longer chore.
    """

    def __init__(self, home: Home, live: Live, mender: Mender, snapshots: Snapshots,
                 pause: Callable[[], object]) -> None:
        self._live = live
        self._pause = pause
        self._mender = mender
        self._keeper = Keeper(live, snapshots)
        self._rings = DayRings()
        self._applying = Applying(live, pause)
        self._holds = Holds(live)
        self._sealer = Sealer(live.journal, home.path)

    def rest(self, now_ms: int) -> None:
        """Do every chore that is due; ``now_ms`` is UTC milliseconds."""
        chores: dict[str, Callable[[int], object]] = {
            "a state that was made anew": self._mend, "the rings of the day": self._weigh,
            "a snapshot": self._keep, "another champion": self._succeed,
            "scores of a challenger": self._score,
            "acts of the desk": self._applying.rest, "the end of holds": self._end,
            "decisions of campaigns": self._take, "the seal": self._seal}
        for name, do in chores.items():
            try:
                do(now_ms)
            except Exception as error:  # noqa: BLE001 - a full disk here must not stop the others
                told = error.code if isinstance(error, JagaError) else type(error).__name__
                log.warning("%s waits for the next time: %s", name, told)

    def close(self) -> None:
        """Keep the scores of a challenger that are made, and a last snapshot."""
        if self._live.shadow is not None:
            self._live.shadow.close()
        self._keeper.close()

    def _mend(self, now_ms: int) -> None:
        """Take over a state that was made anew."""
        if not self._live.is_whole:
            self._mender.rest()

    def _weigh(self, now_ms: int) -> None:
        """Have the day's rings weighed ahead of its first event."""
        if self._live.is_whole:
            self._rings.rest(self._live.circumstances.links, now_ms)

    def _keep(self, now_ms: int) -> None:
        self._keeper.rest()

    def _succeed(self, now_ms: int) -> None:
        """Let the next champion judge where no verdict is asked for, so that pages show it."""
        if self._live.is_offered:
            with self._live.begin():
                pass

    def _score(self, now_ms: int) -> None:
        """Store what a challenger would have said."""
        if self._live.shadow is not None:
            self._live.shadow.keep()

    def _end(self, now_ms: int) -> None:
        """End holds; what facts that came mean for others is read from the state alone."""
        if self._live.is_whole:
            self._holds.rest(now_ms)
        else:
            self._holds.end_due(now_ms)

    def _seal(self, now_ms: int) -> None:
        """Seal what was stored, so that a change of it is found."""
        self._sealer.rest(now_ms, self._pause)

    def _take(self, now_ms: int) -> None:
        """Hand over what a run of campaigns beside this service decided."""
        take_waiting(self._live, now_ms)
