"""One shape of error, also where the server around the routes answers by itself."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse

from serving.oneshape import OneShape
from serving.watching.requests import Requests, Watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp


def asked(app: ASGIApp, path: str, limit_s: float = 5.0) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET through the middleware."""
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)  # the client waits

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    asyncio.run(OneShape(app, limit_s)(scope, receive, send))
    assert [message["type"] for message in sent].count("http.response.start") == 1
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize(("status", "code"), [
    (400, "bad_input"), (404, "not_found"), (405, "method_not_allowed"), (500, "internal"),
    (504, "internal")])
def test_an_error_of_another_shape_gets_the_contracts(status: int, code: str) -> None:
    """Whatever the server said of itself is gone; 5xx tell nothing of the inside."""
    app = JSONResponse({"error": "1 validation error for AskIODescriptor"}, status)
    found, _, body = asked(app, "/verdict")
    assert found == min(500, status)
    assert json.loads(body)["error"]["code"] == code
    assert set(json.loads(body)["error"]) == {"code", "field", "message", "expected"}
    assert b"Descriptor" not in body


def test_an_error_of_our_shape_stays_and_says_when_to_retry() -> None:
    """The typed methods answer domain errors themselves."""
    told = {"error": {"code": "unavailable", "field": None, "message": "m", "expected": "e"}}
    status, headers, body = asked(JSONResponse(told, 503), "/verdict")
    assert (status, json.loads(body), headers["retry-after"]) == (503, told, "2")


@pytest.mark.parametrize("path", ["/readyz", "/v1/outcomes"])
def test_what_has_its_own_shape_is_left_alone(path: str) -> None:
    """Probes answer in plain text, and the routes shape their errors themselves."""
    status, _, body = asked(PlainTextResponse("not yet", 503), path)
    assert (status, body) == (503, b"not yet")


def test_a_request_that_takes_too_long_is_a_503() -> None:
    """With Retry-After, where a server's own limit would answer 504."""
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(10)

    status, headers, body = asked(slow, "/v1/suggestions", limit_s=0.01)
    assert (status, headers["retry-after"]) == (503, "2")
    assert json.loads(body)["error"]["code"] == "unavailable"


def test_an_answer_that_has_begun_may_take_its_time() -> None:
    """The limit is on its beginning."""
    async def slowly() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(0.2)
        yield b"b"

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await StreamingResponse(slowly())(scope, receive, send)

    assert asked(app, "/v1/cases", limit_s=0.1)[2] == b"ab"


def test_an_answer_that_came_too_late_is_counted_as_what_it_got() -> None:
    """The route is cut short, and knows nothing of the 503 that is sent in its place."""
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(10)

    requests = Requests()
    assert asked(Watched(slow, requests), "/v1/cases", limit_s=0.01)[0] == 503
    assert list(requests.answered) == [("GET", "other", 503)]


@pytest.mark.parametrize(("path", "status"), [
    ("/v1/verdicts", 200), ("/v1/verdicts/batch", 200), ("/v1/records/codes", 200),
    ("/v1/verdicts/other", 503), ("/v1/verdictsx", 503), ("/v1/events", 503)])
def test_what_has_a_limit_of_its_own_has_no_other(path: str, status: int) -> None:
    """A batch takes as long as it has lines, rows as long as they are many; no others do."""
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await JSONResponse({})(scope, receive, send)

    assert asked(slow, path, limit_s=0.01)[0] == status
