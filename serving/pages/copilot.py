"""The copilot's page: the program's numbers over some days, and what to look at now."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse
from starlette.routing import Route

from features.errors import NotFound, Unavailable
from serving.copilot.board import DAYS, Boards, read_board
from serving.copilot.figures import DAY_MS
from serving.copilot.pending import COLUMNS as PENDING
from serving.copilot.pending import read_pending
from serving.copilot.returns import BY, MOST
from serving.pages.look import sure_person
from serving.pages.pictures import picture
from serving.pages.retaining import now_of
from serving.pages.service import Service
from serving.pages.tables import as_csv, wants_csv
from serving.pages.views import quoted
from serving.roles import may, may_see, nudge_act

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from features.exports.program import Program
    from features.store.journal import Journal
    from serving.copilot.board import Board
    from serving.identity.users import Person
    from serving.pages.shell import Shell
    from serving.pages.words import Words

HERE = "/copilot"
USUAL_DAYS = 30
SLEEPS = (7, 30, 90)
"""Days for which a nudge may be put to sleep on the page."""
COLUMNS = ("points", "events", "share_with_amount", "sales", "sales_per_point_worth")


class CopilotPages:
    """The copilot over a shelf of programs."""

    def __init__(self, shell: Shell, service: Service) -> None:
        self._shell = shell
        self._service = service
        self._boards = Boards()

    async def desk(self, request: Request) -> Response:
        """Show the numbers; while nobody has counted them yet, say so and ask again."""
        journal = await self._journal(request)
        days = _days(request)
        if wants_csv(request):
            return await run_in_threadpool(self._csv, request, journal, days)
        board = await run_in_threadpool(self._boards.get, journal, days)
        words = self._shell.look.words(self._shell.look.language(request), journal.program)
        context = _shown(board, journal.program, words) if board else {}
        template = "_copilot.html" if request.query_params.get("part") else "copilot.html"
        return self._shell.render(request, template, journal.program, here=HERE, board=board,
                                  days=days, spans=DAYS, most=MOST, now_ms=self._shell.clock(),
                                  observing=journal.program.enforcement != "full", **context)

    async def nudges(self, request: Request) -> Response:
        """Show what the program should look at now, as the service sees it."""
        journal = await self._journal(request)
        program_id = journal.program.program_id
        language = self._shell.look.language(request)
        try:
            found = await self._service.get(request, program_id,
                                            f"/desk/nudges?language={quoted(language)}")
        except Unavailable:
            found = {"nudges": None, "message": ""}
        person = sure_person(request)
        nudges = found["nudges"] and [_nudge(one, person, program_id) for one in found["nudges"]]
        return self._shell.render(request, "_nudges.html", journal.program, here=HERE,
                                  nudges=nudges, message=found["message"], sleeps=SLEEPS)

    async def snooze(self, request: Request) -> Response:
        """Put a nudge to sleep for some days, from the morning on which it wakes."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, HERE, form.get("program"))
        program = (await run_in_threadpool(self._shell.shelf.journal, program_id)).program
        days = next((one for one in SLEEPS if str(one) == form.get("days")), SLEEPS[0])
        today = dt.datetime.fromtimestamp(now_of(self._shell) / 1000, program.zone).date()
        until = dt.datetime.combine(today + dt.timedelta(days=days), dt.time(), program.zone)
        await self._service.post(
            request, program_id, f"/desk/nudges/{quoted(form.get('key', ''))}/snooze",
            {"until": until.isoformat()})
        words = self._shell.look.words(self._shell.look.language(request), program)
        answer = RedirectResponse(f"{HERE}?program={quoted(program_id)}", 303)
        return self._shell.tell(request, answer, "copilot.nudges.snoozed",
                                day=words.day(until.date()))

    async def _journal(self, request: Request) -> Journal:
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._shell.shelf.journal, program_id)

    def _csv(self, request: Request, journal: Journal, days: int) -> Response:
        by = request.query_params.get("by", "")
        if by == "redemptions":
            with journal.database.reading() as store:
                return as_csv("redemptions", PENDING,
                              read_pending(store, journal.key, journal.as_of_ms))
        if by not in (*BY, "days"):
            raise NotFound("a table of the copilot", "another", "go back to the page")
        board = self._boards.get(journal, days) or read_board(journal, days)
        if by == "days":
            start = board.span.since_ms
            words = self._shell.look.words("en", journal.program)
            columns = list(board.figures.by_day)
            rows: Any = ([words.iso(start + day * DAY_MS)[:10], *values] for day, values in
                         enumerate(zip(*board.figures.by_day.values(), strict=True)))
            return as_csv("copilot-days", ["day", *columns], rows)
        return as_csv(f"copilot-{by}", [by, *COLUMNS], (
            [one.name, one.points, one.events, round(one.told, 4), round(one.sales, 2),
             None if one.ratio is None else round(one.ratio, 4)] for one in board.returns[by]))


def routes(shell: Shell) -> list[Route]:
    """List the copilot's pages."""
    pages = CopilotPages(shell, Service(shell.api_url))
    return [Route(HERE, pages.desk), Route(f"{HERE}/nudges", pages.nudges),
            Route(f"{HERE}/nudges", pages.snooze, methods=["POST"])]


def _nudge(one: dict[str, Any], person: Person, program_id: str) -> dict[str, Any]:
    """A nudge as somebody sees it: links to desks that he sees, acts that are his."""
    roles = {role for program, role in person.roles if program == program_id}
    desk = "/" + one["link"].lstrip("/").split("/")[0].split("?")[0]
    return one | {
        "page": one["link"] if any(may_see(role, desk) for role in roles) else "",
        "may_snooze": any(may(role, nudge_act(one["kind"])) for role in roles)}


def _days(request: Request) -> int:
    asked = request.query_params.get("days", "")
    return int(asked) if asked in {str(days) for days in DAYS} else USUAL_DAYS


def _shown(board: Board, program: Program, words: Words) -> dict[str, Any]:
    """Pictures and groups of a board."""
    days = [words.iso(board.span.since_ms + day * DAY_MS)[:10] for day in range(board.span.days)]
    tones = {"credited": "accent", "held": "warn", "refused": "bad"}
    flow = picture([{"type": "bar", "x": days, "y": board.figures.by_day[name], "tone": tone,
                     "name": words.say(f"copilot.day.{name}")} for name, tone in tones.items()],
                   {"barmode": "stack", "yaxis": {"title": words.say("copilot.points")}})
    load = picture(
        [{"type": "bar", "x": days, "y": board.load.opened, "tone": "series-3",
          "name": words.say("copilot.load.opened")},
         {"type": "scatter", "mode": "lines", "x": days[:1] + days[-1:],
          "y": [program.review_capacity_per_day] * 2, "tone": "warn",
          "name": words.say("copilot.load.capacity")}])
    waiting = board.load.waiting / program.review_capacity_per_day if (
        program.review_capacity_per_day) else None
    return {"flow": flow, "load": load, "days_of_work": waiting}
