"""The pages' application: no scripts, a strict policy, and a guard before every page."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from features.errors import JagaError, NotFound
from serving.identity.headers import OF_PAGES, SafeHeaders
from serving.leash import put_on_leash
from serving.limits import BodyLimit
from serving.logs import set_up
from serving.pages.elsewhere import Elsewhere
from serving.pages.entry import Entry
from serving.pages.guard import Guard, chosen_program
from serving.pages.look import HERE, Look, sure_person
from serving.pages.paths import BACK, PASSWORD, PROVIDER, SIGN_IN, SIGN_OUT
from serving.pages.shelf import Shelf
from serving.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("jaga.pages")
LARGEST_FORM: Final = 20_000
"""Bytes of a form; the longest has three passwords."""


class Quiet:
    """ASGI middleware that logs an error without its text, which may hold ids."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - answered already; a trace would hold ids
            log.error("a page failed: %s", type(error).__name__)


class Pages:
    """The pages over a shelf of programs."""

    def __init__(self, shelf: Shelf, api_url: str, look: Look) -> None:
        self._shelf = shelf
        self._api_url = api_url
        self._look = look

    async def home(self, request: Request) -> Response:
        """Show what to open first."""
        context = await run_in_threadpool(self._shelf.home, self._api_url, sure_person(request))
        return self._look.render(request, "home.html", **context)

    async def review(self, request: Request) -> Response:
        """List the cases of a program."""
        page = request.query_params.get("page", "1")
        number = min(int(page), 10_000) if page.isascii() and page.isdigit() else 1
        program_id = await self._program(request, "/review")
        context = await run_in_threadpool(self._shelf.review, program_id, max(number, 1))
        return self._look.render(request, "review.html", here="/review", **context)

    async def case(self, request: Request) -> Response:
        """Show one case."""
        raw = request.scope["raw_path"].decode("ascii").partition("?")[0]
        names = [unquote(part) for part in raw.removeprefix("/review/").split("/")]
        if len(names) > 2:
            raise NotFound("the page of a case", "another path", "go back to the list")
        wanted = names[0] if len(names) == 2 else None
        program_id = await self._program(request, "/review", wanted)
        context = await run_in_threadpool(self._shelf.case, program_id, names[-1])
        return self._look.render(request, "case.html", here="/review", **context)

    async def retention(self, request: Request) -> Response:
        """List who is slipping away."""
        program_id = await self._program(request, "/retention")
        context = await run_in_threadpool(
            self._shelf.retention, program_id, request.query_params.get("member"))
        return self._look.render(request, "retention.html", here="/retention", **context)

    async def copilot(self, request: Request) -> Response:
        """Show the program's numbers."""
        program_id = await self._program(request, "/copilot")
        context = await run_in_threadpool(self._shelf.copilot, program_id)
        return self._look.render(request, "copilot.html", here="/copilot", **context)

    async def _program(self, request: Request, desk: str, wanted: str | None = None) -> str:
        """Find which program is asked for, among those that who asks may see at this desk."""
        wanted = wanted if wanted is not None else request.query_params.get("program")
        home = await run_in_threadpool(self._shelf.programs)
        return chosen_program(sure_person(request), desk, wanted, home)

    async def known(self, request: Request, error: Exception) -> Response:
        """Answer a domain error with a page."""
        assert isinstance(error, JagaError)
        return self._look.wrong(request, error)

    async def elsewhere(self, request: Request, error: Exception) -> Response:
        """Answer a path nobody made."""
        return self._look.render(request, "error.html", 404, title="Not here",
                                 message="There is no such page.")

    async def unforeseen(self, request: Request, error: Exception) -> Response:
        """Answer an error nobody foresaw, telling nothing of the inside."""
        return self._look.render(request, "error.html", 500, title="Jaga failed on this page",
                                 message="Nothing was changed. Try again, or run jaga doctor.")


async def ready(request: Request) -> Response:
    """Say that the pages answer."""
    return PlainTextResponse("ready\n")


def build(shelf: Shelf, api_url: str = "", settings: Settings | None = None,
          entry: Entry | None = None) -> ASGIApp:
    """Build the application over a shelf.

    Parameters
    ----------
    shelf : Shelf
    api_url : str
        Origin of the service, for the line that asks for a verdict.
    settings : Settings or None
    entry : Entry or None
        The door; None: one by the settings and the wall's clock.
    """
    look = entry.look if entry else Look()
    entry = entry or Entry(shelf, look, settings or Settings())
    pages = Pages(shelf, api_url, look)
    handlers: dict[Any, Callable[..., Any]] = {
        JagaError: pages.known, 404: pages.elsewhere, 405: pages.elsewhere,
        Exception: pages.unforeseen,
    }
    app = Starlette(
        routes=[*_routes(pages), *_doors(entry, Elsewhere(entry, shelf)),
                Mount("/static", StaticFiles(directory=HERE / "static"))],
        exception_handlers=handlers,
        middleware=[Middleware(Guard, entry=entry, look=look)],
    )
    return Quiet(SafeHeaders(BodyLimit(app, lambda path: LARGEST_FORM), OF_PAGES))


def _routes(pages: Pages) -> list[Route]:
    return [
        Route("/", pages.home),
        Route("/review", pages.review),
        Route("/review/{rest:path}", pages.case),
        Route("/retention", pages.retention),
        Route("/copilot", pages.copilot),
    ]


def _doors(entry: Entry, elsewhere: Elsewhere) -> list[Route]:
    return [
        Route("/readyz", ready),
        Route(SIGN_IN, entry.show), Route(SIGN_IN, entry.enter, methods=["POST"]),
        Route(PROVIDER, elsewhere.go), Route(BACK, elsewhere.back),
        Route(SIGN_OUT, entry.leave, methods=["POST"]),
        Route(PASSWORD, entry.password), Route(PASSWORD, entry.change, methods=["POST"]),
    ]


def create() -> ASGIApp:
    """Build the application over the home that the environment names."""
    put_on_leash()
    settings = read_settings()
    set_up(settings.log_format, settings.log_level)
    return build(Shelf(settings.home, settings.url), os.environ.get("JAGA_URL", ""), settings)
