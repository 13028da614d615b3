"""What the pages read: programs of a home, their cases, members and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from features.errors import JagaError
from features.store.home import Home
from serving.casework import Casework
from serving.champion import load_champion
from serving.circumstances import Circumstances
from serving.earlier import EarlierBundles
from serving.everyreason import every_reason
from serving.tour import curl_of, read_tour

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.database import Database
    from features.store.journal import Journal
    from serving.identity.users import Person

SHOWN: Final = 6
"""Reasons of an approval on its page."""


class Shelf:
    """Reads one home for the pages; writes nothing.

    Parameters
    ----------
    path : Path
        The home.
    url : str or None
        Its database, where that is elsewhere.
    """

    def __init__(self, path: Path, url: str | None = None) -> None:
        self._path = path
        self._home = Home(path, url)

    @property
    def path(self) -> Path:
        """The home's folder."""
        return self._path

    def journal(self, program_id: str) -> Journal:
        """Open a program's journal, to be read."""
        return self._home.journal(program_id)

    @property
    def exists(self) -> bool:
        """Whether there is a store at all; nothing is made by looking."""
        return self._home.is_shared or (self._path / "journal.sqlite").exists()

    @property
    def database(self) -> Database:
        """The store, which holds people and sessions too."""
        return self._home.database

    def programs(self) -> list[str]:
        """Ids of the programs, in their order."""
        return self._home.programs()

    def inhabited(self) -> tuple[bool, bool]:
        """Whether there is a program, and anybody who may sign in."""
        if not self.exists:
            return False, False
        with self.database.reading() as store:
            people = store.rows("SELECT COUNT(*) FROM users")[0][0]
        return bool(self.programs()), bool(people)

    def home(self, api_url: str, person: Person) -> dict[str, Any]:
        """Show the tour, and how much there is to look at in the programs of a person."""
        programs = self.programs()
        tour = read_tour(self._path)
        program = tour.program_id or next(iter(programs), "")
        open_cases = sum(self._open(program_id) for program_id in person.programs("/review"))
        has_key = tour.key and tour.body and api_url and person.has_role(program, "admin")
        stops = [stop for stop in tour.cases
                 if program in person.programs(f"/{stop.path.split('?')[0].split('/')[1]}")]
        return {"programs": person.programs(), "open": open_cases,
                "tour": {"cases": stops, "curl": curl_of(tour, api_url) if has_key else ""}}

    def reasons(self, journal: Journal, event_id: str) -> list[dict[str, Any]]:
        """Tell why an event was approved; nothing where its bundle can't be read any more."""
        circumstances = Circumstances()
        circumstances.recall(journal)
        try:
            bundle = load_champion(self._home, journal)
            earlier = EarlierBundles(self._home, journal).bundle
            return every_reason(journal, bundle, circumstances, event_id, earlier)[:SHOWN]
        except JagaError:
            return []

    def _open(self, program_id: str) -> int:
        journal = self._home.journal(program_id)
        with journal.database.reading() as store:
            return Casework(store, journal.key).totals()[0]
