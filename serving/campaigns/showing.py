"""The campaigns of a running service, for its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from serving.campaigns.outcomes import Activity
from serving.campaigns.results import results
from serving.campaigns.shelf import Shelf
from serving.members import default_as_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.live import Live


class Showing:
    """Reads the campaigns of one program.

    Parameters
    ----------
    live : Live
        For its journal, and the words of its bundle.
    clock : callable
        Milliseconds since 1970 UTC.
    """

    def __init__(self, live: Live, clock: Callable[[], int]) -> None:
        self._live = live
        self._clock = clock

    def listed(self) -> list[dict[str, Any]]:
        """List all campaigns, oldest first."""
        journal, now_ms = self._live.journal, self._clock()
        with journal.database.reading() as store:
            shelf = Shelf(store, journal.key)
            return [shelf.find(name).row(now_ms) for name in shelf.ids()]

    def results(self, campaign_id: str) -> dict[str, Any]:
        """Say what a campaign brought by what is known now; NotFound where there is none."""
        journal, texts = self._live.journal, self._live.bundle.texts
        with journal.database.reading() as store:
            Shelf(store, journal.key).find(campaign_id)
        activity = Activity.read(journal, default_as_of(journal))
        return results(journal, campaign_id, activity, texts,
                       texts.language(*journal.program.languages))
