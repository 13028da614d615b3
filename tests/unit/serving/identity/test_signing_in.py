"""Signing in: where it leads, what the browser keeps, whose proxies are believed, what is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from features.exports.program import Program
from features.store.home import Home
from serving.identity.administering import act
from serving.pages.app import build
from serving.pages.shelf import Shelf
from serving.serve import _environment
from tests.unit.serving.identity.house import WORD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

    from tests.unit.serving.identity.house import House

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""


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
    """No script but our files, nothing from elsewhere, forms to ourselves alone."""
    with house.browser() as browser:
        page = browser.get("/sign-in")
        scripts = re.findall(r"<script[^>]*>", page.text)
        assert scripts
        assert all(script.startswith('<script src="/static/') for script in scripts)
        assert " style=" not in page.text
        policy = page.headers["content-security-policy"]
        assert "form-action 'self'" in policy
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        hostile = browser.get("/sign-in?next=/%22%3E%3Cscript%3E&language=%3Cscript%3E")
        assert "<script>" not in hostile.text


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
