"""A case's page: a double click is one act, a large case takes several, a second look is silent."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from serving.pages import review
from tests.unit.serving.review.test_desk_pages import Browser, at_desk, links, pages_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

__all__ = ["at_desk"]
pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
MOST_SAID = {"en": "the 1 with the most at stake", "es": "las 1 con más en juego",
             "id": "mencakup 1 dengan taruhan terbesar"}


def filled(page: str, act: str, **fields: str) -> str:
    """The form of an act as a page has it, filled in."""
    form = next(each for each in re.findall(r"<form.*?</form>", page, re.DOTALL)
                if f'name="act" value="{act}"' in each)
    return urlencode([*((name, html.unescape(value)) for name, value in re.findall(
        r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form)), *fields.items()])


def post(browser: Browser, body: str) -> httpx.Response:
    return browser.client.post("/review/acts", content=body, headers={
        "Content-Type": "application/x-www-form-urlencoded"})


@pytest.mark.parametrize(("act", "fields"), [
    ("decide", {"decision": "keep"}), ("snooze", {"days": "3"}), ("note", {"text": "Called him."}),
    ("list", {"days": "90", "note": "Fine."})])
def test_a_form_sent_twice_is_one_act(
    desk: Desk, at_desk: Any, act: str, fields: dict[str, str]
) -> None:
    """Also where it says for how many days, and the second click comes later."""
    rina = at_desk("rina")
    body = filled(rina.get("/review/acme/c").text, act, **fields)
    for _ in range(2):
        assert post(rina, body).status_code == 200
        desk.now += 7
    assert [each["act"] for each in desk.listed()] == [act]


def test_an_old_page_does_not_repeat_what_was_undone(
    desk: Desk, at_desk: Any
) -> None:
    """Nobody is told that it was done again."""
    rina = at_desk("rina")
    body = filled(rina.get("/review/acme/c").text, "decide", decision="keep")
    shown = post(rina, body)
    rina.send(str(shown.url), "undo")
    again = post(rina, body)
    assert (again.status_code, "taken back" in again.text) == (409, True)
    assert [each["status"] for each in desk.listed()] == ["undone"]


def test_a_case_of_too_many_alerts_takes_several_acts(
    desk: Desk, at_desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most at stake first; the page says so in each language."""
    desk.scan("most", member="m-1", points=200)
    rina = at_desk("rina")
    case = links(rina.get("/review").text)[0]
    for said in MOST_SAID.values():
        assert said not in rina.get(case).text
    monkeypatch.setattr(review, "MOST_EVENTS", 1)
    for language, said in MOST_SAID.items():
        page = rina.get(case, headers={"Accept-Language": language}).text
        assert said in html.unescape(page), language
    rina.send(case, "decide", decision="keep")
    made, = desk.listed()
    assert made["events"] == 1
    desk.done(made)
    assert [desk.status(name)[0] for name in ("most", "a", "b")] == ["kept", "held", "held"]


def test_a_second_reviewer_is_not_shown_the_notes_of_the_first(
    closed_desk: Desk, settings_of: Callable[..., None]
) -> None:
    """Others' notes he reads, an auditor reads all, and so does he once he has decided."""
    settings_of(closed_desk.path, second_review=1.0)
    with closed_desk.open() as desk:
        desk.scan("a")
        desk.scan("b")
        desk.act("rina", "note", "a", "b", text="Clearly a shop, I release it.")
        desk.act("ana", "note", "a", text="The invoice is attached.")
        desk.done(desk.decide("rina", "a", decision="release"))
        with pages_of(desk) as origin:
            people = {name: Browser(origin, desk.tokens[name]) for name in ("ben", "audi")}

            def shown(name: str) -> tuple[bool, bool]:
                page = people[name].get("/review/acme/a").text
                return "Clearly a shop" in page, "The invoice is attached" in page

            assert shown("ben") == (False, True)
            assert shown("audi") == (True, True)
            desk.done(desk.decide("ben", "a", "b", decision="keep"), by="ben")
            assert shown("ben") == (True, True)
            for browser in people.values():
                browser.client.close()
