"""OpenID Connect: the authorization code flow with PKCE, and every check of what comes back."""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

import httpx
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from features.errors import Unavailable
from serving.errors import Unauthorised
from serving.provider import is_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from serving.provider import Provider

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                     "ES512", "EdDSA", "Ed25519"]
"""Signatures by a key that only the provider has; a shared secret proves nothing here."""
LEEWAY_S: Final = 60
"""How far the provider's clock may be from ours."""
FRESH_S: Final = 3600.0
"""How long the provider's document is trusted."""
RENEW_S: Final = 30.0
"""A token signed by an unknown key makes us ask for the keys again, not more often than this."""
TIMEOUT_S: Final = 5.0
VERIFIER_LENGTH: Final = 64
LARGEST: Final = 1_000_000
"""Bytes of an answer that is read."""


@dataclass(frozen=True)
class Flow:
    """One attempt to sign in, kept by the browser until it comes back."""

    state: str
    nonce: str
    verifier: str
    then: str = "/"


class OpenId:
    """Sends people to their provider, and checks who comes back.

    Parameters
    ----------
    provider : Provider
    seconds : callable
        Seconds since 1970, by which tokens expire.
    """

    def __init__(self, provider: Provider, seconds: Callable[[], float] = time.time) -> None:
        self.provider = provider
        self._tls = ssl.create_default_context()
        self._seconds = seconds
        self._document: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._lock = threading.Lock()

    def begin(self, back: str, then: str) -> tuple[str, Flow]:
        """Say where to send a browser, and what it must keep meanwhile.

        Parameters
        ----------
        back : str
            Where the provider sends it back to.
        then : str
            The page it wanted.

        Raises
        ------
        Unavailable
            A provider that does not answer, or not as one.
        """
        flow = Flow(generate_token(32), generate_token(32), generate_token(VERIFIER_LENGTH), then)
        url = prepare_grant_uri(
            self._endpoint("authorization_endpoint"), self.provider.client_id, "code",
            redirect_uri=back, scope=self.provider.scope, state=flow.state, nonce=flow.nonce,
            code_challenge=create_s256_code_challenge(flow.verifier), code_challenge_method="S256")
        return str(url), flow

    def finish(self, answer: Mapping[str, str], flow: Flow, back: str) -> dict[str, Any]:
        """Check what a browser brought back, and return the claims about its person.

        Raises
        ------
        Unauthorised
            Another browser's answer, another issuer's, a refusal, or a token that is none.
        Unavailable
            A provider that does not answer.
        """
        document = self._discovered()
        issuer = answer.get("iss")
        must_name = document.get("authorization_response_iss_parameter_supported") is True
        if answer.get("state") != flow.state or "code" not in answer or (
                issuer != self.provider.issuer if issuer or must_name else False):
            raise _refused("an answer of the provider to this browser", "another, or a refusal")
        tokens = self._exchange(answer["code"], flow.verifier, back)
        claims = self._checked(tokens, flow.nonce)
        return self._completed(claims, tokens)

    def _exchange(self, code: str, verifier: str, back: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back,
                "code_verifier": verifier}
        ways = self._discovered().get("token_endpoint_auth_methods_supported")
        auth = None
        if ways is None or "client_secret_basic" in ways:
            # RFC 6749, section 2.3.1: both are written as in a form first
            auth = httpx.BasicAuth(quote_plus(self.provider.client_id),
                                   quote_plus(self.provider.client_secret))
        else:
            form |= {"client_id": self.provider.client_id,
                     "client_secret": self.provider.client_secret}
        return self._asked("POST", self._endpoint("token_endpoint"), data=form, auth=auth)

    def _checked(self, tokens: dict[str, Any], nonce: str) -> CodeIDToken:
        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise _refused("an id token", "none")
        try:
            decoded = self._decoded(token)
            claims = CodeIDToken(
                decoded.claims, decoded.header,
                {"iss": {"essential": True, "value": self.provider.issuer},
                 "aud": {"essential": True, "value": self.provider.client_id},
                 "sub": {"essential": True}, "nonce": {"essential": True, "value": nonce}},
                {"client_id": self.provider.client_id, "nonce": nonce,
                 "access_token": tokens.get("access_token")})
            claims.validate(now=int(self._seconds()), leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise _refused("an id token that holds", type(error).__name__) from error
        return claims

    def _decoded(self, token: str) -> jwt.Token:
        """Check the signature; the provider may have new keys since we asked for them."""
        try:
            return jwt.decode(token, self._key_set(FRESH_S), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, self._key_set(RENEW_S), algorithms=ALGORITHMS)

    def _completed(self, claims: CodeIDToken, tokens: dict[str, Any]) -> dict[str, Any]:
        """Add what the provider tells of a person only when it is asked."""
        found = dict(claims)
        endpoint = self._discovered().get("userinfo_endpoint")
        has_all = "email" in found and (not self.provider.grants or self.provider.claim in found)
        if has_all or not endpoint or "access_token" not in tokens:
            return found
        more = self._asked("GET", self._endpoint("userinfo_endpoint"),
                           headers={"Authorization": f"Bearer {tokens['access_token']}"})
        if more.get("sub") != found["sub"]:
            raise _refused("the same person twice", "two persons")
        return more | found

    def _key_set(self, fresh_s: float) -> KeySet:
        with self._lock:
            now = time.monotonic()
            if self._keys is None or now - self._keys[0] > fresh_s:
                answer = self._asked("GET", self._endpoint("jwks_uri"))
                self._keys = (now, KeySet.import_key_set(answer))  # type: ignore[arg-type]
            return self._keys[1]

    def _endpoint(self, name: str) -> str:
        url = self._discovered().get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise _silent(f"a {name} that is reached by TLS", "another")
        return url

    def _discovered(self) -> dict[str, Any]:
        now = time.monotonic()
        if self._document is None or now - self._document[0] > FRESH_S:
            path = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
            answer = self._asked("GET", path)
            if answer.get("issuer") != self.provider.issuer:
                raise _silent("a document of the issuer that JAGA_OIDC_ISSUER names", "another's")
            self._document = (now, answer)
        return self._document[1]

    def _asked(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """Ask the provider, and nobody else: no redirect is followed, no proxy of the shell's."""
        try:
            with httpx.Client(verify=self._tls, timeout=TIMEOUT_S, trust_env=False) as client:
                answer = client.request(method, url, **more)
            body = answer.json() if len(answer.content) <= LARGEST else None
        except (httpx.HTTPError, ValueError) as error:
            raise _silent("an answer of the provider", type(error).__name__) from error
        if 400 <= answer.status_code < 500:
            raise _refused("a code that the provider takes", f"status {answer.status_code}")
        if answer.status_code != 200 or not isinstance(body, dict):
            raise _silent("an answer of the provider", f"status {answer.status_code}")
        return body


def _refused(wanted: str, came: str) -> Unauthorised:
    return Unauthorised(wanted, came, "sign in again")


def _silent(wanted: str, came: str) -> Unavailable:
    return Unavailable(wanted, came, "try again in a moment, or sign in with a password")
