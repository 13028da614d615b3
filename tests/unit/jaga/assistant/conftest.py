"""A running service, and assistants of every role that ask it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import mcp
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from features.store.schema import METADATA
from jaga.assistant.asking import Service
from jaga.assistant.server import make_server
from jaga.assistant.tool import Pages
from serving.api import create_app
from serving.programs import Programs
from serving.settings import Settings
from tests.unit.serving.conftest import build, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

PAGES = "https://desk.acme.example"
HELD = "held-1"


class Recording(httpx.AsyncBaseTransport):
    """The network, with a note of what went over it."""

    def __init__(self, seen: list[tuple[str, str]]) -> None:
        self._seen = seen
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._seen.append((request.method, request.url.path))
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass
class House:
    """A service, keys of every role, and what assistants asked it for."""

    url: str
    keys: dict[str, str]
    programs: Programs
    app: Any
    seen: list[tuple[str, str]] = field(default_factory=list)

    def get(self, path: str, role: str = "admin") -> httpx.Response:
        """Ask the service without an assistant."""
        return httpx.get(f"{self.url}/v1{path}", timeout=30,
                         headers={"Authorization": f"Bearer {self.keys[role]}"})

    def post(self, path: str, body: dict[str, Any], role: str = "admin") -> httpx.Response:
        """Change something without an assistant."""
        return httpx.post(f"{self.url}/v1{path}", json=body, timeout=30,
                          headers={"Authorization": f"Bearer {self.keys[role]}"})

    def hold(self, name: str) -> str:
        """Have an event held."""
        scan = {"kind": "scan", "event_id": name, "member_id": "m-3", "points": 80, "proof": "qr",
                "occurred_at": "2025-03-05T10:00:00+07:00"}
        answer = self.post("/verdicts", scan)
        assert answer.json()["verdict"] == "review", answer.text
        return name

    def rows(self) -> dict[str, list[str]]:
        """Everything stored, but for the day on which a key was used."""
        found = {}
        with self.programs.home.database.reading() as store:
            for name in METADATA.tables:
                if name != "keys":
                    found[name] = sorted(map(repr, store.rows(f"SELECT * FROM {name}")))
        return found

    @asynccontextmanager
    async def assistant(self, role: str, url: str | None = None, key: str | None = None
                        ) -> AsyncIterator[mcp.Client]:
        """An assistant with the key of a role."""
        service = Service(url or self.url, key or self.keys[role], Recording(self.seen))
        async with mcp.Client(make_server(service, Pages(PAGES))) as client:
            yield client

    def run(self, role: str, act: Callable[[mcp.Client], Awaitable[Any]], **where: str) -> Any:
        """Let an assistant do something."""

        async def run() -> Any:
            async with self.assistant(role, **where) as client:
                return await act(client)

        return asyncio.run(run())

    def ask(self, role: str, tool: str, where: dict[str, str] | None = None, **given: Any) -> Any:
        """Ask one tool."""
        return self.run(role, lambda client: client.call_tool(tool, given), **(where or {}))

    def names(self, role: str, **where: str) -> list[str]:
        """Names of the tools that are listed."""
        found = self.run(role, lambda client: client.list_tools(), **where)
        return [tool.name for tool in found.tools]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service over a small program with one held event, whose members are scored."""
    world = build(tmp_path_factory.mktemp("assistant"))
    settings = Settings(home=world.path)
    programs = Programs(settings)
    programs.open(wait=True)
    app = create_app(programs, settings)
    with served(Starlette(routes=[Mount("/v1", app)])) as client:
        found = House(str(client.base_url).rstrip("/"), world.keys, programs, app)
        found.hold(HELD)
        deadline = time.monotonic() + 120
        while (found.get("/members/m-3/inactivity").status_code == 503
               or found.get("/members").status_code == 503):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield found
    programs.close()
