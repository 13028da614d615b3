from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from features.store.home import Home
from features.store.ingest import ingest
from training.simulate import simulate


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export of a small simulated program with enough labels for a fraud model."""
    folder = tmp_path_factory.mktemp("world")
    simulate(folder, members=400, days=240, seed=5, story="electricians")
    return folder


@pytest.fixture(scope="session")
def settled(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a home that holds the small world; copy it before writing into it."""
    folder = tmp_path_factory.mktemp("settled")
    home = Home(folder)
    ingest(home, world)
    home.close()
    return folder


@pytest.fixture
def three_members(tmp_path: Path) -> Path:
    """Export of three members and four scans."""
    folder = tmp_path / "three"
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: tiny\nname: Tiny\n")
    members = [f"m{n},tiny,retailer,2025-01-0{n}T00:00:00Z" for n in (1, 2, 3)]
    scans = [f"e{n},tiny,m{n % 3 + 1},2025-02-0{n}T10:00:00Z,50,qr" for n in (1, 2, 3, 4)]
    (folder / "members.csv").write_text(
        "\n".join(["member_id,program_id,persona,joined_at", *members]) + "\n")
    (folder / "scans.csv").write_text(
        "\n".join(["event_id,program_id,member_id,occurred_at,points,proof", *scans]) + "\n")
    return folder


@pytest.fixture
def home_of(tmp_path: Path) -> Iterator[Callable[[Path], Home]]:
    """Make homes that hold an export, closed after the test."""
    made: list[Home] = []

    def make(export: Path) -> Home:
        home = Home(tmp_path / f"home-{len(made)}")
        made.append(home)
        ingest(home, export)
        return home

    yield make
    for home in made:
        home.close()
