"""The desk's pages: what they show to whom, in three languages, and of hostile words nothing else.

The service is not there but for what a test answers in its place.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from serving.champion import load_champion
from serving.members import default_as_of, members_without_anomaly
from serving.pages import campaigns, missions
from serving.pages.app import build
from serving.pages.service import Service
from serving.pages.shelf import Shelf
from serving.retention.keeping import Keeping
from serving.retention.kept import Kept, folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
EVIL = '"><script>alert(1)</script>\u202e' + "x" * 10_000
PAGES = ("/retention", "/retention?state=lapsed&page=2", "/retention/campaigns",
         "/retention/campaigns/new", "/retention/missions", "/retention/missions/edit",
         "/retention/missions/edit?id=come-back", "/retention/member?id=m-7")


def keep(home: Any) -> Kept:
    journal = home.journal()
    bundle = load_champion(home, journal, home.catalog("acme"))
    members = members_without_anomaly(journal, bundle, default_as_of(journal))
    Keeping(folder_of(home.path, "acme"), journal).keep(members, bundle, 0)
    found = Kept.read(folder_of(home.path, "acme"))
    assert found is not None
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, dict[str, str]]]:
    """What the pages asked of the service, which drafts whatever it is asked to."""
    seen: list[tuple[str, Any, dict[str, str]]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        seen.append((request.url.path, body, dict(request.headers)))
        if request.url.path.endswith("/publish"):
            return httpx.Response(409, json={"error": {"message": (
                "Wanted a second person; came who drafted it. To do: ask somebody else.")}})
        return httpx.Response(200, json={"campaign_id": "back", "name": EVIL[:200],
                                         "newest_version": 1, "second_person": None})

    for module in (campaigns, missions):
        monkeypatch.setattr(module, "Service",
                            lambda url: Service("http://service", httpx.MockTransport(answer)))
    return seen


@pytest.fixture
def pages(story: Any, serving_app: Any, asked: Any) -> Iterator[httpx.Client]:
    with serving_app(build(Shelf(story.home.path), "http://service")) as client:
        yield client


def test_without_anything_kept_the_desk_says_so(
    story: Any, pages: httpx.Client, signed_in: Any
) -> None:
    """And a member's page is not there, rather than empty."""
    signed_in(pages, story.home, "marketer@acme")
    assert "Nothing to show yet" in pages.get("/retention").text
    assert pages.get("/retention/member?id=m-7").status_code == 404


@pytest.mark.parametrize("language", ["en", "id", "es"])
def test_every_page_speaks_every_language(
    story: Any, pages: httpx.Client, signed_in: Any, language: str
) -> None:
    """No code of a catalogue is left unsaid; nothing of the page is inline."""
    keep(story.home)
    story.approve()
    signed_in(pages, story.home, "marketer@acme")
    for path in (*PAGES, "/retention/campaigns/back"):
        page = pages.get(path, headers={"Accept-Language": language})
        assert page.status_code == 200, (path, page.text)
        assert f'<html lang="{language}"' in page.text
        assert "retention." not in re.sub(r'(href|src|action)="[^"]*"', "", page.text), path
        assert not re.search(r"<[^>]+ (style|on\w+)=", page.text), path


def test_the_list_and_its_file_are_the_table(
    story: Any, pages: httpx.Client, signed_in: Any
) -> None:
    """Every slipping member, the most at stake first; a choice narrows both."""
    members = keep(story.home).members
    needs = members[members["state"].isin(["slipping", "lapsed"])]
    signed_in(pages, story.home, "marketer@acme")
    text = pages.get("/retention?as=csv").text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["member_id"] for row in rows} == set(needs["member_id"])
    stakes = [float(row["at_stake"]) for row in rows]
    assert stakes == sorted(stakes, reverse=True)
    page = pages.get("/retention").text
    shown = re.findall(r"/retention/member\?id=(m-\d+)", page)
    assert shown == [row["member_id"] for row in rows[:len(shown)]]
    assert len(shown) == 25
    assert "Nobody here" in pages.get("/retention?tier=gold").text
    assert pages.get("/retention?tier=%22%3E&page=x").status_code == 200


def test_names_are_for_those_who_act(story: Any, pages: httpx.Client, signed_in: Any) -> None:
    """An auditor reads ids; a contact that is no link is none; markup stays words."""
    keep(story.home)
    number = story.home.journal().number("member", "m-7")
    with story.home.database.writing() as store:
        store.run("INSERT INTO people (program, member_id, display_name, contact_url) "
                  "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                  (story.home.journal().key, number, EVIL, "javascript:alert(1)"))
    signed_in(pages, story.home, "marketer@acme")
    page = pages.get("/retention/member?id=m-7").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "javascript:alert" not in page
    pages.cookies.clear()
    signed_in(pages, story.home, "auditor@acme", "audi")
    assert "alert(1)" not in pages.get("/retention/member?id=m-7").text
    for path in ("/retention/campaigns/new", "/retention/missions/edit"):
        assert pages.get(path).status_code == 404


def form(page: str, **fields: Any) -> dict[str, Any]:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found is not None
    return {"csrf": found.group(1), "program": "acme", **fields}


def test_the_builder_asks_the_service_in_ones_own_name(
    story: Any, pages: httpx.Client, signed_in: Any, asked: list[Any]
) -> None:
    """Launch drafts, then launches the version that came of it; a forged form asks nothing."""
    keep(story.home)
    signed_in(pages, story.home, "marketer@acme")
    page = pages.get("/retention/campaigns/new").text
    fields = {"name": "Back", "budget_points": "900", "control_percent": "10", "act": "launch",
              "segment_state": "lapsed"}
    forged = pages.post("/retention/campaigns", data=form(page, **fields) | {"csrf": "0" * 64})
    assert forged.status_code in (400, 403)
    assert asked == []
    answer = pages.post("/retention/campaigns", data=form(page, **fields))
    assert answer.headers["location"] == "/retention/campaigns/back?program=acme"
    assert [path for path, _, _ in asked] == [
        "/v1/retention/campaigns", "/v1/retention/campaigns/back/launch"]
    assert "segment:\n  state: lapsed" in asked[0][1]["text"]
    assert asked[1][1] == {"version": 1}
    headers = asked[0][2]
    assert headers["x-jaga-program"] == "acme"
    assert headers["authorization"].startswith("Session ")


def test_what_was_written_is_not_lost_where_it_is_refused(
    story: Any, pages: httpx.Client, signed_in: Any, asked: list[Any]
) -> None:
    """The form comes back with its words and what is wrong, and nothing is asked."""
    keep(story.home)
    signed_in(pages, story.home, "marketer@acme")
    page = pages.get("/retention/campaigns/new").text
    again = pages.post("/retention/campaigns", data=form(
        page, name=EVIL[:150], budget_points="abc", control_percent="10"))
    assert again.status_code == 400
    assert 'aria-describedby="flaw-budget_points"' in again.text
    assert "<script>alert(1)" not in again.text
    assert "&lt;script&gt;alert(1)" in again.text
    mission = pages.post("/retention/missions", data=form(
        page, id="quiz", cost_points="five", text_en="Kept words"))
    assert mission.status_code == 400
    assert "Kept words" in mission.text
    assert asked == []


@pytest.mark.parametrize(("language", "points", "days"), [
    ("en", "A whole number of points", "It ends before it begins."),
    ("id", "Bilangan bulat poin", "Berakhir sebelum dimulai."),
    ("es", "Un número entero de puntos", "Termina antes de empezar.")])
def test_what_is_wrong_is_told_in_ones_own_language(
    story: Any, pages: httpx.Client, signed_in: Any, asked: list[Any], language: str, points: str,
    days: str,
) -> None:
    """All of it at once, at its field and in the forecast, and never in the system's English."""
    keep(story.home)
    signed_in(pages, story.home, "marketer@acme")
    pages.headers["Accept-Language"] = language
    page = pages.get("/retention/campaigns/new").text
    wrong = form(page, name="Back", budget_points="1,5", control_percent="10",
                 starts="2025-05-02", ends="2025-05-01")
    whole = pages.post("/retention/campaigns", data=wrong)
    part = pages.post("/retention/campaigns/new", data=wrong, headers={"HX-Request": "true"})
    assert (whole.status_code, part.status_code, asked) == (400, 200, [])
    for told in (whole.text, part.text):
        assert points in told
        assert days in told
        assert "Wanted " not in told


def test_an_approved_campaign_keeps_its_first_day_and_its_control_group(
    story: Any, pages: httpx.Client, signed_in: Any, asked: list[Any]
) -> None:
    """Said before the service refuses it."""
    keep(story.home)
    story.approve(name="back", more="control: 0.2")
    signed_in(pages, story.home, "marketer@acme")
    page = pages.get("/retention/campaigns/new?from=back").text
    same = {"campaign_id": "back", "name": "Back", "budget_points": "900"}
    refused = pages.post("/retention/campaigns", data=form(
        page, **same, control_percent="10", starts="2025-03-02"))
    assert refused.status_code == 400
    assert "approved with 20" in refused.text
    assert "approved from 1 Mar 2025 on" in refused.text
    assert asked == []
    taken = pages.post("/retention/campaigns", data=form(
        page, **same, control_percent="20", starts="2025-03-01"))
    assert taken.status_code == 303


def test_a_refusal_of_the_service_is_told(
    story: Any, pages: httpx.Client, signed_in: Any, asked: list[Any]
) -> None:
    """With the status it came with, and in its own words."""
    signed_in(pages, story.home, "marketer@acme")
    page = pages.get("/retention/missions/edit").text
    refused = pages.post("/retention/missions/drafts/1/publish", data=form(page))
    assert refused.status_code == 409
    assert "ask somebody else" in refused.text
    assert pages.post("/retention/missions/drafts/1/burn", data=form(page)).status_code == 404
