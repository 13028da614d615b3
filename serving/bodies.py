"""A request's body, whole, within a time and a size."""

from __future__ import annotations

import asyncio
import sys
from types import coroutine
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import ClientDisconnect

from features.errors import Unavailable
from serving.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from starlette.types import Message, Receive

BODY_S: Final = 2.0
"""Seconds within which a body must have come, where nothing else limits a request: what is left
until the server's own limit (`serving.service.TIMEOUT_S`) is for the work."""


async def whole(receive: Receive, limit: int = sys.maxsize, within_s: float = BODY_S) -> bytes:
    """Read a body to its end.

    One that is there already, as a verdict's is, pays for no timer: it would cost more than all
    else of reading it.

    Parameters
    ----------
    receive : callable
        As of ASGI.
    limit : int
        Bytes allowed.
    within_s : float
        Seconds until it must have come.

    Raises
    ------
    TooLarge, Unavailable
        A body that is too long, or that stalls.
    ClientDisconnect
        Where the caller went away.
    """
    coming: Coroutine[Any, Any, bytes] = _read(receive, limit)
    try:
        waited = coming.send(None)
    except StopIteration as there:
        return bytes(there.value)
    try:
        async with asyncio.timeout(within_s):
            return await _rest(coming, waited)
    except TimeoutError:
        raise Unavailable(f"the whole body within {within_s:g} s", "one that stalls",
                          "send it again, in parts if it is large") from None
    finally:
        coming.close()


async def _rest(coming: Coroutine[Any, Any, bytes], waited: Any) -> bytes:
    """Go on with a coroutine that has begun and waits."""
    while True:
        await _waited(waited)
        try:
            waited = coming.send(None)
        except StopIteration as there:
            return bytes(there.value)


@coroutine
def _waited(future: Any) -> Generator[Any, None, None]:
    """Hand the loop what a coroutine waits for, as it gave it."""
    yield future


async def _read(receive: Receive, limit: int) -> bytes:
    body, more = bytearray(), True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise too_large(limit)
        more = message.get("more_body", False)
    return bytes(body)


def too_large(limit: int) -> TooLarge:
    """Say how large a body may be.

    >>> too_large(1_000_000).wanted
    'a body of 1,000,000 bytes at the most'
    """
    return TooLarge(f"a body of {limit:,} bytes at the most", "a larger one", "send it in parts")
