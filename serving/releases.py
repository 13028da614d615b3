"""How many events were let through by chance on a day of the program, before a place."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from features.places import first_place, place_ms

if TYPE_CHECKING:
    from features.store.journal import Journal
    from features.store.store import Store
    from models.answers import Verdict
    from models.occasion import Occasion


class Releases:
    """Counts random releases: what is stored, and what the open transaction adds.

    Parameters
    ----------
    journal : Journal
        In whose time zone days begin.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._store: Store | None = None
        self._day: dt.date | None = None
        self._count = 0

    def open(self, store: Store | None) -> None:
        """Begin to count in a transaction; None: read what is stored in one of its own."""
        self._store = store
        self._day = None

    def told(self, occasion: Occasion, place: int) -> Occasion:
        """Occasion that knows of the releases before its place on its day."""
        moment = dt.datetime.fromtimestamp(place_ms(place) / 1000, self._journal.program.zone)
        if moment.date() != self._day:
            self._day = moment.date()
            midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            self._count = self._stored(round(midnight.timestamp() * 1000), place)
        return occasion._replace(released_today=self._count)

    def note(self, verdict: Verdict) -> None:
        """Count a verdict that was just given."""
        self._count += verdict.released

    def _stored(self, since_ms: int, place: int) -> int:
        if self._store is not None:
            return self._counted(self._store, since_ms, place)
        with self._journal.database.reading() as store:
            return self._counted(store, since_ms, place)

    def _counted(self, store: Store, since_ms: int, place: int) -> int:
        return int(store.rows(
            "SELECT count(*) FROM verdicts WHERE program = ? AND released = 1 AND place >= ? "
            "AND place < ?", (self._journal.key, first_place(since_ms), place))[0][0])
