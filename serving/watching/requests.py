"""Every request counted under its route, timed, and told apart by a number where that helps."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from starlette.routing import Mount

from serving.tally import Spread

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from serving.watching.traces import Traces

log = logging.getLogger("jaga.requests")
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0, 60.0)
"""Seconds; 10 and 25 ms are the targets at the 99th and 99.9th percentile, 0.2 s the limit above
which requests are shed, 1 s the one above which work is a job."""
OTHER: Final = "other"
"""Route of a request that met none: its path may hold anything."""
GONE: Final = 499
"""Status of a request that was not answered, as its caller went away."""
FAILED: Final = 500
LATE: Final = 503
"""Status of a request that is cut short before its answer began: whoever cuts it answers so
(`serving.oneshape`)."""
HEADER: Final = b"x-request-id"
LONGEST: Final = 64
_LETTERS: Final = frozenset(
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


class Requests:
    """What the routes were asked, since the process started.

    Attributes
    ----------
    answered : Counter
        Requests by method, route and status.
    seconds : dict
        By method and route, how long the answers took until their last byte.
    open : int
        Requests that are being answered now.
    traces : Traces or None
        Makes a span of each request; None: nobody collects them.
    """

    def __init__(self) -> None:
        self.answered: Counter[tuple[str, str, int]] = Counter()
        self.seconds: dict[tuple[str, str], Spread] = {}
        self.open = 0
        self.traces: Traces | None = None

    def add(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        self.answered[method, route, status] += 1
        spread = self.seconds.get((method, route))
        if spread is None:
            spread = self.seconds[method, route] = Spread(BOUNDS)
        spread.add(seconds)


class Watched:
    """ASGI middleware that counts, times and, where a caller numbers it, echoes a request.

    An ``X-Request-Id`` of letters, digits, ``-``, ``_`` and ``.`` comes back with the answer, for
    the caller's own log; ours never holds it, as it may say anything. An answer of 500 gets a
    number of ours, which the log holds as well.

    Parameters
    ----------
    app : ASGI application
    requests : Requests
    """

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count it once it has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = GONE
        asked = _asked(scope)

        async def watching(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                name = asked if asked or status != FAILED else _own(status)
                if name:
                    message["headers"] = [*message.get("headers", ()), (HEADER, name)]
            await send(message)

        requests, started = self._requests, time.perf_counter()
        requests.open += 1
        try:
            await self._app(scope, receive, watching)
        except asyncio.CancelledError:
            status = LATE if status == GONE else status
            raise
        except Exception:
            status = FAILED
            raise
        finally:
            requests.open -= 1
            method, route = method_of(scope), route_of(scope)
            seconds = time.perf_counter() - started
            requests.add(method, route, status, seconds)
            if requests.traces is not None:
                requests.traces.request(method, route, status, seconds, scope["headers"])


def route_of(scope: Any) -> str:
    """Name the route that answered a request, ids as their names, `OTHER` where none did.

    >>> route_of({"path": "/v1/members/m-7"})
    'other'
    """
    route = scope.get("route")
    path = None if isinstance(route, Mount) else getattr(route, "path_format", None)
    return OTHER if path is None or path.startswith("/{rest") else str(path)


def method_of(scope: Any) -> str:
    """Name the method of a request, `OTHER` for one that HTTP does not know.

    >>> method_of({"method": "GET"}), method_of({"method": "BREW"})
    ('GET', 'other')
    """
    method = scope["method"]
    return method if method in METHODS else OTHER


def _asked(scope: Scope) -> bytes:
    """Find the caller's own number of a request; empty where none came, or one that is none."""
    for name, value in scope["headers"]:
        if name == HEADER:
            return value if len(value) <= LONGEST and _LETTERS.issuperset(value) else b""
    return b""


def _own(status: int) -> bytes:
    name = secrets.token_hex(8)
    log.error("a request was answered with %d", status, extra={"request": name})
    return name.encode()
