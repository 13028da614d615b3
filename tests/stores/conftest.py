"""One program in either store: SQLite in a folder, or PostgreSQL with Redis beside it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from features.store.home import Home
from features.store.ingest import ingest
from serving import standing
from serving.api import create_app
from serving.keys import create_key
from serving.limping.breaker import Breaker
from serving.programs import Programs
from serving.settings import Settings
from tests.databases import database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import httpx

REDIS = os.environ.get("JAGA_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
UNIT = Path(__file__).parents[1] / "unit" / "serving"
ROLES = ("points-engine", "manager", "marketer", "admin", "auditor")
START_MS = 1_741_150_800_000
"""2025-03-05, three days after the last event of the small program."""


def _module(path: Path, name: str) -> ModuleType:
    """Load the builders of another folder's tests."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


small = _module(UNIT / "conftest.py", "small_program")
silent = _module(UNIT / "campaigns" / "conftest.py", "silent_program")


class Clock:
    """The server's clock, which goes on by requests alone, and by what a test adds."""

    def __init__(self) -> None:
        self.now = START_MS

    def __call__(self) -> int:
        return self.now


@dataclass
class Service:
    """The routes over a home, spoken to over HTTP."""

    settings: Settings
    keys: dict[str, str]
    clock: Clock = field(default_factory=Clock)
    client: httpx.Client | None = None
    programs: Programs | None = None
    _running: Any = None

    def start(self) -> None:
        self.programs = Programs(self.settings, self.clock)
        self.programs.open(wait=True)
        assert self.programs.ready
        for live in self.programs.lives:
            live.breaker = Breaker(lambda: 0.0)  # no verdict is slow, however busy the machine
        self._running = small.served(create_app(self.programs, self.settings))
        self.client = self._running.__enter__()

    def stop(self) -> None:
        self._running.__exit__(None, None, None)
        assert self.programs is not None
        self.programs.close()

    def ask(self, method: str, path: str, role: str = "admin", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[role]}"}
        self.clock.now += 1
        assert self.client is not None
        return self.client.request(method, path, headers=headers, **more)

    def get(self, path: str) -> Any:
        return self.ask("GET", path).json()

    def post(self, path: str, body: Any, role: str = "admin") -> httpx.Response:
        return self.ask("POST", path, role, json=body)

    def suggested(self) -> list[str]:
        """Decisions that are suggested, as soon as members are scored anew."""
        deadline = time.monotonic() + 60
        while True:
            answer = self.post("/suggestions", {"limit": 5}, "marketer").json()
            if answer.get("suggestions"):
                return [row["decision_id"] for row in answer["suggestions"]]
            assert time.monotonic() < deadline, answer
            time.sleep(0.1)

    def await_status(self, event: str, status: str) -> None:
        """Wait until the writing thread has made a status of an event."""
        deadline = time.monotonic() + 30
        while self.get(f"/events/{event}")["status"] != status:
            assert time.monotonic() < deadline, self.get(f"/events/{event}")
            time.sleep(0.05)


@contextmanager
def stored_in(store: str) -> Iterator[str | None]:
    """Where a store of a kind is: the address of a database, None for a file of the home."""
    if store == "sqlite":
        yield None
    else:
        with database() as url:
            yield url


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The small program with its export and its trained bundle."""
    folder = tmp_path_factory.mktemp("made")
    small.build(folder)
    return folder


def filled(made: Path, folder: Path, url: str | None) -> Service:
    """Ingest the small program's export into a store, beside the bundle that was trained on it."""
    home = Home(folder, url)
    ingest(home, made / "export")
    shutil.copytree(made / "home" / "bundles", folder / "bundles")
    keys = {role: create_key(home, "acme", role) for role in ROLES}
    home.close()
    return Service(Settings(home=folder, url=url, redis_url=REDIS if url else None,
                            waiting_ms=60_000, answer_ms=60_000), keys)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def service(
    request: pytest.FixtureRequest, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The small program's service over each store in turn."""
    with (
        pytest.MonkeyPatch.context() as patched,
        serving_from(request.param, made, tmp_path_factory.mktemp(request.param)) as found,
    ):
        patched.setattr(standing, "QUICK_S", 60.0)  # scored anew at once, however slow that is
        yield found


@contextmanager
def serving_from(store: str, made: Path, folder: Path) -> Iterator[Service]:
    """The small program's service over a store of a kind."""
    with stored_in(store) as url:
        found = filled(made, folder / "home", url)
        found.start()
        yield found
        found.stop()


@pytest.fixture
def shared(made: Path, tmp_path: Path) -> Iterator[Service]:
    """The small program in PostgreSQL, not served yet."""
    with database() as url:
        yield filled(made, tmp_path / "home", url)


@pytest.fixture
def database_url() -> Iterator[str]:
    """An empty PostgreSQL database."""
    with database() as url:
        yield url


@pytest.fixture
def services(made: Path) -> Any:
    """Starts one over a store that a test names."""
    return lambda store, folder: serving_from(store, made, folder)


@contextmanager
def story_in(store: str, told: Path, folder: Path) -> Iterator[Any]:
    """The program whose partners fell silent, in a store of a kind."""
    with stored_in(store) as url:
        home = Home(folder / "home", url)
        ingest(home, told / "export")
        shutil.copytree(told / "home" / "bundles", folder / "home" / "bundles")
        yield silent.Story(home, folder / "export")


@pytest.fixture
def stories() -> Any:
    """Makes one in a store that a test names."""
    return story_in


@pytest.fixture(params=["sqlite", "postgresql"])
def story(
    request: pytest.FixtureRequest, told: Path, tmp_path: Path
) -> Iterator[Any]:
    """The program whose partners fell silent, in each store in turn."""
    with story_in(request.param, told, tmp_path) as found:
        yield found
        found.home.close()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its export and its bundle, made once."""
    return Path(silent.told.__wrapped__(tmp_path_factory))
