"""The desk's pages over the service itself: a case worked, undone, asked about, by two people."""

from __future__ import annotations

import html
import json
import re
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from serving.pages import cookies
from serving.pages.app import build
from serving.pages.queuepage import case_path
from serving.pages.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
Desk = Any
HOSTILE = "x-<script>alert(1)</script>/../\u202e?&'\""
LONG = "n" * 1900


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def pages_of(desk: Desk) -> Iterator[str]:
    """The pages over the home of a desk, asking its service; their origin."""
    (desk.path / "tour.json").write_text(json.dumps({"behind_ms": wall_ms() - desk.now}))

    async def forward(request: Request) -> JSONResponse:
        named = {name: request.headers[name] for name in ("authorization", "x-jaga-program")}
        answer = await run_in_threadpool(
            desk.client.post, request.url.path.removeprefix("/v1"), content=await request.body(),
            headers={**named, "Content-Type": "application/json"})
        return JSONResponse(answer.json(), answer.status_code)

    app = Starlette(routes=[Route("/v1/{rest:path}", forward, methods=["POST"])])
    with (desk.serve(app) as service,
          desk.serve(build(Shelf(desk.path), str(service.base_url))) as client):
        yield str(client.base_url).rstrip("/")


class Browser:
    """Somebody at the pages: follows redirects, fills the forms he is shown."""

    def __init__(self, origin: str, token: str) -> None:
        self.client = httpx.Client(
            base_url=origin, headers={"Origin": origin}, cookies={cookies.SESSION: token},
            follow_redirects=True, timeout=30)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def send(self, path: str, act: str, at: str = "/review/acts", part: bool = False,
             **fields: str) -> httpx.Response:
        """Send the form of an act that a page has, filled in."""
        page = self.get(path).text
        form = next(each for each in re.findall(r"<form.*?</form>", page, re.DOTALL)
                    if f'name="act" value="{act}"' in each)
        pairs = [(name, html.unescape(value)) for name, value in re.findall(
            r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', form)]
        extra = {"HX-Request": "true"} if part else {}
        return self.client.post(at, content=urlencode([*pairs, *fields.items()]), headers={
            "Content-Type": "application/x-www-form-urlencoded", **extra})


@pytest.fixture
def at_desk(desk: Desk) -> Iterator[Any]:
    """Opens browsers by name, on pages over two members' cases."""
    desk.scan("a", member="m-1")
    desk.scan("b", member="m-1")
    desk.scan("c", member="m-2")
    with pages_of(desk) as origin, ExitStack() as opened:

        def browser(name: str, at: str = origin) -> Browser:
            made = Browser(at, desk.tokens[name])
            opened.callback(made.client.close)
            return made

        yield browser


def links(page: str) -> list[str]:
    return re.findall(r'href="(/review/acme/[^"]+)" class="entry"', page)


def test_a_case_is_decided_in_two_clicks_and_undone(desk: Desk, at_desk: Any) -> None:
    """Open, release: all its alerts at once; the next case comes with the way back."""
    rina = at_desk("rina")
    first, second = links(rina.get("/review").text)
    case = rina.get(first)
    assert case.status_code == 200
    shown = rina.send(first, "decide", decision="release")
    assert shown.url.path == second
    assert 'data-undo' in shown.text
    stored, = [each for each in desk.listed() if each["act"] == "decide"]
    assert (stored["decision"], stored["events"], stored["by"]) == ("release", 2, "rina")
    assert stored["reason"] == "Looked at: nothing wrong"
    assert links(rina.get("/review").text) == [second]
    assert links(rina.get("/review?state=deciding").text) == [first]
    undo = str(shown.url)
    back = rina.send(undo, "undo")
    assert back.status_code == 200
    assert links(rina.get("/review").text) == [first, second]
    assert desk.status("a") == ("held", 0)


def test_when_the_case_was_opened_comes_home_with_the_label(desk: Desk, at_desk: Any) -> None:
    """The moment is that of the program's clock when the page was made."""
    rina = at_desk("rina")
    rina.send("/review/acme/c", "decide", decision="confirm_fraud")
    made, = desk.listed()
    desk.done(made)
    label, who, opened = desk.labels("c")[0]
    assert (label, who) == (1, "rina")
    assert opened is not None
    assert abs(opened - desk.now) < 120_000


def test_of_two_people_one_wins_and_the_other_is_told(desk: Desk, at_desk: Any) -> None:
    """The second sees who was first, and nothing of his is stored."""
    rina, ben = at_desk("rina"), at_desk("ben")
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', ben.get("/review/acme/c").text)
    assert token is not None
    rina.send("/review/acme/c", "decide", decision="keep")
    late = ben.client.post("/review/acts", data={
        "csrf": token[1], "program": "acme", "act": "decide", "case_id": "member-3", "event": "c",
        "decision": "release"})
    assert late.status_code == 409
    assert "rina" in late.text
    assert [each["by"] for each in desk.listed()] == ["rina"]


def test_what_each_decision_would_do_is_shown_before(desk: Desk, at_desk: Any) -> None:
    """Points by decision, what is learnt, and that many points need a second person."""
    rina = at_desk("rina")
    case = links(rina.get("/review").text)[0]
    told = rina.send(case, "decide", at="/review/preview", part=True)
    assert told.status_code == 200
    parts = dict(re.findall(
        r'id="effect-(\w+)" hx-swap-oob="true">(.*?)</p>', told.text, re.DOTALL))
    assert "160 points are released" in parts["release"]
    assert "160 points are not given" in parts["keep"]
    assert "Jaga learns: fraud." in parts["confirm_fraud"]
    whole = rina.send(case, "decide", at="/review/preview")
    assert "<h1>" in whole.text
    assert desk.listed() == []


def test_proof_asked_for_takes_a_case_out_of_the_queue(desk: Desk, at_desk: Any) -> None:
    """It waits in a tab of its own once the window has passed."""
    rina = at_desk("rina")
    case = next(one for one in links(rina.get("/review").text))
    rina.send(case, "ask", days="5")
    made, = desk.listed()
    assert made["act"] == "ask"
    desk.done(made)
    (desk.path / "tour.json").write_text(json.dumps({"behind_ms": wall_ms() - desk.now}))
    assert case not in links(rina.get("/review").text)
    assert links(rina.get("/review?state=asked").text) == [case]


def test_a_note_a_claim_and_a_snooze_are_seen_by_others(desk: Desk, at_desk: Any) -> None:
    """Hostile words stand in the page as words."""
    rina, ben = at_desk("rina"), at_desk("ben")
    rina.send("/review/acme/c", "note", text=f"{HOSTILE} {LONG}")
    rina.send("/review/acme/c", "claim")
    page = ben.get("/review/acme/c").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "with <bdi>rina</bdi>" in page
    assert len(links(ben.get("/review?holder=rina").text)) == 1
    assert len(links(ben.get("/review?holder=nobody").text)) == 1
    went = rina.get("/review/next")
    rina.send("/review/acme/c", "snooze", days="3")
    assert went.url.path in links(ben.get("/review").text)
    assert len(links(ben.get("/review?state=snoozed").text)) == 1


def test_many_points_wait_for_a_second_person(desk: Desk, at_desk: Any) -> None:
    """Who asked can't approve; a colleague sees the case under its tab, and agrees."""
    desk.scan("big", member="m-5", points=5000)
    rina, ben = at_desk("rina"), at_desk("ben")
    case = links(rina.get("/review").text)[0]
    rina.send(case, "decide", decision="confirm_fraud")
    assert links(ben.get("/review?state=second").text) == [case]
    assert 'value="approve"' not in rina.get(case).text
    assert 'value="approve"' in ben.get("/review/acts").text
    ben.send(case, "approve")
    made, = desk.listed()
    assert (made["second"], made["status"]) == ("ben", "due")
    desk.done(made)
    assert desk.status("big") == ("kept", 0)


def test_a_case_is_found_by_member_event_and_code(desk: Desk, at_desk: Any) -> None:
    """And nothing by anything else, whatever it is."""
    rina = at_desk("rina")
    both = links(rina.get("/review").text)
    assert links(rina.get("/review", params={"find": "m-2"}).text) == [both[1]]
    assert links(rina.get("/review", params={"find": "a"}).text) == [both[0]]
    assert links(rina.get("/review", params={"find": "C-1003"}).text) == [both[1]]
    for text in ("m-29", "\0", HOSTILE, "%", LONG):
        page = rina.get("/review", params={"find": text})
        assert page.status_code == 200
        assert links(page.text) == []
        assert "<script>alert" not in page.text


def test_the_queue_is_a_table_too(desk: Desk, at_desk: Any) -> None:
    """With the filters of the page; auditors get it, and marketers do not."""
    table = at_desk("audi").get("/review?as=csv")
    assert table.headers["content-type"].startswith("text/csv")
    rows = table.text.splitlines()
    assert len(rows) == 3
    assert rows[1].split(",")[5] == "160"
    assert at_desk("mar").get("/review").status_code == 403


def test_an_auditor_reads_and_is_shown_no_name_and_no_button(desk: Desk, at_desk: Any) -> None:
    """Names and contacts are for who works the case."""
    with desk.programs.home.database.writing() as store:
        store.run("INSERT INTO people (program, member_id, display_name, contact_url) "
                  "SELECT program, number, 'Siti Rahma', 'javascript:alert(1)' FROM entities "
                  "WHERE kind = 'member' AND name = 'm-2'")
    read = at_desk("audi").get("/review/acme/c").text
    assert "Siti Rahma" not in read
    assert 'name="decision"' not in read
    worked = at_desk("rina").get("/review/acme/c").text
    assert "Siti Rahma" in worked
    assert "javascript:" not in worked


def test_a_form_of_elsewhere_or_an_odd_one_changes_nothing(desk: Desk, at_desk: Any) -> None:
    """Without the page's token, with another decision, with days that are none."""
    rina = at_desk("rina")
    forged = rina.client.post("/review/acts", data={"program": "acme", "act": "note"})
    assert forged.status_code == 403
    odd = rina.send("/review/acme/c", "snooze", days="many")
    assert odd.status_code == 400
    strange = rina.send("/review/acme/c", "decide", decision="burn")
    assert strange.status_code == 400
    assert desk.listed() == []


def test_every_page_speaks_three_languages(desk: Desk, at_desk: Any) -> None:
    """Reasons too, though the verdict was told in the program's language."""
    rina = at_desk("rina")
    case = links(rina.get("/review").text)[0]
    for language, words in (("en", "Why it is here"), ("id", "Mengapa ada di sini"),
                            ("es", "Por qué está aquí")):
        page = rina.get(f"{case}?language={language}").text
        assert words in page
        assert f'<html lang="{language}"' in page
    reasons = {language: re.findall(r'<p class="text">(.*?)[<\n]', rina.get(
        f"{case}?language={language}").text) for language in ("en", "id")}
    assert reasons["en"]
    assert all(one != other for one, other in zip(reasons["en"], reasons["id"], strict=True))


def test_a_hostile_id_has_a_page_that_is_no_markup(desk: Desk, at_desk: Any) -> None:
    """Its case and its event are reached by a quoted path."""
    desk.scan(HOSTILE, member="<b>bold</b>")
    rina = at_desk("rina")
    page = rina.get(case_path("acme", HOSTILE))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<b>bold</b>" not in page.text
    rina.send(case_path("acme", HOSTILE), "decide", decision="keep")
    assert [each["events"] for each in desk.listed()] == [1]


def test_a_service_that_is_away_is_said_so(desk: Desk, at_desk: Any) -> None:
    """The page is read all the same; the act fails with a sentence, and nothing is lost."""
    with desk.serve(build(Shelf(desk.path), "http://127.0.0.1:9")) as client:
        rina = at_desk("rina", str(client.base_url).rstrip("/"))
        assert rina.get("/review/acme/c").status_code == 200
        assert rina.send("/review/acme/c", "claim").status_code == 503
        told = rina.send("/review/acme/c", "decide", at="/review/preview", part=True)
        assert told.status_code == 200
        assert "try again in a moment" in told.text


def test_the_lists_show_what_acts_now_and_take_it_off(desk: Desk, at_desk: Any) -> None:
    """An entry made from a case is listed with its reason, and can be taken off."""
    rina = at_desk("rina")
    page = rina.get("/review/acme/c").text
    assert 'name="list" value="deny"' in page
    desk.act("rina", "list", list="deny", kind="device", subject_id="d-m-2", note="Sold twice.")
    listed = rina.get("/review/lists").text
    assert "Sold twice." in listed
    rina.send("/review/lists", "list")
    assert "Sold twice." not in rina.get("/review/lists").text
    assert rina.get("/review/lists?as=csv").status_code == 200
