"""Opens every page once before anybody does: the first visitor waits for no more than the next."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import httpx
import numpy as np
from starlette.responses import PlainTextResponse, Response

from serving.identity.users import Person
from serving.pages.paths import SIGN_IN
from serving.pages.statics import PACKAGED
from serving.pages.views import quoted
from serving.roles import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from serving.pages.shell import Shell

log = logging.getLogger("jaga.pages")
MOST_S: Final = 60.0
"""So long after the service the pages are ready, warm or not: a cold page is slow, not wrong."""
AWAIT_S: Final = 600.0
"""The longest wait for a service, which then limps; to read some million events takes minutes."""
ASK_S: Final = 0.5
"""Between two looks whether the service is ready: verdicts first."""
PAGES: Final = (
    "/", "/review", "/review/lists", "/review/acts", "/retention", "/retention/campaigns",
    "/retention/missions", "/copilot", "/members", "/model", "/policy",
)
"""Pages of a program that no id belongs to."""


class Warming:
    """Visits the pages in a thread of its own, as somebody who may see them all.

    Nobody is signed in for that: the visits go past the guard, inside this process, and by GET,
    which writes nothing.

    Parameters
    ----------
    shell : Shell
        Whose desks say what is read before their pages are opened.
    pages : ASGI application
        The routes without the guard.
    """

    def __init__(self, shell: Shell, pages: ASGIApp) -> None:
        self._shell = shell
        self._pages = pages
        self._ends_s: float | None = None
        self._is_done = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether every page was opened once, or it took too long; also where none will be."""
        return (self._ends_s is None or self._is_done.is_set()
                or time.monotonic() > self._ends_s)

    def start(self) -> None:
        """Begin, beside the requests that come meanwhile."""
        self._ends_s = time.monotonic() + MOST_S + (AWAIT_S if self._shell.api_url else 0.0)
        threading.Thread(target=self.run, name="warming", daemon=True).start()

    def run(self) -> None:
        """Wait for the service, and open all pages."""
        try:
            self._await_service()
            self._ends_s = time.monotonic() + MOST_S
            asyncio.run(self._warm())
        except Exception as error:  # noqa: BLE001 - then the first visitor waits, and is told why
            log.warning("the pages stay cold: %s", type(error).__name__)
        finally:
            self._is_done.set()

    def _await_service(self) -> None:
        deadline_s, url = time.monotonic() + AWAIT_S, self._shell.api_url
        while url and time.monotonic() < deadline_s and not _is_ready(url):
            time.sleep(ASK_S)

    async def _warm(self) -> None:
        for name in (SIGN_IN, *(f"/static/{name}" for name in PACKAGED)):
            await self.visit(name)
        for program_id in self._shell.shelf.programs() if self._shell.shelf.exists else ():
            for read in self._shell.firsts:
                await asyncio.to_thread(read, program_id)
            ahead = await self.visit(f"/review/next?program={quoted(program_id)}", program_id)
            for path in (*_paths(self._shell, program_id), *filter(None, [ahead])):
                await self.visit(path, program_id)

    async def visit(self, path: str, program_id: str = "") -> str:
        """Open a page, as nobody who is signed in; where it leads to, empty for nowhere."""
        path, _, query = path.partition("?")
        person = Person(0, "", frozenset((program_id, role) for role in PEOPLE if program_id))
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "scheme": "http", "path": httpx.URL(path).path, "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "client": None,
            "headers": [(b"host", b"localhost"), (b"accept-encoding", b"gzip")],
            "server": ("localhost", 80), "state": {"person": person, "session": ""},
        }
        found: dict[str, Any] = {}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            found.update(message)

        try:
            await self._pages(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - a page that fails is told where it is asked for
            log.info("a page stays cold: %s", type(error).__name__)
        return dict(found.get("headers", ())).get(b"location", b"").decode()

    async def ready(self, request: Request) -> Response:
        """Say whether the pages answer as fast as they will."""
        if self.is_over:
            return PlainTextResponse("ready\n")
        return PlainTextResponse("warming\n", 503, {"Retry-After": "1"})


def _paths(shell: Shell, program_id: str) -> Iterable[str]:
    """Paths of a program's pages, those of its first member among them."""
    query = f"program={quoted(program_id)}"
    member = str(shell.shelf.journal(program_id).names("member", np.array([1]))[0])
    if member:
        yield f"/members/{quoted(member)}?{query}"
        yield f"/retention/member?id={quoted(member)}&{query}"
    for path in PAGES:
        yield f"{path}?{query}"


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=ASK_S, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
