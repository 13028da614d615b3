"""The retention desk: who is slipping, and one member's rhythm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.errors import NotFound
from serving.pages import campaigns, missions, slips
from serving.pages.look import sure_person
from serving.pages.retaining import HERE, kept_of, may_write, words_of
from serving.pages.tables import as_csv, wants_csv
from serving.pages.views import quoted
from serving.retention.drafts import MissionDrafts
from serving.retention.kept import Reader
from serving.retention.rhythm import rhythm_of
from serving.retention.segments import choices
from serving.retention.slipping import BACK_DAYS, NEEDS, by_group, by_state, ranked

if TYPE_CHECKING:
    from starlette.requests import Request

    from features.store.journal import Journal
    from serving.identity.users import Person
    from serving.pages.shell import Shell
    from serving.pages.words import Words

PAGE: Final = 25
"""Members on a page."""
NAMED: Final = frozenset({"marketer", "manager", "admin"})
"""Roles that see names and contacts."""
CELLS: Final = ("member_id", "state", "persona", "region", "tier", "p_inactive", "horizon_days",
                "at_stake", "expected", "mission", "channel", "effect", "effect_low",
                "effect_high", "basis", "cost_points", "why_not")
"""Columns of the table as a file, besides the sentence."""


class RetentionPages:
    """Handlers of the desk's first page and of a member's."""

    def __init__(self, shell: Shell, reader: Reader) -> None:
        self._shell = shell
        self._reader = reader

    async def desk(self, request: Request) -> Response:
        """List who is slipping, with how that moved and what is suggested."""
        program_id = await self._shell.program(request, HERE)
        if member := request.query_params.get("member"):
            return RedirectResponse(
                f"{HERE}/member?id={quoted(member)}&program={quoted(program_id)}", 303)
        return await run_in_threadpool(self._desk, request, program_id)

    async def member(self, request: Request) -> Response:
        """Show one member's rhythm, why he seems to leave, and what is suggested."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._member, request, program_id)

    def _desk(self, request: Request, program_id: str) -> Response:
        journal = self._shell.shelf.journal(program_id)
        program, words = journal.program, words_of(self._shell, request, journal.program)
        kept = kept_of(self._reader, journal)
        page: dict[str, Any] = {"here": HERE, "tab": "desk", "kept": kept,
                                "may_write": may_write(sure_person(request), program_id)}
        if kept is None:
            return self._shell.render(request, "retention.html", program, **page)
        chosen = slips.filters_of(request.query_params)
        found = ranked(kept.members, chosen)
        if wants_csv(request):
            return _csv(found, words)
        number = _page(request)
        rows = found.iloc[(number - 1) * PAGE:number * PAGE]
        counts = by_state(kept, chosen)
        return self._shell.render(
            request, "retention.html", program, **page, chosen=chosen, counts=counts,
            groups={name: by_group(kept, name, chosen) for name in ("persona", "region", "tier")
                    if name not in chosen},
            choices=choices(kept.members), word=lambda column, value: slips.word(
                words, column, value),
            trend=slips.trend_of(counts, words), back_days=BACK_DAYS, needs=NEEDS,
            tones=slips.TONES, rows=self._rows(request, journal, rows, words), total=len(found),
            stake=int(found["at_stake"].sum()), number=number,
            pages=max(-(-len(found) // PAGE), 1))

    def _rows(self, request: Request, journal: Journal, rows: Any, words: Words
              ) -> list[dict[str, Any]]:
        names = {}
        with journal.database.reading() as store:
            if _sees_names(sure_person(request), journal.program.program_id):
                names = slips.people_of(store, journal.key, rows["number"].tolist())
            listed = {one["id"]: one for one in MissionDrafts(store, journal.key).listed()}
        return [slips.row_of(row, words, listed)
                | dict(zip(("name", "contact"), names.get(int(row["number"]), ("", "")),
                           strict=True))
                for _, row in rows.iterrows()]

    def _member(self, request: Request, program_id: str) -> Response:
        journal = self._shell.shelf.journal(program_id)
        program, words = journal.program, words_of(self._shell, request, journal.program)
        kept = kept_of(self._reader, journal)
        member_id = request.query_params.get("id", "")
        row = None if kept is None else kept.member(member_id)
        if kept is None or row is None:
            raise NotFound("a member whom the desk knows", "another", "go back to the list")
        rhythm = rhythm_of(row, kept.days_of(int(row["number"])), kept)
        if wants_csv(request):
            return as_csv("rhythm", [words.say("retention.rhythm.week"),
                                     words.say("retention.rhythm.events")],
                          [(day.isoformat(), events) for day, events in rhythm.weeks])
        person = sure_person(request)
        return self._shell.render(
            request, "retention_member.html", program, here=HERE, tab="desk", kept=kept,
            row=self._rows(request, journal, kept.members.loc[[row.name]], words)[0],
            rhythm=rhythm, reasons=slips.reasons_of(row, words), off_season=row["off_season"],
            picture=slips.rhythm_picture(rhythm, words), sees_all=person.may_see("/members"))


def routes(shell: Shell) -> list[Route]:
    """List the pages of the retention desk."""
    reader = Reader(shell.shelf.path)
    pages = RetentionPages(shell, reader)
    return [Route(HERE, pages.desk), Route(f"{HERE}/member", pages.member),
            *campaigns.routes(shell, reader), *missions.routes(shell)]


def _sees_names(person: Person, program_id: str) -> bool:
    return any(role in NAMED for program, role in person.roles if program == program_id)


def _csv(found: Any, words: Words) -> Response:
    """The whole list as a table: the codes and numbers, and the sentence."""
    rows = found.to_dict("records")
    return as_csv("slipping", [*CELLS, words.say("retention.why")], (
        [*(None if row[name] != row[name] else row[name] for name in CELLS),
         slips.sentence_of(row, words)]
        for row in (one | {"expected": slips.date_or_none(one["expected"])} for one in rows)))


def _page(request: Request) -> int:
    page = request.query_params.get("page", "1")
    return max(min(int(page), 10_000), 1) if page.isascii() and page.isdigit() else 1
