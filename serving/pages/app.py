"""The pages' application: a strict policy, a guard before every page, and the desks' routes."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from features.errors import JagaError
from serving.identity.headers import OF_PAGES, SafeHeaders
from serving.leash import put_on_leash
from serving.limits import BodyLimit
from serving.logs import set_up
from serving.pages import copilot, members, model, policy, retention, review
from serving.pages.elsewhere import Elsewhere
from serving.pages.entry import Entry
from serving.pages.guard import Guard
from serving.pages.look import Look, sure_person
from serving.pages.paths import BACK, PASSWORD, PROVIDER, SIGN_IN, SIGN_OUT
from serving.pages.shelf import Shelf
from serving.pages.shell import Shell
from serving.pages.tastes import Tastes
from serving.pages.warming import Warming
from serving.roles import DESKS
from serving.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("jaga.pages")
LARGEST_FORM: Final = 20_000
"""Bytes of a form that is no desk's; the longest has three passwords."""
LARGEST_WORK: Final = 400_000
"""Bytes of a desk's form: a note of 10,000 characters, each of them nine bytes, and many events."""


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
    """The pages that are no desk's own."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def home(self, request: Request) -> Response:
        """Show what to open first."""
        context = await run_in_threadpool(self._shell.shelf.home, self._shell.api_url,
                                          sure_person(request))
        return self._shell.render(request, "home.html", **context)

    async def known(self, request: Request, error: Exception) -> Response:
        """Answer a domain error with a page."""
        assert isinstance(error, JagaError)
        return self._shell.look.wrong(request, error)

    async def elsewhere(self, request: Request, error: Exception) -> Response:
        """Answer a path nobody made."""
        return self._shell.look.problem(request, 404, "problem.nowhere")

    async def unforeseen(self, request: Request, error: Exception) -> Response:
        """Answer an error nobody foresaw, telling nothing of the inside."""
        return self._shell.look.problem(request, 500, "problem.unforeseen")


def build(shelf: Shelf, api_url: str = "", settings: Settings | None = None,
          entry: Entry | None = None, *, warms: bool = False) -> ASGIApp:
    """Build the application over a shelf.

    Parameters
    ----------
    shelf : Shelf
    api_url : str
        Origin of the service, for the line that asks for a verdict.
    settings : Settings or None
    entry : Entry or None
        The door; None: one by the settings and the wall's clock.
    warms : bool
        Open every page once before it says that it is ready.
    """
    look = entry.look if entry else Look()
    entry = entry or Entry(shelf, look, settings or Settings())
    shell = Shell(shelf, look, entry, api_url)
    pages = Pages(shell)
    handlers: dict[Any, Callable[..., Any]] = {
        JagaError: pages.known, 404: pages.elsewhere, 405: pages.elsewhere,
        Exception: pages.unforeseen,
    }
    app = Starlette(
        routes=[Route("/", pages.home), *_desks(shell), *Tastes(entry).routes(),
                *_doors(entry, Elsewhere(entry, shelf)), Mount("/static", look.statics)],
        exception_handlers=handlers,
        middleware=[Middleware(Guard, entry=entry, look=look)],
    )
    warming = Warming(shell, app.router)
    app.router.routes.append(Route("/readyz", warming.ready))
    if warms:
        warming.start()
    return Quiet(SafeHeaders(BodyLimit(app, _largest), OF_PAGES))


def _desks(shell: Shell) -> list[Route]:
    return [route for desk in (review, retention, copilot, members, model, policy)
            for route in desk.routes(shell)]


def _largest(path: str) -> int:
    is_desk = any(path == desk or path.startswith(f"{desk}/") for desk in DESKS)
    return LARGEST_WORK if is_desk else LARGEST_FORM


def _doors(entry: Entry, elsewhere: Elsewhere) -> list[Route]:
    return [
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
    return build(Shelf(settings.home, settings.url), os.environ.get("JAGA_URL", ""), settings,
                 warms=True)
