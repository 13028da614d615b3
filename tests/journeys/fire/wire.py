"""A connection that sends hostile bytes, and what every answer to them must keep to."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.journeys.fire.hostile import VALUES
from tests.journeys.fire.service import HOST, ROOT

if TYPE_CHECKING:
    from tests.journeys.fire.hostile import Attack

BOUND_S: Final = 30.0
"""Every request is answered, or its connection closed, within this time, on a busy machine too."""
INSIDE: Final = re.compile(
    rb"Traceback|site-packages|File \"|\.py\b|/tmp/|/home/|sqlite|psycopg|sqlalchemy|"
    + b"|".join(re.escape(str(path).encode()) for path in (ROOT, Path(sys.prefix))) + rb"|"
    rb"SELECT |INSERT |msgspec|pydantic|starlette|uvicorn|object at 0x|\b\w+(?:Error|Exception)\b",
    re.IGNORECASE)
"""What would tell of the inside: traces, paths, SQL, names of packages and classes."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


class Wire:
    """One connection that is kept while the service keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def send(self, attack: Attack) -> list[Answer]:
        """Send an attack and read its answers; a hang raises TimeoutError."""
        sound = attack.what in ("cells", "body", "read", "pipelined", "chunks")
        if not sound or self._socket is None:
            self.close()
            self._socket = socket.create_connection((HOST, self._port), timeout=BOUND_S)
        try:
            return self._exchange(attack)
        except ConnectionError:
            if sound:  # the service closed an idle connection: once more on a new one
                self.close()
                self._socket = socket.create_connection((HOST, self._port), timeout=BOUND_S)
                return self._exchange(attack)
            return []
        finally:
            if not sound:
                self.close()

    def _exchange(self, attack: Attack) -> list[Answer]:
        assert self._socket is not None
        began = time.monotonic()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(attack.raw)
            if attack.expects == 0:
                self._socket.shutdown(socket.SHUT_WR)
        found = []
        method = attack.raw.split(b" ", 1)[0].decode("latin-1")
        for _ in range(max(attack.expects, 1)):
            answer = http.client.HTTPResponse(self._socket, method=method)
            try:
                answer.begin()
                body = answer.read()
            except http.client.RemoteDisconnected:
                if attack.expects and attack.what in ("cells", "body", "read"):
                    raise
                self.close()
                break
            except http.client.HTTPException:
                self.close()
                break
            headers = {name.lower(): text for name, text in answer.getheaders()}
            found.append(Answer(answer.status, headers, body, time.monotonic() - began))
            if answer.will_close:
                self.close()
                break
        return found


def faults(attack: Attack, answers: list[Answer]) -> list[str]:
    """What is wrong with how an attack was answered."""
    found = []
    if not answers and attack.what in ("cells", "body", "read"):
        found.append("closed without an answer")
    for answer in answers:
        if answer.status >= 500 and not (
                answer.status == 503 and answer.headers.get("retry-after", "").isdigit()):
            found.append(f"status {answer.status}: {answer.body[:200]!r}")
        leak = INSIDE.search(_without(answer.body, attack))
        if leak and answer.status >= 400:
            found.append(f"tells of the inside: {answer.body[:300]!r}")
        if "x-injected" in answer.headers or "x-c" in answer.headers:
            found.append("a header was injected")
        if answer.status >= 400 and attack.what in ("cells", "body") and "{" not in attack.route:
            found += _shape(answer)
    return found


def _without(body: bytes, attack: Attack) -> bytes:
    """An answer without what it repeats of the request, which may hold anything."""
    for value in VALUES:
        if isinstance(value, str) and len(value) > 8:
            body = body.replace(value[:50].encode(errors="surrogatepass"), b"")
    return body


def _shape(answer: Answer) -> list[str]:
    try:
        error = json.loads(answer.body)["error"]
        whole = set(error) == {"code", "field", "message", "expected"} and error["expected"]
    except (ValueError, KeyError, TypeError):
        whole = False
    return [] if whole else [f"{answer.status} in another shape: {answer.body[:200]!r}"]
