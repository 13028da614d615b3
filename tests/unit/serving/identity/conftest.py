"""Pages with people, and a provider of OpenID Connect: small, over real HTTP, and strict."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import shutil
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_plus, urlencode

import pytest
from argon2 import PasswordHasher
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from features.exports.program import Program
from features.store.home import Home
from serving.identity import passwords
from serving.identity.administering import act
from serving.pages.app import build
from serving.pages.shelf import Shelf
from serving.roles import PEOPLE
from tests.unit.serving.identity.house import WORD, House

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

CLIENT = "jaga of acme"
SECRET = "s3cret: with/odd+letters"


@cache
def first_key() -> RSAKey:
    """The key of every provider here: making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False)


@dataclass
class FakeProvider:
    """Signs in whoever `person` says; a test bends one thing at a time."""

    issuer: str = ""
    client: str = CLIENT
    secret: str = SECRET
    person: dict[str, Any] = field(default_factory=lambda: {
        "sub": "p-17", "email": "rina@acme.example", "email_verified": True})
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    sign_with: Any = None
    algorithm: str = "RS256"
    answer: dict[str, str] = field(default_factory=dict)
    is_down: bool = False
    basic: bool = True

    def __post_init__(self) -> None:
        self.key = first_key()
        self.grants: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        self.app = Starlette(routes=[
            Route("/.well-known/openid-configuration", self.document),
            Route("/authorize", self.authorize), Route("/userinfo", self.about),
            Route("/token", self.token, methods=["POST"]), Route("/keys", self.keys),
        ])

    async def document(self, request: Request) -> Response:
        if self.is_down:
            return JSONResponse({"error": "no"}, 500)
        found: dict[str, Any] = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic" if self.basic else "client_secret_post"]}
        if self.userinfo is not None:
            found["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        return JSONResponse(found)

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        wrong = (asked.get("client_id") != CLIENT or asked.get("response_type") != "code"
                 or asked.get("code_challenge_method") != "S256"
                 or "openid" not in asked.get("scope", "").split() or not asked.get("nonce"))
        if wrong:
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe()
        self.grants[code] = asked
        back = {"code": code, "state": asked["state"], **self.answer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def token(self, request: Request) -> Response:
        fields = parse_qs((await request.body()).decode())
        form = {name: values[0] for name, values in fields.items()}
        asked = self.grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (asked is None or asked["redirect_uri"] != form.get("redirect_uri")
                or asked["code_challenge"] != challenge
                or form.get("grant_type") != "authorization_code"):
            return JSONResponse({"error": "invalid_grant"}, 400)
        if self._client(request, form) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        access = secrets.token_urlsafe()
        self.tokens.add(access)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300,
                  "nonce": asked["nonce"], **self.person, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        return JSONResponse({"access_token": access, "token_type": "Bearer",
                             "id_token": self.signed(claims)})

    def signed(self, claims: dict[str, Any]) -> str:
        if self.algorithm == "none":
            parts = [base64.urlsafe_b64encode(text.encode()).decode().rstrip("=") for text in (
                '{"alg":"none"}', json.dumps(claims))]
            return ".".join([*parts, ""])
        key = self.sign_with or self.key
        header = {"alg": self.algorithm}
        if not isinstance(key, OctKey):
            header["kid"] = key.kid or "one"
        return jwt.encode(header, claims, key, algorithms=[self.algorithm])

    def _client(self, request: Request, form: dict[str, str]) -> tuple[str, str]:
        if not self.basic:
            return form.get("client_id", ""), form.get("client_secret", "")
        _, _, word = request.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(word).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)

    async def about(self, request: Request) -> Response:
        _, _, access = request.headers.get("authorization", "").partition(" ")
        if access not in self.tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return JSONResponse(self.userinfo)

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """The cheapest parameters of the same hash: what is tested is not how slow it is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
        passwords._nobody.cache_clear()
        yield
    passwords._nobody.cache_clear()


@pytest.fixture
def provider(serving_app: Any) -> Iterator[FakeProvider]:
    """A provider that listens."""
    made = FakeProvider()
    with serving_app(made.app) as client:
        made.issuer = str(client.base_url).rstrip("/")
        yield made


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
