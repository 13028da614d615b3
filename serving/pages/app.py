"""The pages' application: read only, no scripts, a strict content security policy."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from features.errors import JagaError, NotFound
from serving.doors import DESKS
from serving.errors import status_of
from serving.pages.shelf import Shelf
from serving.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("jaga.pages")
HERE: Final = Path(__file__).parent
NAMES: Final = {"/review": "Review", "/retention": "Retention", "/copilot": "Copilot"}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""No script runs on a page, nothing comes from elsewhere, nobody frames it."""


class SafeHeaders:
    """ASGI middleware that adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, dressing the answer."""

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(k.lower().encode(), v.encode()) for k, v in HEADERS.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except Exception as error:  # noqa: BLE001 - answered already; a trace would hold ids
            log.error("a page failed: %s", type(error).__name__)


class Pages:
    """The pages over a shelf of programs."""

    def __init__(self, shelf: Shelf, api_url: str) -> None:
        self._shelf = shelf
        self._api_url = api_url
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True), undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )

    def render(self, name: str, status: int = 200, **context: Any) -> Response:
        """Render a template as an answer."""
        desks = [(path, NAMES[path]) for path in DESKS]
        template = self._templates.get_template(name)
        shown = {"here": "", "program": "", **context}
        return HTMLResponse(template.render(desks=desks, **shown), status)

    async def home(self, request: Request) -> Response:
        """Show what to open first."""
        context = await run_in_threadpool(self._shelf.home, self._api_url)
        return self.render("home.html", **context)

    async def review(self, request: Request) -> Response:
        """List the cases of a program."""
        page = request.query_params.get("page", "1")
        number = min(int(page), 10_000) if page.isascii() and page.isdigit() else 1
        program_id = request.query_params.get("program")
        context = await run_in_threadpool(self._shelf.review, program_id, max(number, 1))
        return self.render("review.html", here="/review", **context)

    async def case(self, request: Request) -> Response:
        """Show one case."""
        raw = request.scope["raw_path"].decode("ascii").partition("?")[0]
        names = [unquote(part) for part in raw.removeprefix("/review/").split("/")]
        if len(names) > 2:
            raise NotFound("the page of a case", "another path", "go back to the list")
        program_id = names[0] if len(names) == 2 else None
        context = await run_in_threadpool(self._shelf.case, program_id, names[-1])
        return self.render("case.html", here="/review", **context)

    async def retention(self, request: Request) -> Response:
        """List who is slipping away."""
        context = await run_in_threadpool(
            self._shelf.retention, request.query_params.get("program"),
            request.query_params.get("member"))
        return self.render("retention.html", here="/retention", **context)

    async def copilot(self, request: Request) -> Response:
        """Show the program's numbers."""
        context = await run_in_threadpool(self._shelf.copilot, request.query_params.get("program"))
        return self.render("copilot.html", here="/copilot", **context)

    async def known(self, request: Request, error: Exception) -> Response:
        """Answer a domain error with a page."""
        assert isinstance(error, JagaError)
        status = status_of(error)
        title = "Not here" if status == 404 else "Not now"
        return self.render("error.html", status, title=title, message=str(error))

    async def elsewhere(self, request: Request, error: Exception) -> Response:
        """Answer a path nobody made."""
        return self.render("error.html", 404, title="Not here", message="There is no such page.")

    async def unforeseen(self, request: Request, error: Exception) -> Response:
        """Answer an error nobody foresaw, telling nothing of the inside."""
        return self.render("error.html", 500, title="Jaga failed on this page",
                           message="Nothing was changed. Try again, or run jaga doctor.")


async def ready(request: Request) -> Response:
    """Say that the pages answer."""
    return PlainTextResponse("ready\n")


def build(shelf: Shelf, api_url: str = "") -> ASGIApp:
    """Build the application over a shelf."""
    pages = Pages(shelf, api_url)
    handlers: dict[Any, Callable[..., Any]] = {
        JagaError: pages.known, 404: pages.elsewhere, 405: pages.elsewhere,
        Exception: pages.unforeseen,
    }
    app = Starlette(
        routes=[
            Route("/", pages.home),
            Route("/readyz", ready),
            Route("/review", pages.review),
            Route("/review/{rest:path}", pages.case),
            Route("/retention", pages.retention),
            Route("/copilot", pages.copilot),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        exception_handlers=handlers,
    )
    return SafeHeaders(app)


def create() -> ASGIApp:
    """Build the application over the home that the environment names."""
    settings = read_settings()
    return build(Shelf(settings.home, settings.url), os.environ.get("JAGA_URL", ""))
