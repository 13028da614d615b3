"""Signing in by a provider of OpenID Connect, over HTTP, and everything that must not work."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey

from features.exports.program import Program
from features.store.home import Home
from serving.identity import openid
from serving.identity.administering import act
from serving.identity.users import known_person
from serving.pages.app import build
from serving.pages.shelf import Shelf
from serving.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")
"""The server's own dependencies warn of their futures."""
COOKIE = "jaga"


class House:
    """Pages over a home of two programs, which know the provider."""

    def __init__(self, path: Path, provider: Any, serving_app: Any) -> None:
        self.home = Home(path)
        for program in ("acme", "globex"):
            self.home.create(Program(program_id=program))
        self.provider = provider
        self._serving_app = serving_app

    @contextmanager
    def browser(self, roles: str = "") -> Iterator[httpx.Client]:
        env = {"JAGA_OIDC_ISSUER": self.provider.issuer, "JAGA_OIDC_NAME": "Acme ID",
               "JAGA_OIDC_CLIENT_ID": self.provider.client,
               "JAGA_OIDC_CLIENT_SECRET": self.provider.secret, "JAGA_OIDC_ROLES": roles}
        settings = Settings(provider=read_settings(env).provider)
        with self._serving_app(build(Shelf(self.home.path), "", settings)) as client:
            yield client

    def enter(self, browser: httpx.Client, bend: Callable[[httpx.URL], httpx.URL] = lambda url: url
              ) -> httpx.Response:
        """Go to the provider and back."""
        away = browser.get("/sign-in/provider?next=/copilot")
        assert away.status_code == 302, away.text
        assert away.headers["location"].startswith(f"{self.provider.issuer}/authorize?")
        back = httpx.get(away.headers["location"])
        assert back.status_code == 302, back.text
        return browser.get(bend(httpx.URL(back.headers["location"])))

    def add(self, name: str = "rina@acme.example") -> None:
        act(self.home, "add", name, ["manager@acme"], None, 1, by_provider=True)


@pytest.fixture
def house(tmp_path: Path, provider: Any, serving_app: Any) -> Iterator[House]:
    house = House(tmp_path, provider, serving_app)
    yield house
    house.home.close()


def test_a_person_comes_in_by_his_verified_address(house: House) -> None:
    """The page says so, the browser goes and comes back, and the page he wanted opens."""
    house.add()
    with house.browser() as browser:
        assert "Sign in with Acme ID" in browser.get("/sign-in").text
        answer = house.enter(browser)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/copilot"
        cookies = answer.headers.get_list("set-cookie")
        session = next(cookie for cookie in cookies if cookie.startswith(f"{COOKIE}="))
        assert "httponly" in session.lower()
        assert "samesite=lax" in session.lower()
        assert "rina@acme.example" in browser.get("/").text
        assert browser.get("/retention").status_code == 403
        assert browser.get("/password").status_code == 404


def test_he_is_known_by_the_provider_s_own_name_from_then_on(house: House) -> None:
    """His address may change, and who gets the old one is not him."""
    house.add()
    with house.browser() as browser:
        assert house.enter(browser).status_code == 303
        house.provider.person["email"] = "rina.new@acme.example"
        browser.cookies.clear()
        assert house.enter(browser).status_code == 303
        house.provider.person = {"sub": "p-99", "email": "rina@acme.example",
                                 "email_verified": True}
        browser.cookies.clear()
        assert house.enter(browser).status_code == 401


def _hmac(provider: Any) -> None:
    provider.sign_with = OctKey.import_key(provider.secret * 2)
    provider.algorithm = "HS256"


BENT: dict[str, Callable[[Any], Any]] = {
    "another's nonce": lambda p: p.claims.update(nonce="another"),
    "no nonce": lambda p: p.claims.update(nonce=None),
    "another issuer": lambda p: p.claims.update(iss="https://evil.example"),
    "another audience": lambda p: p.claims.update(aud="another client"),
    "many audiences, another party": lambda p: p.claims.update(
        aud=[p.client, "another"], azp="another"),
    "expired": lambda p: p.claims.update(exp=int(time.time()) - 600),
    "no end": lambda p: p.claims.update(exp=None),
    "not yet": lambda p: p.claims.update(iat=int(time.time()) + 3600),
    "nobody": lambda p: p.claims.update(sub=None),
    "unsigned": lambda p: setattr(p, "algorithm", "none"),
    "signed by the secret": _hmac,
    "signed by a stranger": lambda p: setattr(
        p, "sign_with", RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False)),
    "address not verified": lambda p: p.person.update(email_verified=False),
    "address said to be verified": lambda p: p.person.update(email_verified="true"),
    "no address": lambda p: p.person.update(email=None),
    "another address": lambda p: p.person.update(email="budi@acme.example"),
    "another issuer's answer": lambda p: p.answer.update(iss="https://evil.example"),
    "wrong access token": lambda p: p.claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "a refusal": lambda p: p.answer.update(code="", error="access_denied"),
}


@pytest.mark.parametrize("name", BENT)
def test_what_is_wrong_with_a_token_lets_nobody_in(house: House, name: str) -> None:
    """Each check of the flow refuses by itself; the page says so, and no session is made."""
    house.add()
    BENT[name](house.provider)
    with house.browser() as browser:
        answer = house.enter(browser)
        assert answer.status_code == 401, answer.text
        assert "Acme ID did not let you in here" in answer.text
        assert COOKIE not in browser.cookies
    with house.home.database.reading() as store:
        assert store.rows("SELECT COUNT(*) FROM sessions") == [(0,)]
        assert store.rows("SELECT openid FROM users") == [(None,)]


def test_an_answer_belongs_to_the_browser_that_asked(house: House) -> None:
    """Another state, no cookie of the attempt, a broken one, or a code used twice: nobody."""
    house.add()
    with house.browser() as browser:
        assert house.enter(browser, lambda url: url.copy_set_param("state", "x")).status_code == 401
        assert house.enter(browser, lambda url: url.copy_remove_param("state")).status_code == 401
        assert browser.get("/sign-in/provider/back?code=x&state=y").status_code == 401
        browser.cookies.set("jaga-flow", "bm9uc2Vuc2U=")
        assert browser.get("/sign-in/provider/back?code=x&state=y").status_code == 401
        browser.cookies.clear()
        urls: list[httpx.URL] = []

        def keep(url: httpx.URL) -> httpx.URL:
            urls.append(url)
            return url

        assert house.enter(browser, keep).status_code == 303
        assert httpx.get(urls[0]).status_code == 401
        assert browser.get(urls[0]).status_code == 401


def test_a_disabled_person_stays_out(house: House) -> None:
    """The provider lets him in, and we do not."""
    house.add()
    act(house.home, "disable", "rina@acme.example", [], None, 1)
    with house.browser() as browser:
        assert house.enter(browser).status_code == 401


@pytest.mark.parametrize("roles", ["", "desk=admin@acme"])
def test_who_has_a_password_is_nobody_to_the_provider(house: House, roles: str) -> None:
    """An account with a password stays its own, even of the same address, group or no group."""
    act(house.home, "add", "rina@acme.example", ["manager@acme"], None, 1)
    house.provider.person["groups"] = ["desk"]
    with house.browser(roles) as browser:
        assert house.enter(browser).status_code == 401
        assert COOKIE not in browser.cookies
    assert known_person(house.home.database, "rina@acme.example").openid is None
    assert _roles(house) == {("acme", "manager")}


def test_groups_give_roles_at_every_sign_in(house: House) -> None:
    """Somebody new comes in by his group, moves with it, and is out when he has none."""
    roles = "jaga desk=manager@acme"  # a group's name may not hold a space
    with pytest.raises(Exception, match="JAGA_OIDC_ROLES"), house.browser(roles):
        pass
    roles = "desk=manager@acme mail=marketer@acme mail=auditor@globex boss=admin@nowhere"
    house.provider.person["groups"] = ["desk", "others"]
    with house.browser(roles) as browser:
        assert house.enter(browser).status_code == 303
        assert _roles(house) == {("acme", "manager")}
        house.provider.person["groups"] = "mail"
        assert house.enter(browser).status_code == 303
        assert _roles(house) == {("acme", "marketer"), ("globex", "auditor")}
        assert browser.get("/review?program=globex").status_code == 200
        assert browser.get("/review?program=acme").status_code == 404
        house.provider.person["groups"] = ["boss"]
        browser.cookies.clear()
        assert house.enter(browser).status_code == 401
        assert _roles(house) == set()


def _roles(house: House) -> set[tuple[str, str]]:
    return set(known_person(house.home.database, "rina@acme.example").roles)


def test_somebody_new_never_takes_a_name_that_is_taken(house: House) -> None:
    """An address that is not verified gives no name; a verified one of somebody bound neither."""
    house.provider.person |= {"groups": ["desk"], "email_verified": False}
    with house.browser("desk=manager@acme") as browser:
        assert house.enter(browser).status_code == 303
        house.provider.person |= {"sub": "p-18", "email_verified": True}
        assert house.enter(browser).status_code == 303
        house.provider.person["sub"] = "p-19"
        browser.cookies.clear()
        assert house.enter(browser).status_code == 401
    names = act(house.home, "list", None, [], None, 1)["users"]
    assert sorted(name[:7] for name in names) == ["openid-", "rina@ac"]


def test_what_the_token_does_not_say_is_asked_for(house: House) -> None:
    """Many providers tell the address to who asks with the access token; of the same person."""
    house.add()
    house.provider.person = {"sub": "p-17"}
    house.provider.userinfo = {"sub": "p-17", "email": "rina@acme.example", "email_verified": True}
    house.provider.basic = False
    with house.browser() as browser:
        assert house.enter(browser).status_code == 303
        house.provider.userinfo = house.provider.userinfo | {"sub": "p-18"}
        browser.cookies.clear()
        assert house.enter(browser).status_code == 401


def test_a_provider_may_change_its_keys(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token signed by a key we have not seen makes us ask for the keys again, but not always."""
    house.add()
    with house.browser() as browser:
        assert house.enter(browser).status_code == 303
        house.provider.key = RSAKey.generate_key(2048, {"kid": "two"}, auto_kid=False)
        assert house.enter(browser).status_code == 401
        monkeypatch.setattr(openid, "RENEW_S", -1.0)
        assert house.enter(browser).status_code == 303


def test_a_provider_that_is_down_closes_its_own_door_only(
    house: House, csrf_of: Callable[..., str]
) -> None:
    """The page says so, and who has a password signs in by it."""
    made = act(house.home, "add", "budi", ["admin@acme"], None, 1)
    house.provider.is_down = True
    with house.browser() as browser:
        answer = browser.get("/sign-in/provider")
        assert answer.status_code == 503
        assert "Acme ID did not let you in here" in answer.text
        fields = {"name": "budi", "password": made["password"], "csrf": csrf_of(browser)}
        assert browser.post("/sign-in", data=fields).status_code == 303


def test_without_a_provider_its_pages_are_not_there(
    house: House, serving_app: Any
) -> None:
    """No link, no page."""
    with serving_app(build(Shelf(house.home.path))) as browser:
        assert "/sign-in/provider" not in browser.get("/sign-in").text
        assert browser.get("/sign-in/provider").status_code == 404
        assert browser.get("/sign-in/provider/back?code=x&state=y").status_code == 404


@pytest.mark.parametrize("wrong", [
    {"JAGA_OIDC_ISSUER": "http://id.acme.example"}, {"JAGA_OIDC_ISSUER": "id.acme.example"},
    {"JAGA_OIDC_CLIENT_ID": ""}, {"JAGA_OIDC_CLIENT_SECRET": ""},
    {"JAGA_OIDC_ROLES": "desk=king@acme"}, {"JAGA_OIDC_ROLES": "desk=points-engine@acme"},
    {"JAGA_OIDC_ROLES": "desk=manager"}, {"JAGA_OIDC_ROLES": "manager@acme"},
])
def test_settings_that_can_not_be_are_refused(wrong: dict[str, str]) -> None:
    """The sentence names the variable, never the secret."""
    env = {"JAGA_OIDC_ISSUER": "https://id.acme.example", "JAGA_OIDC_CLIENT_ID": "jaga",
           "JAGA_OIDC_CLIENT_SECRET": "very-secret"}
    assert read_settings(env).provider is not None
    assert "very-secret" not in repr(read_settings(env))
    with pytest.raises(Exception, match=next(iter(wrong))) as refused:
        read_settings(env | wrong)
    assert "very-secret" not in str(refused.value)
