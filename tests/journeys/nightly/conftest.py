"""A small home with something for every step of a night to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from features.members.calendar_days import day_start
from features.members.rhythm import MEMBER_CATALOG, member_features
from features.store.home import Home
from features.store.ingest import ingest
from models.answers import rfc3339
from models.bundle import Bundle
from models.champion import promote
from models.inactivity.horizons import Horizons
from models.inactivity.model import InactivityModel
from serving.campaigns.shelf import Shelf
from serving.casework import Casework, Opened
from training.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
DAY_MS = 86_400_000
CAMPAIGN = """id: back
name: Win back
segment: {{state: slipping}}
monthly_budget_points: 5000
control: 0.2
starts_at: {starts}
ends_at: {ends}
"""
HELD = 3


@dataclass(frozen=True)
class Made:
    """A home before its night.

    Parameters
    ----------
    path : Path
    as_of_ms : int
        The first midnight after the last event.
    """

    path: Path
    as_of_ms: int

    @property
    def as_of(self) -> str:
        return rfc3339(self.as_of_ms)

    def copy(self, path: Path) -> Path:
        shutil.copytree(self.path, path)
        return path


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A simulated program with a model of silence, a campaign, and holds that are due."""
    room = tmp_path_factory.mktemp("nightly")
    simulate(room / "export", 300, 150, 5)
    settings = yaml.safe_load((room / "export" / "program.yaml").read_text())
    settings["nightly"] = {"train_every_days": 0, "digest": {"webhook": True}}
    (room / "export" / "program.yaml").write_text(yaml.safe_dump(settings))
    home = Home(room / "home")
    ingest(home, room / "export")
    journal = home.journal()
    name, zone = journal.program.program_id, journal.program.timezone
    as_of_ms = day_start((journal.as_of_ms + DAY_MS) // DAY_MS + 1, zone)
    catalog = home.catalog(name)
    bundle = Bundle(name, journal.as_of_ms, dict(catalog.hashes), dict(catalog.families),
                    dict(catalog.units), member_features=dict(MEMBER_CATALOG.hashes),
                    inactivity=InactivityModel.fit([], member_features(
                        journal, journal.as_of_ms), Horizons(30), 0))
    promote(home.bundles(name), bundle.save(home.bundles(name)).name)
    with home.database.writing() as store:
        shelf = Shelf(store, journal.key)
        shelf.draft(CAMPAIGN.format(starts=rfc3339(as_of_ms - DAY_MS),
                                    ends=rfc3339(as_of_ms + 90 * DAY_MS)), "rina", as_of_ms - 2)
        shelf.approve("back", "ana", as_of_ms - 1)
        events = store.ints("SELECT event_id, place, seq, member_id, points FROM scans "
                            "WHERE program = ? AND outcome = 1 ORDER BY place DESC LIMIT ?",
                            (journal.key, HELD), 5).tolist()
        Casework(store, journal.key).open([
            Opened(event, member, "scan", place, seq, points, "review", enforced=True,
                   priority=1.0, opened_ms=place >> 20, hold_until_ms=as_of_ms - DAY_MS)
            for event, place, seq, member, points in events])
    home.close()
    return Made(home.path, as_of_ms)


class Driver:
    """Runs nights in processes that it kills where it is told to."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def night(self, home: Path, as_of: str, kill_at: str = "", delay_s: float = 0.0) -> str:
        """Run a night; killed so long after a step was begun, where one is named."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{home}\t{as_of}\t{kill_at}\t{delay_s}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="package")
def driver() -> Iterator[Driver]:
    command = [sys.executable, str(Path(__file__).with_name("driver.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        yield Driver(process)
        assert process.stdin is not None
        process.stdin.close()
