"""Requests are counted under their routes, whatever their paths say."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from serving.watching.requests import FAILED, GONE, HEADER, Requests, Watched


def asked(
    requests: Requests, status: int | None = 200, headers: Any = (), fails: bool = False,
    method: str = "GET", route: str | None = "/members/{member_id}",
) -> list[tuple[bytes, bytes]]:
    """Ask an application that answers so; headers of its answer."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if route is not None:
            scope["route"] = SimpleNamespace(path_format=route)
        assert requests.open == 1
        if status is not None:
            await send({"type": "http.response.start", "status": status, "headers": []})
        if fails:
            raise RuntimeError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/members/m-7", "headers": list(headers)}
    asyncio.run(Watched(app, requests)(scope, None, send))
    return sent[0]["headers"] if sent else []


def test_ids_in_paths_are_no_labels() -> None:
    """A route is counted by its pattern, what met none as other, a strange method too."""
    requests = Requests()
    asked(requests)
    asked(requests)
    asked(requests, 404, route=None)
    asked(requests, 404, route="/{rest}", method="BREW")
    assert requests.answered == {
        ("GET", "/members/{member_id}", 200): 2, ("GET", "other", 404): 1,
        ("other", "other", 404): 1}
    assert sum(requests.seconds["GET", "/members/{member_id}"].counts) == 2
    assert requests.open == 0


def test_requests_without_an_answer_are_counted_too() -> None:
    """Those whose caller went away, and those that failed."""
    requests = Requests()
    asked(requests, None)
    with pytest.raises(RuntimeError):
        asked(requests, None, fails=True)
    assert [status for _, _, status in requests.answered] == [GONE, FAILED]
    assert requests.open == 0


@pytest.mark.parametrize(("value", "echoed"), [
    (b"order-7_a.B", True), (b"a" * 64, True), (b"", False), (b"a" * 65, False),
    (b"a b", False), (b"a\x00", False), ("ä".encode(), False), (b"<script>", False),
])
def test_a_caller_s_number_comes_back(value: bytes, echoed: bool) -> None:
    """If it is one: letters, digits and three signs."""
    headers = asked(Requests(), headers=[(b"accept", b"*"), (HEADER, value)])
    assert headers == ([(HEADER, value)] if echoed else [])


def test_a_failure_gets_a_number_that_the_log_holds(caplog: pytest.LogCaptureFixture) -> None:
    """Where the caller gave none; his own never gets into the log."""
    [(name, number)] = asked(Requests(), FAILED)
    assert (name, len(number)) == (HEADER, 16)
    assert [record.__dict__["request"] for record in caplog.records] == [number.decode()]
    caplog.clear()
    assert asked(Requests(), FAILED, headers=[(HEADER, b"mine")]) == [(HEADER, b"mine")]
    assert asked(Requests(), 503) == []
    assert caplog.records == []
