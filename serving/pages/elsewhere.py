"""Signing in elsewhere: to the provider of OpenID Connect and back."""

from __future__ import annotations

import base64
import binascii
import logging
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from features.errors import JagaError, NotFound
from serving.errors import Unauthorised, status_of
from serving.identity.forms import local_path
from serving.pages import cookies
from serving.pages.entry import address_of, own_origin
from serving.pages.paths import BACK

if TYPE_CHECKING:
    from starlette.requests import Request

    from serving.identity.openid import Flow, OpenId
    from serving.pages.entry import Entry
    from serving.pages.shelf import Shelf

log = logging.getLogger("jaga.pages")
FLOW_S: Final = 600
"""Seconds that somebody may take at the provider."""
FOUND: Final = 302


class Elsewhere:
    """The two pages of signing in by a provider."""

    def __init__(self, entry: Entry, shelf: Shelf) -> None:
        self._entry = entry
        self._shelf = shelf

    @cached_property
    def _openid(self) -> OpenId:
        """The provider's client; its packages are loaded where there is a provider only."""
        from serving.identity.openid import OpenId

        provider = self._entry.settings.provider
        if provider is None:
            raise NotFound("a provider of OpenID Connect", "none", "sign in with a password")
        return OpenId(provider)

    async def go(self, request: Request) -> Response:
        """Send a browser to the provider."""
        then = local_path(request.query_params.get("next", "/"))
        openid = self._openid
        try:
            url, flow = await run_in_threadpool(openid.begin, self._back(request), then)
        except JagaError as error:
            return await self._failed(request, error)
        answer = RedirectResponse(url, FOUND)
        cookies.put(request, answer, cookies.FLOW, _packed(flow), FLOW_S)
        return answer

    async def back(self, request: Request) -> Response:
        """Take a browser back, and let its person in."""
        openid = self._openid
        try:
            flow = _unpacked(cookies.read(request, cookies.FLOW))
            token = await run_in_threadpool(self._enter, openid, request, flow)
        except JagaError as error:
            return await self._failed(request, error)
        answer = self._entry.welcome(request, token, local_path(flow.then))
        cookies.drop(request, answer, cookies.FLOW)
        return answer

    def _enter(self, openid: OpenId, request: Request, flow: Flow) -> str:
        from serving.identity.claims import admit_claims

        self._entry.sign_in.slow_down(address_of(request))
        claims = openid.finish(request.query_params, flow, self._back(request))
        person = admit_claims(self._shelf.database, openid.provider, claims,
                              self._shelf.programs(), self._entry.clock())
        return self._entry.sessions.open(person.user_id, self._entry.clock(),
                                         cookies.read(request, cookies.SESSION))

    def _back(self, request: Request) -> str:
        """Say where the provider sends a browser back to: what people see, behind a proxy too."""
        pages = self._entry.settings.pages_url
        origin = pages.rstrip("/") if pages.startswith("https://") else own_origin(request)
        return f"{origin}{BACK}"

    async def _failed(self, request: Request, error: JagaError) -> Response:
        log.warning("somebody could not sign in by the provider: %s", error.wanted)
        answer = await self._entry.door(request, status_of(error), "signin.provider_failed", "/",
                                        label=self._openid.provider.label)
        cookies.drop(request, answer, cookies.FLOW)
        return answer


def _packed(flow: Flow) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(flow)).decode()


def _unpacked(text: str) -> Flow:
    from serving.identity.openid import Flow

    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=Flow)
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise Unauthorised("a browser that was sent to the provider", "another",
                           "sign in again") from error
