"""The shortest way from a request for one verdict to the engine, past the router.

A router that knows some forty routes, and a request object, cost more than all else of HTTP here.
The route itself stays where it is: it is in the OpenAPI document, it answers every other method
of its path, and it says the same in the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse

from features.errors import JagaError
from serving.access import admit, headers_of_scope
from serving.bodies import whole
from serving.errors import body_of, headers_of, status_of
from serving.routes.verdicts import JSON, judge, parse, router

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from serving.programs import Programs

PATH: Final = "/verdicts"
ROUTE: Final = next(route for route in router.routes if getattr(route, "endpoint", None) is judge)
_TYPE: Final = (b"content-type", JSON.encode())


class HotPath:
    """ASGI middleware, the innermost: answers ``POST /verdicts``, passes on everything else.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        if (scope["type"] != "http" or scope["method"] != "POST"
                or scope["path"].removeprefix(scope.get("root_path", "")) != PATH):
            await self._app(scope, receive, send)
            return
        scope["route"] = ROUTE
        try:
            body = await _verdict(scope, receive)
        except JagaError as error:
            status = status_of(error)
            await JSONResponse(body_of(error), status, headers_of(status))(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200,
                    "headers": [(b"content-length", b"%d" % len(body)), _TYPE]})
        await send({"type": "http.response.body", "body": body})


async def _verdict(scope: Scope, receive: Receive) -> bytes:
    programs: Programs = scope["app"].state.programs
    headers = headers_of_scope(scope)
    engine = programs.engine((await admit(programs, headers, "judge")).program_id)
    return await engine.verdict(parse(await whole(receive)))
