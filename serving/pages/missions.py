"""Missions at the retention desk: the list, drafts that wait, and the form that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.contract import CHANNELS, PERSONAS
from features.errors import BadCell, JagaError, NotFound
from features.exports.missions import COUNTED
from serving.errors import status_of
from serving.pages import slips
from serving.pages.look import Problem, sure_person
from serving.pages.retaining import HERE, may_write, words_of
from serving.pages.service import Service
from serving.pages.tables import as_csv, wants_csv
from serving.pages.views import quoted
from serving.retention.drafts import MissionDrafts
from serving.wire.numbers import draft_number

if TYPE_CHECKING:
    from starlette.requests import Request

    from serving.pages.shell import Fields, Shell

LIST: Final = f"{HERE}/missions"
STATES: Final = ("never_started", "slipping", "lapsed")
ENDED: Final = {"publish": "retention.mission.published",
                "withdraw": "retention.mission.withdrawn"}
NUMBERS: Final = ("cost_points", "cool_off_days", "least_balance", "most_at_once")
TEXTS: Final = ("goal", "reward", "template_id")
MANY: Final = ("personas", "channels", "states", "prerequisites")
CELLS: Final = ("id", "goal", "reward", "cost_points", "personas", "channels", "states",
                "cool_off_days", "most_at_once", "least_balance", "template_id")


class MissionPages:
    """Handlers of the pages of missions."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._service = Service(shell.api_url)

    async def listed(self, request: Request) -> Response:
        """List the missions in force and the drafts that wait."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._listed, request, program_id)

    async def edit(self, request: Request) -> Response:
        """Show the form of a mission, or of a new one."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._edit, request, program_id)

    async def draft(self, request: Request) -> Response:
        """Keep what the form made as a draft."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, HERE, form.get("program"))
        mission_id, body = form.get("id", "").strip(), None
        try:
            if form.get("act") != "remove":
                body = mission_of(form)
            await self._service.post(request, program_id, "/retention/missions", {
                "mission_id": mission_id, "mission": body})
        except JagaError as error:
            if status_of(error) != 400:
                raise
            return await run_in_threadpool(self._form, request, program_id, shown_of(form),
                                           mission_id, Problem.of(error), 400)
        return self._told(request, program_id, "retention.mission.drafted", mission=mission_id)

    async def end(self, request: Request) -> Response:
        """Publish a draft as the second person, or drop it."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, HERE, form.get("program"))
        act = request.path_params["act"]
        number = draft_number(request.path_params["number"])
        if act not in ENDED or number is None:
            raise NotFound("an act on a draft", "another", "go back to the list")
        await self._service.post(
            request, program_id, f"/retention/missions/drafts/{number}/{act}", {})
        return self._told(request, program_id, ENDED[act], mission=form.get("mission", ""))

    def _told(self, request: Request, program_id: str, code: str, **params: str) -> Response:
        answer = RedirectResponse(f"{LIST}?program={quoted(program_id)}", 303)
        return self._shell.tell(request, answer, code, **params)

    def _listed(self, request: Request, program_id: str) -> Response:
        journal = self._shell.shelf.journal(program_id)
        with journal.database.reading() as store:
            drafts = MissionDrafts(store, journal.key)
            listed, waiting = drafts.listed(), drafts.waiting()
        if wants_csv(request):
            return as_csv("missions", CELLS, ([_cell(one.get(name)) for name in CELLS]
                                              for one in listed))
        if request.query_params.get("as") == "yaml":
            return _as_yaml(listed)
        words, person = words_of(self._shell, request, journal.program), sure_person(request)
        now = {one["id"]: one for one in listed}
        return self._shell.render(
            request, "missions.html", journal.program, here=HERE, tab="missions", missions=listed,
            waiting=[(one, changes(now.get(one.mission_id), one.body),
                      one.author.casefold() == person.name.casefold()) for one in waiting],
            drafted={one.mission_id for one in waiting},
            may_write=may_write(person, program_id),
            word=lambda column, value: slips.word(words, column, value))

    def _edit(self, request: Request, program_id: str) -> Response:
        if not may_write(sure_person(request), program_id):
            raise NotFound("a page of the desk", "another", "go back to the list")
        mission_id = request.query_params.get("id", "")
        found: dict[str, Any] = {}
        if mission_id:
            journal = self._shell.shelf.journal(program_id)
            with journal.database.reading() as store:
                drafts = MissionDrafts(store, journal.key)
                known = [*drafts.listed(), *(one.body for one in drafts.waiting() if one.body)]
            found = {one["id"]: one for one in known}.get(mission_id, {})
            if not found:
                raise NotFound("a mission of the program", "another", "go back to the list")
        return self._form(request, program_id, found, mission_id)

    def _form(self, request: Request, program_id: str, mission: dict[str, Any], mission_id: str,
              problem: Problem | None = None, status: int = 200) -> Response:
        journal = self._shell.shelf.journal(program_id)
        words = words_of(self._shell, request, journal.program)
        with journal.database.reading() as store:
            drafts = MissionDrafts(store, journal.key)
            listed, history = drafts.listed(), drafts.history(mission_id)
        return self._shell.render(
            request, "mission.html", journal.program, status, here=HERE, tab="missions",
            mission=mission, mission_id=mission_id, problem=problem, history=history,
            is_listed=mission_id in [one["id"] for one in listed], personas=PERSONAS,
            channels=CHANNELS, states=STATES, counted=COUNTED,
            others=[one["id"] for one in listed if one["id"] != mission_id],
            word=lambda column, value: slips.word(words, column, value))


def mission_of(form: Fields) -> dict[str, Any]:
    """A mission as missions.yaml lists it, of what somebody wrote into the form.

    Raises
    ------
    BadCell
        Where a number is none.
    """
    found: dict[str, Any] = {"id": form.get("id", "").strip()}
    for name in NUMBERS:
        if text := form.get(name, "").strip():
            found[name] = _number(name, text)
    found |= {name: text for name in TEXTS if (text := form.get(name, "").strip())}
    found |= {name: values for name in MANY if (values := form.all(name))}
    found["texts"] = {name.removeprefix("text_"): text.strip() for name, text in form.items()
                      if name.startswith("text_") and text.strip()}
    if form.get("target_what"):
        found["target"] = {"what": form["target_what"], **{
            name: _number(name, text) for name in ("count", "within_days", "each_days")
            if (text := form.get(f"target_{name}", "").strip())}}
        if sku := form.get("target_sku", "").strip():
            found["target"]["sku"] = sku
    return found


def shown_of(form: Fields) -> dict[str, Any]:
    """What somebody wrote, as it was, so that nothing is lost where it is refused."""
    target = {name.removeprefix("target_"): text for name, text in form.items()
              if name.startswith("target_")}
    return {
        **{name: form.get(name, "") for name in ("id", *NUMBERS, *TEXTS)},
        **{name: form.all(name) for name in MANY}, "target": target if target.get("what") else None,
        "texts": {name.removeprefix("text_"): text for name, text in form.items()
                  if name.startswith("text_")}}


def changes(now: dict[str, Any] | None, then: dict[str, Any] | None
            ) -> list[tuple[str, str, str]]:
    """What a draft would change: field, as it is, as it would be; a text counts for itself.

    >>> changes({"id": "a", "cost_points": 5, "texts": {"en": "x"}},
    ...         {"id": "a", "cost_points": 9, "texts": {"en": "x"}})
    [('cost_points', '5', '9')]
    """
    before, after = _flat(now or {}), _flat(then or {})
    return [(name, before.get(name, ""), after.get(name, ""))
            for name in dict.fromkeys([*before, *after])
            if before.get(name, "") != after.get(name, "")]


def routes(shell: Shell) -> list[Route]:
    """List the pages of missions."""
    pages = MissionPages(shell)
    return [
        Route(LIST, pages.listed), Route(LIST, pages.draft, methods=["POST"]),
        Route(f"{LIST}/edit", pages.edit),
        Route(f"{LIST}/drafts/{{number}}/{{act}}", pages.end, methods=["POST"]),
    ]


def _flat(mission: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in mission.items():
        if name in ("texts", "target") and isinstance(value, dict):
            found |= {f"{name}.{key}": _cell(one) for key, one in value.items()}
        else:
            found[name] = _cell(sorted(value) if isinstance(value, list | tuple) else value)
    return {name: value for name, value in found.items() if value != ""}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise BadCell(name, "a whole number", repr(text)[:50]) from error


def _as_yaml(listed: list[dict[str, Any]]) -> Response:
    """The missions in force as missions.yaml, for the export to say the same."""
    plain = [{name: value for name, value in one.items() if value not in (None, [], "")}
             for one in listed]
    return Response(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100),
                    media_type="application/yaml; charset=utf-8",
                    headers={"Content-Disposition": 'attachment; filename="missions.yaml"'})


