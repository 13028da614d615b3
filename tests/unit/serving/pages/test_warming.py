"""Every page is opened once before somebody waits for it, and nothing is written by that."""

from __future__ import annotations

import asyncio
import shutil
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route, Router

from features.store.home import Home
from serving.pages import warming as warming_module
from serving.pages.app import build
from serving.pages.shelf import Shelf
from serving.pages.shell import Shell
from serving.pages.warming import PAGES, Warming
from serving.roles import DESKS

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""


class Pages:
    """Pages that note who opens them; one of them fails."""

    def __init__(self, shelf: Shelf) -> None:
        self.opened: list[str] = []
        self.go = threading.Event()
        self.go.set()
        self.shell = Shell(shelf, None, None)  # type: ignore[arg-type]
        self.shell.firsts.append(lambda program_id: self.opened.append(f"read {program_id}"))
        self.warming = Warming(self.shell, Router([Route("/{path:path}", self.page)]))

    async def page(self, request: Request) -> Response:
        self.go.wait(30)
        self.opened.append(request.url.path)
        assert request.method == "GET"
        if request.url.path == "/copilot":
            raise RuntimeError
        if request.url.path == "/review/next":
            return PlainTextResponse(status_code=303, headers={"location": "/review/acme/c%2F1"})
        if "program" in request.query_params:
            assert request.state.person.programs() == ["acme"]
        return PlainTextResponse("a page")

    def answer(self) -> httpx.Response:
        """What somebody who asks whether they are ready gets."""
        app = Router([Route("/readyz", self.warming.ready)])

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.get("/readyz")

        return asyncio.run(ask())


@pytest.fixture
def pages(made: Any) -> Pages:
    return Pages(Shelf(made.path))


def test_every_page_of_a_program_is_opened_after_what_its_desks_read(pages: Pages) -> None:
    """A case and a member among them; a page that fails stops none of the others."""
    pages.warming.run()
    assert pages.opened.index("read acme") < pages.opened.index("/review")
    assert {*PAGES, "/review/acme/c/1", "/members/m-0", "/retention/member"} <= set(pages.opened)
    assert pages.warming.is_over


def test_there_is_no_desk_without_a_page_that_is_opened() -> None:
    """One that is made tomorrow is warmed, or this fails."""
    assert set(DESKS) <= set(PAGES)


def test_pages_are_ready_once_they_are_warm(pages: Pages) -> None:
    """Not before, where they are warmed at all."""
    assert pages.answer().status_code == 200
    pages.go.clear()
    pages.warming.start()
    answer = pages.answer()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    pages.go.set()
    assert pages.warming._is_done.wait(30)
    assert pages.answer().status_code == 200


def test_pages_that_stay_cold_for_too_long_are_ready_all_the_same(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow pages are better than none."""
    monkeypatch.setattr(warming_module, "MOST_S", 0.0)
    pages.go.clear()
    pages.warming.start()
    assert pages.answer().status_code == 200
    pages.go.set()


def test_the_service_comes_first(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read while it gets ready."""
    asked = []

    def is_ready(url: str) -> bool:
        asked.append((url, list(pages.opened)))
        return len(asked) == 3

    monkeypatch.setattr(warming_module, "_is_ready", is_ready)
    monkeypatch.setattr(warming_module, "ASK_S", 0.0)
    waits = Warming(Shell(pages.shell.shelf, None, None, "http://s"),  # type: ignore[arg-type]
                    Router([Route("/{path:path}", pages.page)]))
    waits.start()
    assert waits._is_done.wait(30)
    assert asked == [("http://s", [])] * 3
    assert "/review" in pages.opened


def test_the_real_pages_are_warmed_and_nothing_is_written(
    made: Any, tmp_path: Path, serving_app: Any
) -> None:
    """Each answers with 200 or leads somewhere; the journal stands where it stood."""
    path = tmp_path / "home"
    shutil.copytree(made.path, path)
    home = Home(path)
    before = home.journal().head
    seen: dict[str, int] = {}
    visit = Warming.visit

    async def noted(self: Warming, path: str, program_id: str = "") -> str:
        pages = self._pages

        async def listening(scope: Any, receive: Any, send: Any) -> None:
            async def heard(message: Any) -> None:
                seen.setdefault(scope["path"], message.get("status", 0))
                await send(message)

            await pages(scope, receive, heard)

        self._pages = listening
        try:
            return await visit(self, path, program_id)
        finally:
            self._pages = pages

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Warming, "visit", noted)
        with serving_app(build(Shelf(path), warms=True)) as client:
            for _ in range(600):
                if client.get("/readyz").status_code == 200:
                    break
                threading.Event().wait(0.1)
    assert set(seen.values()) <= {200, 303}
    assert set(PAGES) <= set(seen)
    assert home.journal().head == before
    home.close()
