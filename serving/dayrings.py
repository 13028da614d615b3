"""The rings of the day are weighed beside the verdicts, ahead of the day's first event."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.links.draft import Draft
    from features.links.links import Links
    from features.links.rings import Rings

log = logging.getLogger("jaga.rings")


class DayRings:
    """Weighs the rings of a program's day in a thread of its own.

    All but the weighing is done by the caller, who owns the links: copies before, a look whether
    they still hold after. An event that comes first has its rings weighed at once, the same ones.
    """

    def __init__(self) -> None:
        self._of: Links | None = None
        self._draft: Draft | None = None
        self._rings: Rings | None = None
        self._thread = threading.Thread()

    def rest(self, links: Links, now_ms: int) -> None:
        """Begin to weigh where a day's rings are next, or keep what was weighed since.

        Parameters
        ----------
        links : Links
            Of a whole state; where it is another one than before, what was begun is left.
        now_ms : int
            Milliseconds since 1970 UTC.
        """
        if self._thread.is_alive():
            return
        draft, rings, is_same = self._draft, self._rings, self._of is links
        self._draft = self._rings = None
        if is_same and draft is not None and rings is not None and links.take(draft, rings):
            log.info("the rings of the day were prepared")
            return
        self._of, self._draft = links, links.draft(now_ms)
        if self._draft is not None:
            self._thread = threading.Thread(target=self._weigh, args=(self._draft,), name="rings",
                                            daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Wait for the end of a weighing."""
        if self._thread.is_alive():
            self._thread.join()

    def _weigh(self, draft: Draft) -> None:
        try:
            self._rings = draft.weighed()
        except Exception as error:  # noqa: BLE001 - the first event of the day has them weighed
            log.warning("the rings of the day were not prepared: %s", type(error).__name__)
