"""What the pages read: programs of a home, their cases, members and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from features.contract import EVENT_KINDS
from features.errors import JagaError, NotFound
from features.store.home import Home
from serving.archive import Archive
from serving.casework import Casework
from serving.champion import load_champion
from serving.circumstances import Circumstances
from serving.earlier import EarlierBundles
from serving.errors import shown
from serving.everyreason import every_reason
from serving.members import default_as_of, score_members
from serving.pages import views
from serving.tour import curl_of, read_tour

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.database import Database, Store
    from features.store.journal import Journal
    from serving.identity.users import Person

PAGE: Final = 50
"""Cases on a page."""
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
        self._scored: dict[str, tuple[int, Any]] = {}

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

    def review(self, program_id: str, page: int) -> dict[str, Any]:
        """List a page of open cases, the highest priority first."""
        journal = self._home.journal(program_id)
        program = journal.program
        with journal.database.reading() as store:
            casework = Casework(store, journal.key)
            total, stake = casework.totals()
            numbers = casework.listed(PAGE, (page - 1) * PAGE)
            cases = [event.as_case() for event in Archive(store, journal.key).events(numbers)]
        has_more = total > page * PAGE
        path = f"/review?program={views.quoted(program.program_id)}&page={page + 1}"
        return {
            "program": program.name, "observing": program.enforcement == "observe",
            "cases": [views.case_row(case, program) for case in cases if case is not None],
            "open": total, "stake": stake, "capacity": program.review_capacity_per_day,
            "next": path if has_more else "", "page_size": PAGE,
            "money": lambda points: views.money(points, program),
        }

    def case(self, program_id: str, event_id: str) -> dict[str, Any]:
        """Show one case and the member's events around it; NotFound where there is none."""
        journal = self._home.journal(program_id)
        program = journal.program
        with journal.database.reading() as store:
            archive = Archive(store, journal.key)
            event = archive.event(archive.number("event", event_id))
            case = event.as_case() if event is not None else None
            if event is None or case is None:
                raise NotFound("an event with a verdict", "another", "go back to the list")
            past = archive.past(event.member, event.place)
        if not case.reasons:
            case.body["reasons"] = self._reasons(journal, event_id)
        return {
            "program": program.name, "case": views.case_page(case, program),
            "timeline": views.timeline([each.as_past() for each in past], event_id, program),
            "money": lambda points: views.money(points, program),
        }

    def retention(self, program_id: str, member_id: str | None) -> dict[str, Any]:
        """Say who is slipping, the likeliest to stay away first, and how one member stands."""
        journal = self._home.journal(program_id)
        empty: dict[str, Any] = {
            "program": journal.program.name, "counts": [], "rows": [], "chosen": None}
        try:
            table = self._members(journal)
        except JagaError as error:
            return {**empty, "missing": str(shown(error))}
        counts = table["state"].value_counts()
        needs = table[table["state"].isin(["slipping", "lapsed"])]
        needs = needs.sort_values("p_inactive", ascending=False).head(PAGE)
        mine = table[table["member_id"] == member_id]
        return {
            **empty, "missing": "No member is known yet.",
            "counts": [(str(state), int(count)) for state, count in counts.items()],
            "rows": [views.member_row(row) for row in needs.to_dict("records")],
            "chosen": views.member_row(mine.iloc[0].to_dict()) if len(mine) else None,
        }

    def _reasons(self, journal: Journal, event_id: str) -> list[dict[str, Any]]:
        """Tell why an event was approved; nothing where its bundle can't be read any more."""
        circumstances = Circumstances()
        circumstances.recall(journal)
        try:
            bundle = load_champion(self._home, journal)
            earlier = EarlierBundles(self._home, journal).bundle
            return every_reason(journal, bundle, circumstances, event_id, earlier)[:SHOWN]
        except JagaError:
            return []

    def _members(self, journal: Journal) -> Any:
        """Score members as of the journal's last event, once for each."""
        place = journal.last_place
        key = journal.program.program_id
        if self._scored.get(key, (None, None))[0] != place:
            catalog = self._home.catalog(key)
            bundle = load_champion(self._home, journal, catalog)
            members = score_members(journal, bundle, catalog, default_as_of(journal))
            self._scored[key] = (place, members.table)
        return self._scored[key][1]

    def copilot(self, program_id: str) -> dict[str, Any]:
        """Show the program's numbers."""
        journal = self._home.journal(program_id)
        with journal.database.reading() as store:
            figures = _figures(store, journal.key)
        return {"program": journal.program.name,
                "figures": [(name, f"{value:,}") for name, value in figures]}

    def _open(self, program_id: str) -> int:
        journal = self._home.journal(program_id)
        with journal.database.reading() as store:
            return Casework(store, journal.key).totals()[0]


def _figures(store: Store, program: int) -> list[tuple[str, int]]:
    figures = []
    for kind, table in EVENT_KINDS.items():
        count, points = store.rows(
            f"SELECT COUNT(*), COALESCE(SUM(points), 0) FROM {table} WHERE program = ?",
            (program,))[0]
        figures += [(f"{kind}s", int(count)), (f"points of {kind}s", int(points))]
    total, stake = Casework(store, program).totals()
    return [*figures, ("open cases", total), ("points at stake", stake)]
