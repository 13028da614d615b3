"""One shape of error, also where the server around the routes answers by itself.

The typed methods are checked by BentoML, which tells a wrong body in its own words, names of
classes among them; it answers a path outside of ``/v1`` and a request that takes too long in its
own way too. A points engine should meet one shape only, and a 503 with Retry-After where it may
try again.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse

from features.errors import BadInput, NotFound, Unavailable
from serving.errors import NoSuchMethod, body_of, headers_of, internal, status_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from features.errors import JagaError

LIMIT_S: Final = 0.95
"""A request's second, less what it takes to say that it is over; BentoML's own limit is further
out (`serving.service.TIMEOUT_S`) and answers 504."""
OURS: Final = "/v1/"
BOUNDED: Final = frozenset({"/v1/verdicts", "/v1/verdicts/batch"})
"""A verdict has limits of its own, on its body (`serving.bodies`) and its work; a batch takes as
long as it has lines."""
ROWS: Final = "/v1/records/"
"""Rows have the limit of a body, and begin their answer before all of them are stored."""
PROBES: Final = ("/livez", "/readyz", "/healthz", "/metrics")


class OneShape:
    """ASGI middleware that gives every error the contract's shape, and every request an end.

    Parameters
    ----------
    app : ASGI application
    limit_s : float
        Seconds until an answer must have begun.
    """

    def __init__(self, app: ASGIApp, limit_s: float = LIMIT_S) -> None:
        self._app = app
        self._limit_s = limit_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, watching when its answer begins and what it is."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path in BOUNDED or path.startswith(ROWS):
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, path)
        try:
            async with asyncio.timeout(self._limit_s) as limit:
                answer.limit = limit
                await self._app(scope, receive, answer.send)
        except TimeoutError:
            if answer.began:
                raise
            late = Unavailable("an answer within a second", "one that takes longer",
                               "try again in a moment, or ask for less at once")
            await _shaped(late)(scope, receive, send)
            return
        if answer.kept is not None:
            await answer.shaped()(scope, receive, send)


class _Answer:
    """What the application says, held back where it is an error of another shape."""

    def __init__(self, send: Send, path: str) -> None:
        self._send = send
        self._is_ours = path.startswith(OURS) or path in PROBES
        self.limit: asyncio.Timeout | None = None
        self.began = False
        self.kept: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Pass a message on, or keep it."""
        if message["type"] == "http.response.start":
            self.began = True
            if self.limit is not None:
                self.limit.reschedule(None)
            if message["status"] >= 400 and not self._is_ours:
                self.kept = message
        if self.kept is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")

    def shaped(self) -> JSONResponse:
        """Make the contract's shape of what was kept; an answer that has it stays as it is."""
        assert self.kept is not None
        status = self.kept["status"]
        told = _told(self._body)
        if told is not None:
            return JSONResponse(told, status, headers_of(status))
        if status >= 500:
            return JSONResponse(internal(), 500)
        return _shaped(_error(status))


def _told(body: bytes) -> object:
    try:
        told = json.loads(body)
        return told if isinstance(told["error"], dict) else None
    except (ValueError, TypeError, KeyError):
        return None


def _error(status: int) -> JagaError:
    if status == 404:
        return NotFound("a route of the contract", "another", "see the OpenAPI document")
    if status == 405:
        return NoSuchMethod("a method of this route", "another", "see the OpenAPI document")
    return BadInput("a body as the OpenAPI document says", "another", "see the OpenAPI document")


def _shaped(error: JagaError) -> JSONResponse:
    status = status_of(error)
    return JSONResponse(body_of(error), status, headers_of(status))
