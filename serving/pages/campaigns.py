"""Standing campaigns at the retention desk: the list, the builder, and each one's page."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.contract import CHANNELS
from features.errors import JagaError, NotFound
from serving.campaigns.shelf import Shelf as Campaigns
from serving.errors import status_of
from serving.pages import slips
from serving.pages.look import Problem, is_part, sure_person
from serving.pages.retaining import HERE, kept_of, may_write, now_of, words_of
from serving.pages.service import Service
from serving.pages.tables import as_csv, wants_csv
from serving.pages.views import quoted
from serving.retention.brought import Brought, sentences
from serving.retention.builder import MONTHS, Wish
from serving.retention.drafts import MissionDrafts
from serving.retention.flaws import flaws_of
from serving.retention.launching import may_launch, waits_for
from serving.retention.segments import COLUMNS, choices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from features.exports.program import Program
    from features.store.journal import Journal
    from serving.campaigns.life import Shelved
    from serving.pages.shell import Fields, Shell
    from serving.pages.words import Words
    from serving.retention.flaws import Flaw
    from serving.retention.kept import Kept, Reader

LIST: Final = f"{HERE}/campaigns"
UNNAMED: Final = "-"
"""Name of a campaign that is foreseen before it has one."""
NIGHTS: Final = 14
"""Nights shown on a campaign's page."""
TONES: Final = {"draft": "", "waiting": "accent", "running": "good", "ended": "", "stopped": "bad"}
CELLS: Final = ("campaign_id", "name", "status", "monthly_budget_points", "control", "starts_at",
                "ends_at", "basis", "partners", "low", "high", "points", "each")


class CampaignPages:
    """Handlers of the pages of campaigns."""

    def __init__(self, shell: Shell, reader: Reader) -> None:
        self._shell = shell
        self._reader = reader
        self._service = Service(shell.api_url)

    async def listed(self, request: Request) -> Response:
        """List campaigns, the newest first, with what each brought."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._listed, request, program_id)

    async def new(self, request: Request) -> Response:
        """Show the builder, empty or with a campaign to start from."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._new, request, program_id)

    async def forecast(self, request: Request) -> Response:
        """Say what a campaign in the builder would do."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, HERE, form.get("program"))
        wish = wish_of(form)
        found: dict[str, Any] = {}
        named = replace(wish, name=wish.name or UNNAMED)
        found["flaws"] = await run_in_threadpool(self._flaws, program_id, named)
        if not found["flaws"]:
            try:
                found["foreseen"] = await self._service.post(
                    request, program_id, "/retention/forecast",
                    {"text": await run_in_threadpool(self._text, program_id, named)})
            except JagaError as error:
                found["problem"] = Problem.of(error)
        return await run_in_threadpool(self._builder, request, program_id, wish, **found)

    async def draft(self, request: Request) -> Response:
        """Keep what the builder made as a draft, and launch it where that was asked for."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, HERE, form.get("program"))
        wish = wish_of(form)
        if flaws := await run_in_threadpool(self._flaws, program_id, wish):
            return await run_in_threadpool(self._builder, request, program_id, wish, flaws=flaws,
                                           status=400)
        try:
            text = await run_in_threadpool(self._text, program_id, wish)
            kept = await self._service.post(
                request, program_id, "/retention/campaigns", {"text": text})
        except JagaError as error:
            if status_of(error) not in (400, 409):
                raise
            return await run_in_threadpool(
                self._builder, request, program_id, wish, problem=Problem.of(error),
                status=status_of(error))
        campaign_id, why = str(kept["campaign_id"]), kept["second_person"]
        code = "retention.campaign.drafted"
        if form.get("act") == "launch" and why is None:
            await self._service.post(
                request, program_id, f"/retention/campaigns/{quoted(campaign_id)}/launch",
                {"version": kept["newest_version"]})
            code = "retention.campaign.launched"
        elif form.get("act") == "launch":
            code = "retention.campaign.waits"
        return self._told(request, program_id, campaign_id, code, name=str(kept["name"]))

    async def campaign(self, request: Request) -> Response:
        """Show a campaign: what it brought, what it is, who may launch or stop it."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(
            self._campaign, request, program_id, request.path_params["campaign_id"])

    async def launch(self, request: Request) -> Response:
        """Launch the version that was looked at."""
        form, program_id, campaign_id = await self._act(request)
        number = form.get("version", "")
        kept = await self._service.post(
            request, program_id, f"/retention/campaigns/{quoted(campaign_id)}/launch",
            {"version": int(number) if number.isascii() and number.isdigit() else 0})
        return self._told(request, program_id, campaign_id, "retention.campaign.launched",
                          name=str(kept["name"]))

    async def stop(self, request: Request) -> Response:
        """Stop a campaign."""
        form, program_id, campaign_id = await self._act(request)
        kept = await self._service.post(
            request, program_id, f"/retention/campaigns/{quoted(campaign_id)}/stop",
            {"reason": form.get("reason", "")})
        return self._told(request, program_id, campaign_id, "retention.campaign.stopped", "warn",
                          name=str(kept["name"]))

    async def _act(self, request: Request) -> tuple[Fields, str, str]:
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, HERE, form.get("program"))
        return form, program_id, str(request.path_params["campaign_id"])

    def _told(self, request: Request, program_id: str, campaign_id: str, code: str,
              tone: str = "good", **params: str) -> Response:
        path = f"{LIST}/{quoted(campaign_id)}?program={quoted(program_id)}"
        return self._shell.tell(request, RedirectResponse(path, 303), code, tone, **params)

    def _listed(self, request: Request, program_id: str) -> Response:
        journal = self._shell.shelf.journal(program_id)
        kept, now_ms = kept_of(self._reader, journal), now_of(self._shell)
        with journal.database.reading() as store:
            shelf = Campaigns(store, journal.key)
            found = [shelf.find(name) for name in reversed(shelf.ids())]
        rows = [self._row(one, journal, kept, now_ms) for one in found]
        if wants_csv(request):
            return as_csv("campaigns", CELLS, (
                [(row | (asdict(row["brought"]) if row["brought"] else {})).get(name)
                 for name in CELLS] for row in rows))
        return self._shell.render(
            request, "campaigns.html", journal.program, here=HERE, tab="campaigns", kept=kept,
            rows=rows, tones=TONES, may_write=may_write(sure_person(request), program_id))

    def _row(self, found: Shelved, journal: Journal, kept: Kept | None, now_ms: int
             ) -> dict[str, Any]:
        body = kept.campaigns.get(found.newest.campaign.id) if kept is not None else None
        return found.row(now_ms) | {
            "campaign": found.newest.campaign, "waits": waits_for(found, journal.program),
            "brought": None if body is None else Brought.of(body)}

    def _campaign(self, request: Request, program_id: str, campaign_id: str) -> Response:
        journal = self._shell.shelf.journal(program_id)
        program, now_ms = journal.program, now_of(self._shell)
        words = words_of(self._shell, request, program)
        kept, person = kept_of(self._reader, journal), sure_person(request)
        with journal.database.reading() as store:
            found = Campaigns(store, journal.key).find(campaign_id)
            nights = store.rows(
                "SELECT day, body FROM standing_days WHERE program = ? AND campaign_id = ? "
                f"ORDER BY day DESC LIMIT {NIGHTS}", (journal.key, campaign_id))
            listed = {one["id"]: one for one in MissionDrafts(store, journal.key).listed()}
        body = kept.campaigns.get(campaign_id) if kept is not None else None
        newest = found.versions[-1]
        chosen = newest.campaign.missions or tuple(listed)
        return self._shell.render(
            request, "campaign.html", program, here=HERE, tab="campaigns", kept=kept, body=body,
            row=self._row(found, journal, kept, now_ms), found=found, newest=newest, tones=TONES,
            lines=sentences(body, found.newest.campaign.stop, slips.KNOWN, words.language)
            if body else [], is_new=_is_new(found), may_write=may_write(person, program_id),
            may_launch=may_launch(found, person.name, program), nights=_nights(nights),
            missions=[listed[name] for name in chosen if name in listed],
            word=lambda column, value: slips.word(words, column, value))

    def _new(self, request: Request, program_id: str) -> Response:
        if not may_write(sure_person(request), program_id):
            raise NotFound("a page of the desk", "another", "go back to the list")
        query = request.query_params
        wish = Wish(segment={name: query[name] for name in COLUMNS if name in query},
                    missions=tuple(query.getlist("mission")))
        if campaign_id := query.get("from"):
            journal = self._shell.shelf.journal(program_id)
            with journal.database.reading() as store:
                found = Campaigns(store, journal.key).find(campaign_id)
            wish = Wish.of(found.versions[-1].campaign, journal.program)
        return self._builder(request, program_id, wish)

    def _builder(self, request: Request, program_id: str, wish: Wish,
                 problem: Problem | None = None, flaws: Sequence[Flaw] = (),
                 foreseen: dict[str, Any] | None = None, status: int = 200) -> Response:
        journal = self._shell.shelf.journal(program_id)
        program, words = journal.program, words_of(self._shell, request, journal.program)
        page: dict[str, Any] = {
            "foreseen": foreseen, "problem": problem, "here": HERE, "tab": "campaigns",
            "flaws": {one.field: sentence_of(one, words) for one in flaws},
            "hundreds": lambda share: slips.hundreds(share, words)}
        if is_part(request):
            return self._shell.render(request, "_forecast.html", program, **page)
        kept = kept_of(self._reader, journal)
        with journal.database.reading() as store:
            listed = MissionDrafts(store, journal.key).listed()
        return self._shell.render(
            request, "campaign_new.html", program, status, **page, wish=wish, missions=listed,
            choices=choices(kept.members) if kept is not None else {}, channels=CHANNELS,
            members=0 if kept is None else len(kept.members), today=self._today(program),
            months=MONTHS,
            word=lambda column, value: slips.word(words, column, value))

    def _flaws(self, program_id: str, wish: Wish) -> list[Flaw]:
        """What is wrong with a wish, before the service is asked."""
        journal = self._shell.shelf.journal(program_id)
        with journal.database.reading() as store:
            missions = [one["id"] for one in MissionDrafts(store, journal.key).listed()]
            shelf = Campaigns(store, journal.key)
            found = shelf.find(wish.campaign_id) if wish.campaign_id in shelf.ids() else None
        approved = found.approved.campaign if found is not None and found.approved else None
        return flaws_of(wish, journal.program, self._today(journal.program), missions, approved)

    def _text(self, program_id: str, wish: Wish) -> str:
        """Text of a campaign, as campaign.yaml."""
        journal = self._shell.shelf.journal(program_id)
        with journal.database.reading() as store:
            taken = Campaigns(store, journal.key).ids()
        return wish.to_yaml(journal.program, self._today(journal.program), taken)

    def _today(self, program: Program) -> dt.date:
        return dt.datetime.fromtimestamp(now_of(self._shell) / 1000, program.zone).date()


def sentence_of(flaw: Flaw, words: Words) -> str:
    """What is wrong with a field, in the language of a page."""
    return words.say(f"retention.flaw.{flaw.code}", **{
        name: words.day(value) if isinstance(value, dt.date) else value
        for name, value in flaw.params.items()})


def wish_of(form: Fields) -> Wish:
    """What somebody chose in the builder."""
    return Wish(
        form.get("campaign_id", ""), form.get("name", ""),
        {name: form[f"segment_{name}"] for name in COLUMNS if form.get(f"segment_{name}")},
        tuple(form.all("mission")), tuple(form.all("channel")), form.get("budget_points", ""),
        form.get("control_percent", ""), form.get("starts", ""), form.get("ends", ""),
        form.get("second_person") == "yes")


def routes(shell: Shell, reader: Reader) -> list[Route]:
    """List the pages of campaigns."""
    pages = CampaignPages(shell, reader)
    one = f"{LIST}/{{campaign_id}}"
    return [
        Route(LIST, pages.listed), Route(LIST, pages.draft, methods=["POST"]),
        Route(f"{LIST}/new", pages.new), Route(f"{LIST}/new", pages.forecast, methods=["POST"]),
        Route(one, pages.campaign), Route(f"{one}/launch", pages.launch, methods=["POST"]),
        Route(f"{one}/stop", pages.stop, methods=["POST"]),
    ]


def _is_new(found: Shelved) -> bool:
    """Whether the newest version waits to be launched."""
    return found.approved is not found.versions[-1] or found.steps[-1].act == "stopped"


def _nights(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [{"day": dt.date(1970, 1, 1) + dt.timedelta(days=int(day)), **json.loads(body)}
            for day, body in rows]
