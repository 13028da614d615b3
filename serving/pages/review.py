"""The review desk: its queue, its cases, its lists, and the acts people ask for there."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.errors import NotFound
from models.answers import rfc3339
from models.texts import Texts
from serving.lists import Lists
from serving.pages.acting import Acting
from serving.pages.casepage import CasePage
from serving.pages.desk import Desk
from serving.pages.look import sure_person
from serving.pages.queuepage import QueuePage, case_path
from serving.pages.service import Service
from serving.pages.tables import as_csv, wants_csv
from serving.review.actions import Actions
from serving.review.announced import Campaigns
from serving.review.declared import declared_in_force
from serving.review.folder import open_folder
from serving.review.reader import Reader
from serving.review.second import Seconds
from serving.review.telling import Tongue
from serving.wire.desk import MOST_EVENTS

if TYPE_CHECKING:
    from starlette.requests import Request

    from features.exports.program import Program
    from serving.identity.users import Person
    from serving.pages.shell import Shell
    from serving.pages.words import Words

HERE: Final = "/review"
NAMED: Final = ("manager", "admin")
"""Roles that may know who a member is, and that may act."""
MOST_PAGES: Final = 10_000
ID_BYTES: Final = 8


class ReviewPages:
    """Handlers of the desk.

    Parameters
    ----------
    shell : Shell
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._texts = Texts.read()
        self._readers: dict[str, Reader] = {}
        self._one_makes = threading.Lock()

    def reader(self, program_id: str) -> Reader:
        """Find what reads a program; its settings are those of now."""
        journal = self._shell.shelf.journal(program_id)
        with self._one_makes:
            reader = self._readers.get(program_id)
            if reader is None:
                reader = self._readers[program_id] = Reader(
                    self._shell.shelf.path, journal,
                    lambda event_id: self._shell.shelf.reasons(journal, event_id))
            reader.journal = journal
        return reader

    def read_ahead(self, program_id: str) -> None:
        """Read what the desk keeps of a program, however long that takes."""
        reader = self.reader(program_id)
        reader.files.read()
        reader.trail.read()

    async def queue(self, request: Request) -> Response:
        """List the cases of a program."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._queue, request, program_id)

    def _queue(self, request: Request, program_id: str) -> Response:
        reader = self.reader(program_id)
        reader.warm()
        person, program = sure_person(request), reader.journal.program
        page = QueuePage(reader, *self._tongue(request, reader))
        wall_ms, query = self._shell.clock(), request.query_params
        if wants_csv(request):
            return as_csv("cases", *page.table(person.name, query, wall_ms))
        raw = query.get("page", "1")
        number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else 1
        context = page.context(person.name, query, min(max(number, 1), MOST_PAGES), wall_ms)
        return self._shell.render(request, "review.html", program, here=HERE,
                                  may_act=may_act(person, program), undoing=undoing(request),
                                  **context)

    async def case(self, request: Request) -> Response:
        """Show one case, by its id or by that of an event."""
        raw = request.scope["raw_path"].decode("ascii").partition("?")[0]
        names = [unquote(part) for part in raw.removeprefix("/review/").split("/")]
        if len(names) > 2 or not names[-1]:
            raise NotFound("the page of a case", "another path", "go back to the list")
        wanted = names[0] if len(names) == 2 else None
        program_id = await self._shell.program(request, HERE, wanted)
        return await run_in_threadpool(self._case, request, program_id, names[-1])

    def _case(self, request: Request, program_id: str, name: str) -> Response:
        reader, person = self.reader(program_id), sure_person(request)
        program, wall_ms = reader.journal.program, self._shell.clock()
        words, tongue = self._tongue(request, reader)
        queue = reader.queue(person.name, wall_ms)
        is_ours = may_act(person, program)
        folder = open_folder(reader, queue, name, person.name, wall_ms, tongue,
                             with_names=is_ours)
        now_ms = reader.now(wall_ms)
        context = CasePage(folder, program, words, tongue, now_ms).context()
        ahead = following(queue.cases, context["case_id"], person.name)
        return self._shell.render(
            request, "case.html", program, here=HERE, may_act=is_ours,
            opened_at=rfc3339(now_ms), program_id=program_id, own_path=case_path(program_id, name),
            next_path=case_path(program_id, ahead) if ahead else "",
            most_alone=program.desk.most_alone, undo_seconds=program.desk.undo_seconds,
            ask_days=program.desk.ask_days, undoing=undoing(request), most=MOST_EVENTS,
            new_id=lambda: secrets.token_hex(ID_BYTES), **context)

    async def next(self, request: Request) -> Response:
        """Go to the case that is to be worked next."""
        program_id = await self._shell.program(request, HERE)
        after = request.query_params.get("after", "")[:200]
        path = await run_in_threadpool(self.next_path, request, program_id, after)
        return RedirectResponse(path, 303)

    def next_path(self, request: Request, program_id: str, after: str) -> str:
        """Path of the next case that nobody else has; the queue where there is none."""
        queue = self.reader(program_id).queue(sure_person(request).name, self._shell.clock())
        ahead = following(queue.cases, after, sure_person(request).name)
        return case_path(program_id, ahead) if ahead else f"{HERE}?program={program_id}"

    async def lists(self, request: Request) -> Response:
        """List what is allowed, denied, snoozed, watched or declared innocent, and campaigns."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._lists, request, program_id)

    def _lists(self, request: Request, program_id: str) -> Response:
        reader = self.reader(program_id)
        words, _ = self._tongue(request, reader)
        now_ms = reader.now(self._shell.clock())
        with reader.journal.database.reading() as store:
            entries = Lists(store, reader.journal.key).in_force(now_ms)
            declared = declared_in_force(store, reader.journal.key, now_ms)
            campaigns = Campaigns(store, reader.journal.key).standing(now_ms)
        if wants_csv(request):
            columns = [words.say(f"review.lists.{name}") for name in (
                "list", "kind", "subject", "from", "to", "note", "by")]
            rows = [[one["list"], one["kind"], one["subject_id"], one["valid_from"],
                     one["valid_to"], one["note"], one.get("by")] for one in entries]
            rows += [["declared", one.kind, one.subject_id, _iso(one.from_ms), _iso(one.to_ms),
                      one.note, ""] for one in declared]
            rows += [["paused" if one.is_paused else "announced", one.kind, one.campaign_id,
                      _iso(one.starts_ms), _iso(one.ends_ms), "", ""] for one in campaigns]
            return as_csv("lists", columns, rows)
        return self._shell.render(
            request, "review-lists.html", reader.journal.program, here=HERE, entries=entries,
            declared=declared, campaigns=campaigns, program_id=program_id,
            may_act=may_act(sure_person(request), reader.journal.program))

    async def acts(self, request: Request) -> Response:
        """List acts: those that wait for a second person first, then the last ones."""
        program_id = await self._shell.program(request, HERE)
        return await run_in_threadpool(self._acts, request, program_id)

    def _acts(self, request: Request, program_id: str) -> Response:
        reader, person = self.reader(program_id), sure_person(request)
        with reader.journal.database.reading() as store:
            reads = Actions(store, reader.journal.key)
            waiting = reads.listed(None, ["waiting"])
            every = reads.listed(None, [])
            hidden = Seconds(store, reader.journal.key).hidden_from(
                person.name, [action.action_id for action in every])
        last = [action for action in every
                if action.status != "waiting" and action.action_id not in hidden]
        if wants_csv(request):
            words, _ = self._tongue(request, reader)
            columns = [words.say(f"review.acts.{name}") for name in (
                "when", "case", "act", "reason", "points", "by", "status", "second")]
            return as_csv("acts", columns, [
                [rfc3339(one.at_ms), one.case_id, one.said, one.reason, one.points, one.author,
                 one.status, one.second] for one in [*waiting, *last]])
        return self._shell.render(
            request, "review-acts.html", reader.journal.program, here=HERE, waiting=waiting,
            last=last, may_act=may_act(person, reader.journal.program), program_id=program_id,
            now_ms=reader.now(self._shell.clock()), path_of=case_path)

    def _tongue(self, request: Request, reader: Reader) -> tuple[Words, Tongue]:
        """Words of the pages, and of reasons, in the language of who asks."""
        language = self._shell.look.language(request)
        program = reader.journal.program
        return (self._shell.look.words(language, program),
                Tongue(self._texts, language, reader.catalog(), program.minor_units))


def may_act(person: Person, program: Program) -> bool:
    """Whether somebody may act on cases of a program, and know who members are."""
    return any(person.has_role(program.program_id, role) for role in NAMED)


def undoing(request: Request) -> dict[str, Any]:
    """Read which act may still be undone, and for how many seconds, out of a page's query."""
    name, left = (request.query_params.get(each, "") for each in ("undo", "left"))
    is_one = name.isascii() and name.replace("-", "").isalnum() and len(name) <= 64
    return {"id": name if is_one else "",
            "left": int(left) if left.isascii() and left.isdigit() and len(left) < 5 else 0}


def following(cases: list[Any], after: str, person: str) -> str:
    """Id of the case to work after one: the next by rank, else the first; empty for none."""
    mine = [case for case in cases
            if case.state == "open" and case.holder in ("", person)]
    ids = [case.case_id for case in mine]
    order = {case.case_id: index for index, case in enumerate(cases)}
    at = order.get(after, -1)
    later = [name for name in ids if order[name] > at and name != after]
    return next(iter([*later, *(name for name in ids if name != after)]), "")


def _iso(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(ms)


def routes(shell: Shell) -> list[Route]:
    """List the pages of the desk."""
    pages = ReviewPages(shell)
    shell.firsts.append(pages.read_ahead)
    acting = Acting(shell, Desk(Service(shell.api_url)), pages.reader, pages.next_path)
    return [
        Route(HERE, pages.queue), Route(f"{HERE}/next", pages.next),
        Route(f"{HERE}/lists", pages.lists), Route(f"{HERE}/acts", pages.acts),
        Route(f"{HERE}/acts", acting.act, methods=["POST"]),
        Route(f"{HERE}/preview", acting.preview, methods=["POST"]),
        Route(f"{HERE}/{{rest:path}}", pages.case),
    ]
