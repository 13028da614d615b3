"""The guard: no page without a session, no desk without its role, nothing that is not declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from features.errors import JagaError, NotFound
from serving.pages import cookies
from serving.pages.paths import OPEN, PERSONAL, STATIC
from serving.roles import DESKS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from serving.identity.users import Person
    from serving.pages.entry import Entry
    from serving.pages.look import Look


class Guard:
    """ASGI middleware that lets a request through to a page that its person may see.

    A path that is neither open, personal nor below a desk does not exist: a page that somebody
    adds and forgets to declare is closed, not open.
    """

    def __init__(self, app: ASGIApp, entry: Entry, look: Look) -> None:
        self._app = app
        self._entry = entry
        self._look = look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer in its place."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = await self._check(request)
        await (answer or self._app)(scope, receive, send)

    async def _check(self, request: Request) -> Response | None:
        path = request.scope["path"]
        if path in OPEN or path.startswith(STATIC):
            return None
        try:
            person = await self._recognise(request)
            if person is None:
                return await self._entry.turn_away(request)
            return self._check_desk(request, person, path)
        except JagaError as error:
            return self._look.wrong(request, error)

    async def _recognise(self, request: Request) -> Person | None:
        token = cookies.read(request, cookies.SESSION)
        person = await run_in_threadpool(self._entry.find, token) if token else None
        if person is not None:
            request.state.person, request.state.session = person, token
        return person

    def _check_desk(self, request: Request, person: Person, path: str) -> Response | None:
        desk = next((desk for desk in DESKS if path == desk or path.startswith(f"{desk}/")), None)
        if desk is None and path not in PERSONAL:
            raise NotFound("a page", "another path", "go back to the first page")
        if desk is not None and not person.may_see(desk):
            return self._look.closed(request)
        return None


def chosen_program(person: Person, desk: str, wanted: str | None, home: Iterable[str]) -> str:
    """Choose the program that a desk shows; one that is not his does not exist for him.

    Parameters
    ----------
    person : Person
    desk : str
    wanted : str or None
        The program he names; None: the first that he sees there.
    home : iterable of str
        The programs of the home.

    Raises
    ------
    NotFound
    """
    mine = [program for program in home if program in person.programs(desk)]
    if wanted is None and mine:
        return mine[0]
    if wanted not in mine:
        raise NotFound("one of your programs", "another", "go back to the first page")
    return wanted
