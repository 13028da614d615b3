"""Bodies: read whole within a time and a size, and none of a stranger's."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from features.errors import Unavailable
from serving import bodies
from serving.bodies import whole
from serving.errors import TooLarge
from serving.hotpath import HotPath
from serving.keys import Caller
from serving.limits import KnownFirst
from serving.watching.requests import Requests

KEY = "jaga_known"


class Coming:
    """A body that comes in chunks; None: a pause that others have, `...`: no more ever comes."""

    def __init__(self, *chunks: Any) -> None:
        self._chunks = list(chunks)
        self.asked = 0

    async def __call__(self) -> Any:
        self.asked += 1
        while self._chunks and self._chunks[0] is None:
            self._chunks.pop(0)
            await asyncio.sleep(0)
        if not self._chunks:
            return {"type": "http.disconnect"}
        chunk = self._chunks.pop(0)
        if chunk is ...:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": bool(self._chunks)}


class Known:
    """Keys of which one is known."""

    def check(self, key: str) -> Caller | None:
        return Caller("acme", "points-engine", "name") if key == KEY else None

    async def seek(self, key: str) -> Caller | None:
        return None


def answered(app: Any, receive: Any, path: str, key: str = KEY, **headers: str) -> tuple[int, Any]:
    """Status and body of a POST."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    told = {"x-api-key": key, **{name.replace("_", "-"): text for name, text in headers.items()}}
    scope = {"type": "http", "method": "POST", "path": path, "root_path": "",
             "headers": [(name.encode(), text.encode()) for name, text in told.items()]}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


def guarded(limit: int) -> tuple[KnownFirst, list[bytes]]:
    """A method behind the guard, and the bodies that reached it."""
    reached: list[bytes] = []

    async def method(scope: Any, receive: Any, send: Any) -> None:
        reached.append(await whole(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    state: Any = SimpleNamespace(programs=SimpleNamespace(keys=Known()))
    return KnownFirst(method, state, ["/verdict"], limit), reached


@pytest.mark.parametrize("chunks", [
    [b"abcdef"], [b"ab", b"cdef"], [None, b"abc", None, None, b"def"], [b"", b"abcdef", b""]])
def test_a_body_is_whole_however_it_comes(chunks: list[Any]) -> None:
    """At once, in chunks, with pauses."""
    assert asyncio.run(whole(Coming(*chunks), limit=6)) == b"abcdef"
    with pytest.raises(TooLarge):
        asyncio.run(whole(Coming(*chunks), limit=5))


@pytest.mark.parametrize("chunks", [[...], [b"a", ...], [None, b"a", ...]])
def test_a_body_that_stalls_ends(chunks: list[Any]) -> None:
    """With a sentence that says how long it may take."""
    with pytest.raises(Unavailable, match="stalls"):
        asyncio.run(whole(Coming(*chunks), within_s=0.01))


def test_a_caller_who_goes_away_ends_the_reading() -> None:
    """Whatever he sent of it."""
    async def gone() -> Any:
        return {"type": "http.disconnect"}

    with pytest.raises(ClientDisconnect):
        asyncio.run(whole(gone))


def test_a_verdict_whose_body_stalls_is_a_503(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the contract's shape, where the server around it would say 504."""
    monkeypatch.setattr(bodies.whole, "__defaults__", (2**40, 0.01))
    engine = SimpleNamespace(verdict=None)
    programs = SimpleNamespace(keys=Known(), engine=lambda program_id: engine)
    api: Any = SimpleNamespace(state=SimpleNamespace(
        programs=programs, line_limit=1000, requests=Requests()))
    path = HotPath(guarded(1)[0], api, "/verdicts")
    status, body = answered(path, Coming(b'{"kind":', ...), "/verdicts")
    assert (status, json.loads(body)["error"]["code"]) == (503, "unavailable")


def test_a_stranger_s_body_is_not_read() -> None:
    """No byte of it is asked for without a key that is known."""
    app, reached = guarded(100)
    for key in ("", "jaga_unknown"):
        coming = Coming(b"x" * 50)
        assert answered(app, coming, "/verdict", key)[0] == 401
        assert (coming.asked, reached) == (0, [])


def test_a_method_gets_its_body_if_it_is_not_too_long() -> None:
    """Announced or in chunks; paths that are no methods are passed on as they are."""
    app, reached = guarded(6)
    assert answered(app, Coming(b"abc", None, b"def"), "/verdict")[0] == 200
    assert reached == [b"abcdef"]
    announced = Coming(b"abcdefg")
    assert answered(app, announced, "/verdict", content_length="7")[0] == 413
    assert announced.asked == 0
    assert answered(app, Coming(b"abcd", b"efg", ...), "/verdict")[0] == 413
    assert answered(app, Coming(b"abcdefg"), "/v1/feedback", "")[0] == 200
