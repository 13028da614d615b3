"""The running service as an assistant asks it: by GET, with the caller's key, and never else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import httpx

from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUTES: Final = frozenset({
    "/key", "/cases", "/cases/{case_id}", "/events/{event_id}", "/members",
    "/members/{member_id}", "/members/{member_id}/inactivity", "/nudges", "/campaigns",
    "/campaigns/{campaign_id}/results", "/lists", "/policy"})
"""All that is ever asked for. Each reads: the service's auditor, who changes nothing, has them."""
WAIT_S: Final = 10.0
"""The service answers or gives up within a second; the rest is for the way to it."""


class NotGiven(Exception):
    """The service said no, or nothing.

    Parameters
    ----------
    message : str
        What was wanted, what came, what to do, as the service said it.
    code : str
    field, expected : str or None
    """

    def __init__(self, message: str, code: str, field: str | None = None,
                 expected: str | None = None) -> None:
        super().__init__(message)
        self.body = {"code": code, "field": field, "message": message, "expected": expected}


class Service:
    """One program of a running service.

    Parameters
    ----------
    url : str
        Origin of the service, as ``http://127.0.0.1:3000``.
    key : str
        An API key; it names the program and what may be asked.
    transport : httpx.AsyncBaseTransport or None
        Another way to it than the network.

    Raises
    ------
    BadConfig
        An address that is none.

    Examples
    --------
    >>> import asyncio
    >>> told = httpx.MockTransport(lambda request: httpx.Response(200, json={
    ...     "asked": f"{request.method} {request.url.path}"}))
    >>> service = Service("http://jaga.example", "a-key", told)
    >>> asyncio.run(service.get("/cases/{case_id}", {"case_id": "s-1"}))
    {'asked': 'GET /v1/cases/s-1'}
    >>> asyncio.run(service.get("/cases/{case_id}/decisions", {"case_id": "s-1"}))
    Traceback (most recent call last):
    KeyError: '/cases/{case_id}/decisions is nothing that an assistant asks for'
    """

    def __init__(self, url: str, key: str, transport: httpx.AsyncBaseTransport | None = None
                 ) -> None:
        self._url = origin_of(url)
        self._key = key
        self._transport = transport
        self._role: dict[str, Any] | None = None

    async def get(self, route: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Read a route below ``/v1``; values that its path does not name go into the query.

        Raises
        ------
        NotGiven
            The service's refusal in its own words, or that there is no service.
        """
        if route not in ROUTES:
            raise KeyError(f"{route} is nothing that an assistant asks for")
        path = route.format_map({name: _part(str(value)) for name, value in values.items()})
        query = {name: value for name, value in values.items() if f"{{{name}}}" not in route}
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=WAIT_S) as client:
                answer = await client.get(f"{self._url}/v1{path}", params=query, headers={
                    "Authorization": f"Bearer {self._key}"})
        except httpx.HTTPError as error:
            raise NotGiven(f"Wanted a service that answers at {self._url}; came none "
                           f"({type(error).__name__}). To do: start it with jaga serve, or name "
                           "its address with --url.", "unavailable") from error
        return _read(answer)

    async def role(self) -> dict[str, Any]:
        """Tell the program and the role of the key; asked for once."""
        if self._role is None:
            found = await self.get("/key", {})
            if not isinstance(found.get("may"), list) or "program_id" not in found:
                raise _another(200)
            self._role = found
        return self._role


def _part(name: str) -> str:
    """Write an id as one part of a path; dots alone would lead out of it.

    >>> _part("a/b"), _part("..")
    ('a%2Fb', '%2E%2E')
    """
    return quote(name, safe="") if name.strip(".") else "%2E" * len(name)


def origin_of(url: str) -> str:
    """Check an address and leave out the slash at its end.

    >>> origin_of("https://jaga.acme.example/")
    'https://jaga.acme.example'
    >>> origin_of("jaga.acme.example")
    Traceback (most recent call last):
    features.errors.BadConfig: Wanted a http or https address without a user; came another text...
    """
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_web = False
    if not is_web or "@" in url or "?" in url or "#" in url:
        raise BadConfig("a http or https address without a user", "another text",
                        "write it as http://127.0.0.1:3000")
    return url.rstrip("/")


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
        if answer.is_success and isinstance(body, dict):
            return body
        told = body["error"]
        raise NotGiven(told["message"], told["code"], told["field"], told["expected"])
    except (ValueError, KeyError, TypeError):
        raise _another(answer.status_code) from None


def _another(status: int) -> NotGiven:
    return NotGiven(f"Wanted an answer of Jaga; came status {status} with another body. To do: "
                    "look at the address, and at what stands in between.", "unavailable")
