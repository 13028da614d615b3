"""The door of the pages: forms, cookies, roles, and every page for every role."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.routing import Mount, Route

from features.exports.program import Program
from features.store.home import Home
from serving.identity.administering import act
from serving.pages.app import build
from serving.pages.shelf import Shelf
from serving.roles import DESKS, PEOPLE
from serving.serve import _environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
WORD = "eleven brown geese walking"
PAGES = {
    "/": "/", "/review": "/review", "/review/{rest:path}": "/review/acme/nothing",
    "/retention": "/retention", "/copilot": "/copilot", "/password": "/password",
    "/sign-out": "/sign-out", "/sign-in": "/sign-in", "/sign-in/provider": "/sign-in/provider",
    "/sign-in/provider/back": "/sign-in/provider/back", "/readyz": "/readyz",
    "/static": "/static/jaga.css",
}
"""How each route is asked for; a page that somebody adds is added here, or the build fails."""
WITHOUT_SESSION = {"/readyz", "/static", "/sign-in", "/sign-in/provider", "/sign-in/provider/back"}
EVERYBODY = {"/", "/password"}


class House:
    """Pages over two programs, and people of each role."""

    def __init__(self, home: Home, app: Any, serving_app: Any, csrf_of: Any) -> None:
        self.home = home
        self.app = app
        self._serving_app = serving_app
        self.csrf_of = csrf_of

    @contextmanager
    def browser(self, name: str = "") -> Iterator[httpx.Client]:
        with self._serving_app(self.app) as client:
            if name:
                answer = self.sign_in(client, name)
                assert answer.status_code == 303, answer.text
            yield client

    def sign_in(self, client: httpx.Client, name: str, password: str = WORD, **fields: str
                ) -> httpx.Response:
        form = {"name": name, "password": password, "csrf": self.csrf_of(client), **fields}
        return client.post("/sign-in", data=form)


@pytest.fixture(scope="module")
def house(
    made: Any, serving_app: Any, csrf_of: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    path = tmp_path_factory.mktemp("door") / "home"
    shutil.copytree(made.path, path)
    home = Home(path)
    home.create(Program(program_id="globex", name="Globex Fans"))
    for role in PEOPLE:
        act(home, "add", role, [f"{role}@acme"], None, 1, password=WORD)
    act(home, "add", "other", ["admin@globex"], None, 1, password=WORD)
    act(home, "add", "both", ["marketer@acme", "manager@globex"], None, 1, password=WORD)
    act(home, "add", "none", ["manager@acme"], None, 1, password=WORD)
    act(home, "roles", "none", [], None, 1)
    yield House(home, build(Shelf(path), "http://127.0.0.1:3000"), serving_app, csrf_of)
    home.close()


def routes_of(app: Any) -> set[str]:
    while not hasattr(app, "routes"):
        app = app._app
    assert all(isinstance(route, Route | Mount) for route in app.routes)
    return {route.path for route in app.routes}


def test_every_page_is_in_the_table(house: House) -> None:
    """A page that somebody adds says here who may see it."""
    assert routes_of(house.app) == set(PAGES)
    assert set(DESKS) <= set(PAGES)


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
                wanted = 404 if route == "/review/{rest:path}" else 200
                assert answer.status_code == wanted, (path, answer.text)
            shown = set(re.findall(r'href="(/[a-z]+)"', answer.text)) & set(DESKS)
            assert shown == {desk for desk, roles in DESKS.items() if role in roles}, path
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
        assert nowhere.text == other.text
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


@pytest.mark.parametrize("then", [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
    "javascript:alert(1)", "/review\r\nSet-Cookie: a=b", "http:evil", "/\t/evil.example", ""])
def test_a_sign_in_leads_nowhere_else(house: House, then: str) -> None:
    """The page he wanted is one of ours, or it is the first one."""
    with house.browser() as browser:
        answer = house.sign_in(browser, "manager", next=then)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/"
        assert "a" not in browser.cookies


def test_cookies_are_out_of_reach(house: House) -> None:
    """Of scripts, of other sites, of the disk; signing in makes a new one, signing out none."""
    with house.browser() as browser:
        answer = house.sign_in(browser, "manager", next="/review")
        assert answer.headers["location"] == "/review"
        cookie = next(one for one in answer.headers.get_list("set-cookie")
                      if one.startswith("jaga="))
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert parts == {"httponly", "path=/", "samesite=lax"}
        first = browser.cookies["jaga"]
        assert browser.get("/sign-in?next=/copilot").headers["location"] == "/copilot"
        fields = {"csrf": house.csrf_of(browser, "/review")}
        assert browser.post("/sign-out", data=fields).status_code == 303
        assert "jaga" not in browser.cookies
        browser.cookies.set("jaga", first)
        assert browser.get("/review").status_code == 303


def test_behind_a_trusted_proxy_everything_is_secure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its word for TLS is taken: cookies of this host alone, a year of TLS; another's is not."""
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1/32")
    with house.browser() as browser:
        page = browser.get("/sign-in", headers=headers)
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        cookie = page.headers["set-cookie"]
        assert cookie.startswith("__Host-jaga-form=")
        assert "secure" in cookie.lower()
        assert "domain" not in cookie.lower()
        token = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
        assert token is not None
        origin = str(browser.base_url).rstrip("/").replace("http:", "https:")
        sent = {**headers, "Cookie": cookie.split(";")[0], "Origin": origin}
        form = {"name": "manager", "password": WORD, "csrf": token.group(1)}
        answer = browser.post("/sign-in", data=form, headers=sent)
        assert answer.status_code == 303
        assert answer.headers["set-cookie"].startswith("__Host-jaga=")
        assert browser.post("/sign-in", data=form, headers={
            **sent, "Origin": origin.replace("https:", "http:")}).status_code == 403
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")
    with house.browser() as browser:
        page = browser.get("/sign-in", headers=headers)
        assert "strict-transport-security" not in page.headers
        assert page.headers["set-cookie"].startswith("jaga-form=")


def test_only_the_proxies_of_the_setting_are_believed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Both processes are told; without the setting nobody is believed, not even this machine."""
    monkeypatch.delenv("JAGA_TRUSTED_PROXIES", raising=False)
    assert _environment(tmp_path, "127.0.0.1", 3000)["FORWARDED_ALLOW_IPS"] == ""
    monkeypatch.setenv("JAGA_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")
    monkeypatch.setenv("JAGA_PAGES_URL", "https://desk.acme.example")
    told = _environment(tmp_path, "127.0.0.1", 3000)
    assert told["FORWARDED_ALLOW_IPS"] == "10.0.0.0/8,192.0.2.1"
    assert told["JAGA_PAGES_URL"] == "https://desk.acme.example"


def test_guessing_gets_a_page_that_says_when(
    house: House, serving_app: Any, csrf_of: Callable[..., str]
) -> None:
    """A wrong password is a 401 without a hint, the eleventh a 429 with the time to wait."""
    with serving_app(build(Shelf(house.home.path))) as browser:
        answers = [house.sign_in(browser, "manager", "wrong") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert "Too many attempts" in answers[-1].text
        unknown = house.sign_in(browser, "nobody", "wrong")
        texts = [re.sub(r'value="[0-9a-f]{64}"', "", page.text) for page in (answers[0], unknown)]
        assert texts[0] == texts[1]
        assert "WWW-Authenticate" not in answers[0].headers


def test_somebody_changes_his_password(house: House) -> None:
    """He gives the old one; every other session ends, and this browser stays in."""
    act(house.home, "add", "sari", ["manager@acme"], None, 1, password=WORD)
    new = "nine green boats sailing"
    with house.browser("sari") as browser, house.browser("sari") as another:
        def change(**fields: str) -> httpx.Response:
            form = {"current": WORD, "new": new, "again": new, **fields,
                    "csrf": house.csrf_of(browser, "/password")}
            return browser.post("/password", data=form)

        assert change(current="wrong").status_code == 401
        assert change(again="another").status_code == 400
        weak = change(new="sari-sari-sari", again="sari-sari-sari")
        assert weak.status_code == 400
        assert "too easy to guess" in weak.text
        assert another.get("/review").status_code == 200
        changed = change()
        assert changed.status_code == 303
        assert "is changed" in browser.get(changed.headers["location"]).text
        assert another.get("/review").status_code == 303
        assert house.sign_in(another, "sari").status_code == 401
        assert house.sign_in(another, "sari", new).status_code == 303


@pytest.mark.parametrize(("language", "words"), [
    ("id-ID,id;q=0.9,en;q=0.5", "Masuk"), ("es", "Entrar"), ("fr, es;q=0.4", "Entrar"),
    ("zz;q=much", "Sign in"), ("", "Sign in")])
def test_the_page_speaks_the_browser_s_language(
    house: House, language: str, words: str
) -> None:
    """Or the one that was chosen on it."""
    with house.browser() as browser:
        page = browser.get("/sign-in", headers={"Accept-Language": language})
        assert f"<h1>{words}</h1>" in page.text
        chosen = browser.get("/sign-in?language=id", headers={"Accept-Language": language})
        assert '<html lang="id">' in chosen.text


def test_the_page_is_as_closed_as_the_others(house: House) -> None:
    """No script, nothing from elsewhere, forms to ourselves alone."""
    with house.browser() as browser:
        page = browser.get("/sign-in")
        assert "<script" not in page.text
        assert " style=" not in page.text
        policy = page.headers["content-security-policy"]
        assert "form-action 'self'" in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        hostile = browser.get("/sign-in?next=/%22%3E%3Cscript%3E&language=%3Cscript%3E")
        assert "<script" not in hostile.text


def test_the_first_page_says_how_to_make_somebody(
    serving_app: Any, tmp_path: Path
) -> None:
    """A home with a program and nobody in it tells the command."""
    home = Home(tmp_path)
    home.create(Program(program_id="acme"))
    with serving_app(build(Shelf(tmp_path))) as browser:
        assert "jaga user add NAME --role admin" in browser.get("/sign-in").text
        act(home, "add", "rina", ["admin"], None, 1)
        assert "jaga user add" not in browser.get("/sign-in").text
    home.close()
