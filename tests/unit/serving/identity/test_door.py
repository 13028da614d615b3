"""The door of the pages: forms, cookies, roles, and every page for every role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.routing import Mount, Route

from serving.identity.administering import act
from serving.roles import DESKS, PEOPLE
from tests.unit.serving.identity.house import WORD

if TYPE_CHECKING:
    from tests.unit.serving.identity.house import House

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
PAGES = {
    "/": "/", "/review": "/review", "/review/{rest:path}": "/review/acme/nothing",
    "/review/next": "/review/next", "/review/lists": "/review/lists",
    "/review/acts": "/review/acts", "/review/preview": "/review/preview",
    "/retention": "/retention", "/retention/member": "/retention/member?id=nobody",
    "/retention/campaigns": "/retention/campaigns",
    "/retention/campaigns/new": "/retention/campaigns/new",
    "/retention/campaigns/{campaign_id}": "/retention/campaigns/nothing",
    "/retention/campaigns/{campaign_id}/launch": "/retention/campaigns/nothing/launch",
    "/retention/campaigns/{campaign_id}/stop": "/retention/campaigns/nothing/stop",
    "/retention/missions": "/retention/missions",
    "/retention/missions/edit": "/retention/missions/edit",
    "/retention/missions/drafts/{number}/{act}": "/retention/missions/drafts/1/publish",
    "/copilot": "/copilot", "/password": "/password",
    "/sign-out": "/sign-out", "/sign-in": "/sign-in", "/sign-in/provider": "/sign-in/provider",
    "/sign-in/provider/back": "/sign-in/provider/back", "/readyz": "/readyz",
    "/copilot/nudges": "/copilot/nudges", "/members": "/members", "/policy": "/policy",
    "/members/{member_id:path}": "/members/m-4", "/model": "/model",
    "/model/pictures/{name}": "/model/pictures/shap.png", "/model/monitor": "/model/monitor",
    "/static": "/static/jaga.css", "/language": "/language", "/theme": "/theme",
}
"""How each route is asked for; a page that somebody adds is added here, or the build fails."""
WITHOUT_SESSION = {"/readyz", "/static", "/sign-in", "/sign-in/provider", "/sign-in/provider/back",
                   "/language", "/theme"}
UNUSUAL = {"/model/pictures/{name}": 404, "/model/monitor": 404,
           "/review/{rest:path}": 404, "/review/preview": 404, "/review/next": 303,
           "/retention/member": 404, "/retention/campaigns/{campaign_id}": 404,
           "/retention/campaigns/{campaign_id}/launch": 404,
           "/retention/campaigns/{campaign_id}/stop": 404,
           "/retention/missions/drafts/{number}/{act}": 404}
"""What a page answers that is asked for without what it is about; the others show something."""
READS_ALONE = {("auditor", "/retention/campaigns/new"), ("auditor", "/retention/missions/edit")}
"""Who sees a desk and not a page on which something is written."""
PARTS = {"/copilot/nudges"}
"""What is put into a page, and is none itself."""
UNLISTED = {"/members"}
"""Desks that no page lists: a member is come to from elsewhere."""
EVERYBODY = {"/", "/password"}


def routes_of(app: Any) -> set[str]:
    while not hasattr(app, "routes"):
        app = app._app
    assert all(isinstance(route, Route | Mount) for route in app.routes)
    return {route.path for route in app.routes}


def test_every_page_is_in_the_table(house: House) -> None:
    """A page that somebody adds says here who may see it."""
    assert routes_of(house.app) == set(PAGES)
    assert set(DESKS) - UNLISTED <= set(PAGES)


def test_nobody_sees_a_page_without_a_session(house: House) -> None:
    """He is sent to sign in, and back to where he wanted to go; nothing is told meanwhile."""
    with house.browser() as browser:
        for route, path in PAGES.items():
            if route in WITHOUT_SESSION:
                continue
            answer = browser.get(path)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/sign-in"), path
            assert "acme" not in answer.text.lower()
            posted = browser.post(path, data={"csrf": "x"})
            assert posted.status_code == 401, path
        wanted = browser.get("/review?program=acme&page=2").headers["location"]
        assert wanted == "/sign-in?next=%2Freview%3Fprogram%3Dacme%26page%3D2"


@pytest.mark.parametrize("role", PEOPLE)
def test_a_role_sees_its_own_desks(house: House, role: str) -> None:
    """Other desks are a 403, and no page shows a link to them."""
    with house.browser(role) as browser:
        for route, path in PAGES.items():
            if route in WITHOUT_SESSION or route == "/sign-out":
                continue
            desk = next((desk for desk in DESKS if route.startswith(desk)), None)
            answer = browser.get(path)
            if desk is not None and role not in DESKS[desk]:
                assert answer.status_code == 403, path
            else:
                usual = 404 if (role, route) in READS_ALONE else 200
                assert answer.status_code == UNUSUAL.get(route, usual), (path, answer.text)
            if answer.status_code == 303:
                continue
            if route in PARTS:
                continue
            shown = set(re.findall(r'href="(/[a-z]+)"', answer.text)) & set(DESKS) - UNLISTED
            assert shown == {desk for desk, own in DESKS.items() if role in own} - UNLISTED, path
        assert browser.get("/a-page-made-tomorrow").status_code == 404
        doubled = f"{str(browser.base_url).rstrip('/')}//review"
        assert browser.get(doubled).status_code == 404


def test_another_program_does_not_exist(house: House) -> None:
    """Neither its pages, nor its cases, nor its members, nor its name."""
    with house.browser("other") as browser:
        for path in ("/review?program=acme", "/review/acme/h-1", "/review/h-1",
                     "/retention?program=acme&member=m-4", "/copilot?program=acme"):
            answer = browser.get(path)
            assert answer.status_code == 404, path
            assert "Acme Electricians" not in answer.text
        for path in ("/", "/review", "/retention", "/copilot"):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert "acme" not in answer.text.lower(), path
        nowhere, other = (browser.get(f"/review?program={name}") for name in ("nowhere", "acme"))
        assert nowhere.text.replace("nowhere", "acme") == other.text
    with house.browser("both") as browser:
        assert browser.get("/retention?program=acme").status_code == 200
        assert browser.get("/retention?program=globex").status_code == 404
        assert browser.get("/review?program=globex").status_code == 200
        assert "Globex Fans" in browser.get("/review").text
    with house.browser("none") as browser:
        assert "no role" in browser.get("/").text
        assert browser.get("/review").status_code == 403


def test_roles_act_on_the_next_page(house: House) -> None:
    """Nobody must sign in again to lose a role, nor to lose all."""
    act(house.home, "add", "leaving", ["manager@acme"], None, 1, password=WORD)
    with house.browser("leaving") as browser:
        assert browser.get("/review").status_code == 200
        act(house.home, "roles", "leaving", ["marketer@acme"], None, 1)
        assert browser.get("/review").status_code == 403
        act(house.home, "disable", "leaving", [], None, 1)
        assert browser.get("/retention").status_code == 303


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://127.0.0.1:1"},
])
def test_a_form_of_another_site_is_refused(house: House, headers: dict[str, str]) -> None:
    """Whatever token it carries; signing in and out are forms too."""
    with house.browser("manager") as browser:
        token = house.csrf_of(browser, "/review")
        answer = browser.post("/sign-out", data={"csrf": token}, headers=headers)
        assert answer.status_code == 403
        assert browser.get("/review").status_code == 200
    with house.browser() as browser:
        form = {"name": "manager", "password": WORD, "csrf": house.csrf_of(browser)}
        answer = browser.post("/sign-in", data=form, headers=headers)
        assert answer.status_code == 403
        assert "jaga" not in browser.cookies


def test_a_form_needs_the_token_of_its_own_session(house: House) -> None:
    """None, another's, another session's of the same person, or one of before he signed in."""
    with house.browser("manager") as browser, house.browser("manager") as another:
        own = {"Origin": str(browser.base_url).rstrip("/")}
        before = browser.cookies.get("jaga-form") or ""
        for token in ("", "x", house.csrf_of(another, "/review"), before,
                      house.csrf_of(httpx.Client(base_url=browser.base_url))):
            answer = browser.post("/sign-out", data={"csrf": token}, headers=own)
            assert answer.status_code == 403, token
        assert browser.post("/sign-out", headers=own).status_code in (400, 403)
        token = house.csrf_of(browser, "/review")
        assert browser.post("/sign-out", json={"csrf": token}, headers=own).status_code == 400
        assert browser.post("/sign-out", data={"csrf": token}, headers=own).status_code == 303
        assert browser.get("/review").status_code == 303


def test_a_large_form_is_refused(house: House) -> None:
    """Announced or not, it is not read."""
    with house.browser() as browser:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert browser.post("/sign-in", content=b"a=" + b"x" * 30_000,
                            headers=form).status_code == 413
        chunks = (b"x" * 1000 for _ in range(30))
        assert browser.post("/sign-in", content=chunks, headers=form).status_code == 413
        many = b"&".join(b"a=1" for _ in range(100))
        assert browser.post("/sign-in", content=many, headers=form).status_code == 400
