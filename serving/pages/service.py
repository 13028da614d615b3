"""The service as the pages ask it: in the name of a person, by his session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import httpx

from features.errors import BadInput, Conflict, JagaError, NotFound, Unavailable
from serving.errors import Forbidden, TooLarge, TooMany, Unauthorised
from serving.pages.look import session_of

if TYPE_CHECKING:
    from starlette.requests import Request

WAIT_S: Final = 8.0
"""Longer than the service takes to answer or to give up."""
MESSAGE: Final = re.compile(r"Wanted (.*); came (.*)\. To do: (.*)\.", re.DOTALL)
KINDS: Final[dict[int, type[JagaError]]] = {
    400: BadInput, 401: Unauthorised, 403: Forbidden, 404: NotFound, 409: Conflict, 413: TooLarge,
    429: TooMany,
}


class Service:
    """Asks the service to write.

    Parameters
    ----------
    url : str
        Its origin.
    transport : httpx.AsyncBaseTransport or None
        Another way to it than the network.
    """

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._transport = transport

    async def post(self, request: Request, program_id: str, path: str, body: dict[str, Any]
                   ) -> dict[str, Any]:
        """Send a body to a path below ``/v1`` for who makes a request; the answer's object.

        Raises
        ------
        JagaError
            What the service answered, of the same kind; Unavailable where it does not answer.
        """
        return await self._ask(request, program_id, "POST", path, body)

    async def get(self, request: Request, program_id: str, path: str) -> dict[str, Any]:
        """Read a path below ``/v1`` for who makes a request; errors as of `post`."""
        return await self._ask(request, program_id, "GET", path, None)

    async def _ask(self, request: Request, program_id: str, method: str, path: str,
                   body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Authorization": f"Session {session_of(request)}",
                   "X-Jaga-Program": program_id}
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=WAIT_S,
                                         trust_env=False) as client:
                answer = await client.request(method, f"{self._url}/v1{path}", json=body,
                                              headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable("a service that answers", type(error).__name__,
                              "try again in a moment") from error
        if answer.status_code >= 300:
            raise error_of(answer)
        found: dict[str, Any] = answer.json()
        return found


def error_of(answer: httpx.Response) -> JagaError:
    """Turn an answer that is no success into the error that the service raised.

    >>> body = {"error": {"message": "Wanted a; came b. To do: c."}}
    >>> error = error_of(httpx.Response(409, json=body))
    >>> type(error).__name__, error.remedy
    ('Conflict', 'c')
    """
    kind = KINDS.get(answer.status_code, Unavailable)
    try:
        found = MESSAGE.fullmatch(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        found = None
    parts = found.groups() if found else (
        "an answer of the service", f"status {answer.status_code}", "try again in a moment")
    return kind(*parts)
