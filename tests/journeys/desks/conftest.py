"""A service, a browser, and people who sign in once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.journeys.desks.world import PASSWORD, make_home, open_world
from tests.journeys.fire.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.journeys.desks.world import World

WAIT_MS = 20_000
EXPECTED = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")
"""A browser's own line for an answer that is an error, which tests look at themselves, and what
htmx says of a page that is left while it asks."""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A demo that is served, with a ring and other cases on its desk."""
    path = tmp_path_factory.mktemp("desks") / "home"
    make_home(path).close()
    service = Service(path)
    try:
        yield open_world(service)
    finally:
        service.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of one file: its loop would stop other tests from running theirs."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox"])
        expect.set_options(timeout=WAIT_MS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def states() -> dict[str, Any]:
    """Cookies of who signed in already."""
    return {}


class Door:
    """Lets people in, each with a browser of his own, and notes what goes wrong in their pages."""

    def __init__(self, browser: Browser, world: World, states: dict[str, Any]) -> None:
        self._browser = browser
        self._world = world
        self._states = states
        self._contexts: list[BrowserContext] = []
        self.wrong: list[str] = []

    def open(self, state: Any = None, **options: Any) -> Page:
        """A page of somebody who did not sign in, unless his cookies are given."""
        context = self._browser.new_context(**{
            "viewport": {"width": 1280, "height": 900}, "locale": "en-US",
            "base_url": self._world.pages, "storage_state": state, "color_scheme": "light",
            "reduced_motion": "reduce"} | options)
        context.set_default_timeout(WAIT_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog {dialog.message}"),
                                          dialog.dismiss()))
        page.on("pageerror", lambda error: self.wrong.append(f"error {error}"))
        page.on("console", lambda line: self._heard(line.type, line.text))
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(EXPECTED):
            self.wrong.append(text)

    def enter(self, name: str, **options: Any) -> Page:
        """A page of a person, who signs in if he did not before."""
        if name not in self._states:
            page = self.open()
            sign_in(page, name)
            self._states[name] = page.context.storage_state()
        return self.open(self._states[name], **options)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def door(browser: Browser, world: World, states: dict[str, Any]) -> Iterator[Door]:
    """Lets people in; no page of theirs may show a dialog or fail in its scripts."""
    made = Door(browser, world, states)
    yield made
    made.close()
    assert made.wrong == []


@pytest.fixture
def enter(door: Door) -> Callable[..., Page]:
    return door.enter


@pytest.fixture(scope="session")
def shots() -> Path | None:
    """Where pictures of the pages go, if somebody wants them."""
    wanted = os.environ.get("JAGA_SCREENSHOTS")
    return Path(wanted) if wanted else None
