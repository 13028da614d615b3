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
from serving.everyreason import every_reason
from serving.members import default_as_of, score_members
from serving.pages import views
from serving.tour import curl_of, read_tour

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.database import Store
    from features.store.journal import Journal

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

    def home(self, api_url: str) -> dict[str, Any]:
        """Show the tour, and how much there is to look at."""
        programs = self._home.programs()
        tour = read_tour(self._path)
        open_cases = sum(self._open(program_id) for program_id in programs)
        curl = curl_of(tour, api_url) if tour.key and tour.body and api_url else ""
        return {"programs": programs, "open": open_cases,
                "tour": {"cases": tour.cases, "curl": curl}}

    def review(self, program_id: str | None, page: int) -> dict[str, Any]:
        """List a page of open cases, the highest priority first."""
        journal = self._journal(program_id)
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

    def case(self, program_id: str | None, event_id: str) -> dict[str, Any]:
        """Show one case and the member's events around it; NotFound where there is none."""
        journal = self._journal(program_id)
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

    def retention(self, program_id: str | None, member_id: str | None) -> dict[str, Any]:
        """Say who is slipping, the likeliest to stay away first, and how one member stands."""
        journal = self._journal(program_id)
        empty: dict[str, Any] = {
            "program": journal.program.name, "counts": [], "rows": [], "chosen": None}
        try:
            table = self._members(journal)
        except JagaError as error:
            return {**empty, "missing": str(error)}
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
        """Tell why an event was approved; nothing where its bundle does not serve any more."""
        circumstances = Circumstances()
        circumstances.recall(journal)
        try:
            bundle = load_champion(self._home, journal)
            return every_reason(journal, bundle, circumstances, event_id)[:SHOWN]
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

    def copilot(self, program_id: str | None) -> dict[str, Any]:
        """Show the program's numbers."""
        journal = self._journal(program_id)
        with journal.database.reading() as store:
            figures = _figures(store, journal.key)
        return {"program": journal.program.name,
                "figures": [(name, f"{value:,}") for name, value in figures]}

    def _journal(self, program_id: str | None) -> Journal:
        programs = self._home.programs()
        if program_id is None and programs:
            program_id = programs[0]
        return self._home.journal(program_id)

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
