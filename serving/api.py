"""The application under ``/v1``: every route of the contract, and one shape of error."""

import sys
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from features.errors import BadInput, JagaError, NotFound
from serving.errors import NoSuchMethod, body_of, headers_of, status_of
from serving.limits import BodyLimit, LastResort
from serving.routes import ROUTERS
from serving.settings import Settings
from serving.watching.requests import Requests, Watched

if TYPE_CHECKING:
    from serving.programs import Programs

DESCRIPTION = """Verdicts on scans, referrals and redemptions; who is slipping away; what to offer.

An API key names its program and its role. Fields that the contract does not name are ignored.
The same event sent again gets the same bytes; the same id with another body is a 409."""


def create_app(programs: "Programs | None", settings: Settings) -> FastAPI:
    """Build the application over the engines of a home; they may be set later, on its state."""
    app = FastAPI(
        title="Jaga", version="1", description=DESCRIPTION, docs_url=None, redoc_url=None,
        exception_handlers={
            JagaError: _known,
            RequestValidationError: _invalid,
            HTTPException: _http,
        },
    )
    app.state.programs = programs
    app.state.line_limit = settings.body_limit
    app.state.session_lives = settings.session_idle_minutes, settings.session_hours
    app.state.requests = Requests()
    app.add_middleware(BodyLimit, limit=_limits(settings))
    app.add_middleware(LastResort)
    app.add_middleware(Watched, requests=app.state.requests)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.add_route("/{rest:path}", _elsewhere, methods=_EVERY_METHOD, include_in_schema=False)
    return app


_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def _limits(settings: Settings) -> Any:
    def limit(path: str) -> int:
        if path.endswith("/verdicts/batch"):
            return sys.maxsize  # read line by line, each of which has the limit of a body
        many = path.endswith(("/batch", "/events")) or "/records/" in path
        return settings.batch_limit if many else settings.body_limit

    return limit


def answer_error(error: JagaError) -> JSONResponse:
    """Answer a domain error."""
    status = status_of(error)
    return JSONResponse(body_of(error), status, headers_of(status))


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, JagaError)
    return answer_error(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    wrong = BadInput(str(first["msg"]), "something else", "see the OpenAPI document")
    body = body_of(wrong)
    body["error"]["field"] = ".".join(where)[:100] or None
    return JSONResponse(body, 400)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, ClientDisconnect):
        raise error.__cause__  # nobody is there to be told that his body was no JSON
    if isinstance(error.__cause__, JagaError):
        return answer_error(error.__cause__)
    if error.status_code == 400:
        return answer_error(BadInput("a JSON body", "one that can not be read", "send JSON"))
    return answer_error(NotFound("a route of the contract", "another", "see the OpenAPI document"))


async def _elsewhere(request: Request) -> Response:
    allowed: set[str] = set()
    for route in request.app.router.routes[:-1]:
        if route.matches(request.scope)[0] is Match.PARTIAL:
            allowed |= set(getattr(route, "methods", ()) or ())
    if allowed:
        answer = answer_error(NoSuchMethod(" or ".join(sorted(allowed)), request.method,
                                           "use a method of the OpenAPI document"))
        answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer
    return answer_error(NotFound("a route of the contract", "another", "see the OpenAPI document"))
