"""What no request gets past: the largest body, and the last answer to an unforeseen error."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from serving.errors import TooLarge, body_of, internal, status_of

if TYPE_CHECKING:
    from collections.abc import Callable

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
        if _announced(scope) > limit:
            await _refuse(limit)(scope, receive, send)
            return
        await self._counted(scope, receive, send, limit)

    async def _counted(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _error(limit)
            return message

        await self._app(scope, counting, send)


class LastResort:
    """ASGI middleware that answers an unforeseen error without a word of the inside.

    The log gets the error's type only: its message may hold ids.
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
        except Exception as error:  # noqa: BLE001 - a trace would hold ids
            log.error("a request failed: %s", type(error).__name__)
            if not began:
                await JSONResponse(internal(), 500)(scope, receive, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _error(limit: int) -> TooLarge:
    return TooLarge(f"a body of {limit:,} bytes at the most", "a larger one", "send it in parts")


def _refuse(limit: int) -> JSONResponse:
    error = _error(limit)
    return JSONResponse(body_of(error), status_of(error), {"Connection": "close"})
