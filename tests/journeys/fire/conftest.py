"""One small world a session, copied for each test that sets it on fire."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.journeys.fire.service import Service
from tests.journeys.fire.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home nobody may write to."""
    return make_world(tmp_path_factory.mktemp("fire"))


@pytest.fixture
def fire(trained: World, tmp_path: Path) -> World:
    """A copy of the home."""
    shutil.copytree(trained.path, tmp_path / "home")
    return World(tmp_path / "home", trained.key)


@pytest.fixture
def service(fire: World) -> Iterator[Service]:
    """`jaga serve` on that copy, not started yet."""
    made = Service(fire.path)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def burning(
    trained: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, World]]:
    """One running service for all tests that neither kill it nor need a home of their own."""
    world = World(tmp_path_factory.mktemp("burning") / "home", trained.key)
    shutil.copytree(trained.path, world.path)
    service = Service(world.path, {"JAGA_CACHE_MB": "16"})  # full early, so that growth is growth
    try:
        service.start()
        yield service, world
    finally:
        service.stop()
