"""What no request gets past: the largest body, and the last answer to an unforeseen error."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from features.errors import JagaError
from serving.access import caller_of, headers_of_scope
from serving.bodies import too_large, whole
from serving.errors import body_of, headers_of, internal, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from starlette.datastructures import State
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("jaga.api")


class BodyLimit:
    """ASGI middleware that answers 413 to a body of more than ``limit`` bytes.

    Parameters
    ----------
    app : ASGI application
    limit : callable
        Bytes allowed for a path.
    """

    def __init__(self, app: ASGIApp, limit: Callable[[str], int]) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what it brings."""
        if scope["type"] != "http" or scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        if announced(scope) > limit:
            await _refuse(too_large(limit))(scope, receive, send)
            return
        await self._counted(scope, receive, send, limit)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise too_large(limit)
            return message

        await self._app(scope, counting, send)


class KnownFirst:
    """ASGI middleware before methods that another server parses: no body without a known key.

    Routes of ours ask for the key before they read. Where the server reads and checks a body
    first, a stranger could make it hold what he likes.

    Parameters
    ----------
    app : ASGI application
    state : State
        Has the programs, whose keys are known.
    paths : collection of str
        Of the methods.
    limit : int
        Bytes allowed.
    """

    def __init__(self, app: ASGIApp, state: State, paths: Collection[str], limit: int) -> None:
        self._app = app
        self._state = state
        self._paths = frozenset(paths)
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body, or refuse it."""
        if (scope["type"] != "http" or scope["method"] != "POST"
                or scope["path"].rstrip("/") not in self._paths):
            await self._app(scope, receive, send)
            return
        try:
            await caller_of(self._state.programs, headers_of_scope(scope))
            if announced(scope) > self._limit:
                raise too_large(self._limit)
            body = await whole(receive, self._limit)
        except JagaError as error:
            await _refuse(error)(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, then whatever comes."""
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed


class LastResort:
    """ASGI middleware that answers an unforeseen error without a word of the inside.

    The log gets the error's type only: its message may hold ids. A caller who went away gets no
    answer and no line: nothing failed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; 500 where it fails before an answer began."""
        began = False

        async def watching(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await self._app(scope, receive, watching)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - a trace would hold ids
            log.error("a request failed: %s", type(error).__name__)
            if not began:
                await JSONResponse(internal(), 500)(scope, receive, send)


def announced(scope: Scope) -> int:
    """Read how long a body will be, 0 where the request does not say.

    >>> announced({"headers": [(b"content-length", b"12")]})
    12
    """
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _refuse(error: JagaError) -> JSONResponse:
    """Answer before the body was read, which nobody will read any more."""
    status = status_of(error)
    return JSONResponse(body_of(error), status, {**headers_of(status), "Connection": "close"})
