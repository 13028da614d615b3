"""The shortest way from a request for one verdict to the engine, past the server's own layers.

The layers of BentoML and of a router that knows some forty routes cost more than all else of HTTP
here. The route itself stays where it is: it is in the OpenAPI document, it answers every other
method of its path, and it says the same in the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse

from features.errors import JagaError
from serving.access import admit, headers_of_scope
from serving.bodies import too_large, whole
from serving.errors import TooLarge, body_of, headers_of, status_of
from serving.limits import LastResort, announced
from serving.routes.verdicts import JSON, judge, parse, router
from serving.watching.requests import Watched

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

    from serving.programs import Programs

ROUTE: Final = next(route for route in router.routes if getattr(route, "endpoint", None) is judge)
_TYPE: Final = (b"content-type", JSON.encode())


class HotPath:
    """ASGI middleware, far out: answers ``POST`` of one path, passes on everything else.

    Parameters
    ----------
    app : ASGI application
        What it stands before.
    api : FastAPI
        The application whose route it goes to: its programs, its counts, its limits.
    path : str
        Of the verdicts, as the outermost server sees it.
    """

    def __init__(self, app: ASGIApp, api: FastAPI, path: str = "/v1/verdicts") -> None:
        self._app = app
        self._state = api.state
        self._path = path
        self._short = Watched(LastResort(self._answer), api.state.requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if (scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST"
                or scope.get("root_path")):
            await self._app(scope, receive, send)
            return
        scope["route"] = ROUTE
        await self._short(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await self._verdict(scope, receive)
        except JagaError as error:
            status = status_of(error)
            more = {"Connection": "close"} if isinstance(error, TooLarge) else {}
            answer = JSONResponse(body_of(error), status, {**headers_of(status), **more})
            await answer(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", b"%d" % len(body)), _TYPE]})
        await send({"type": "http.response.body", "body": body})

    async def _verdict(self, scope: Scope, receive: Receive) -> bytes:
        programs: Programs = self._state.programs
        limit = self._state.line_limit
        if announced(scope) > limit:
            raise too_large(limit)
        caller = await admit(programs, headers_of_scope(scope), "judge")
        engine = programs.engine(caller.program_id)
        return await engine.verdict(parse(await whole(receive, limit)))
