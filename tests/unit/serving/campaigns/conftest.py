"""A small program whose partners fall silent, and come back as often as a test decides."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.members.rhythm import MEMBER_CATALOG, member_features
from features.store.home import Home
from features.store.ingest import ingest
from models.bundle import Bundle
from models.champion import promote
from models.inactivity.horizons import Horizons
from models.inactivity.model import InactivityModel
from serving.campaigns.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MEMBERS = 480
START = pd.Timestamp("2025-01-01T00:00:00Z")
DAY_MS = 86_400_000
PROGRAM = """program_id: acme
name: Acme
timezone: UTC
point_value: 0.5
languages: [en]
enforcement: full
holdout: {global: 0.05, mission: 0.1}
"""
MISSIONS = """- id: come-back
  cost_points: 60
  channels: [whatsapp]
  cool_off_days: 14
  texts: {en: "Scan three packs for 60 points more."}
- id: spin
  cost_points: 20
  channels: [whatsapp]
  cool_off_days: 14
  texts: {en: "Spin the wheel."}
"""


def campaign_text(name: str = "back", mission: str = "come-back", budget: int = 1_000_000,
                  more: str = "control: 0.4") -> str:
    """Write a campaign.yaml for retailers, from day 59 on."""
    return (f"id: {name}\nname: Win back\nsegment: {{persona: retailer}}\nmissions: [{mission}]\n"
            f"monthly_budget_points: {budget}\nstarts_at: 2025-03-01T00:00:00Z\n"
            f"ends_at: 2025-12-01T00:00:00Z\n{more}\n")


def moment(day: float) -> int:
    """UTC milliseconds of a day of the story."""
    return int(START.value // 1_000_000 + day * DAY_MS)


@dataclass(frozen=True)
class Story:
    """A home, and what happens in it as days go by."""

    home: Home
    folder: Path

    def scans(self, rows: list[tuple[int, float]], name: str) -> None:
        """Ingest scans of members at days."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "program.yaml").write_text(PROGRAM)
        (self.folder / "missions.yaml").write_text(MISSIONS)
        members(range(MEMBERS)).to_csv(self.folder / "members.csv", index=False)
        rows = sorted(rows, key=lambda row: row[1])
        pd.DataFrame({
            "event_id": [f"{name}-{i}" for i in range(len(rows))],
            "member_id": [f"m-{member}" for member, _ in rows], "program_id": "acme",
            "occurred_at": [(START + pd.Timedelta(days=day)).isoformat() for _, day in rows],
            "points": 40, "proof": "serial", "code_id": [f"{name}-{i}" for i in range(len(rows))],
        }).to_csv(self.folder / "scans.csv", index=False)
        ingest(self.home, self.folder)

    def draft(self, **settings: Any) -> str:
        """Draft a campaign as `campaign_text` writes it; its id."""
        with self.home.database.writing() as store:
            shelf = Shelf(store, self.home.journal().key)
            return shelf.draft(campaign_text(**settings), "rina", moment(0)).campaign.id

    def approve(self, **settings: Any) -> None:
        """Draft and approve a campaign before its start."""
        name = self.draft(**settings)
        with self.home.database.writing() as store:
            Shelf(store, self.home.journal().key).approve(name, "ana", moment(1))

    def table(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with self.home.database.reading() as store:
            return store.rows(statement)


def members(numbers: range) -> pd.DataFrame:
    """Retailers; four to a rep for the first third, who are drawn together."""
    return pd.DataFrame({
        "member_id": [f"m-{n}" for n in numbers], "program_id": "acme", "persona": "retailer",
        "joined_at": "2024-06-01T00:00:00Z", "channels": "whatsapp", "consent": True,
        "enrolled_by": [f"r-{n // 4}" if n < MEMBERS // 3 else "" for n in numbers],
    })


def fit(home: Home) -> None:
    """Make a bundle champion that tells who is silent, and nothing else."""
    journal, catalog = home.journal(), home.catalog("acme")
    frame = member_features(journal, journal.as_of_ms)
    bundle = Bundle("acme", journal.as_of_ms, dict(catalog.hashes), dict(catalog.families),
                    dict(catalog.units), dict(catalog.own_meanings),
                    member_features=dict(MEMBER_CATALOG.hashes),
                    inactivity=InactivityModel.fit([], frame, Horizons(30), 0))
    promote(home.bundles("acme"), bundle.save(home.bundles("acme")).name)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which most partners came every few days until day 40, and then fell silent."""
    folder = tmp_path_factory.mktemp("told")
    story = Story(Home(folder / "home"), folder / "export")
    random = np.random.default_rng(11)
    rows = [(member, float(day)) for member in range(MEMBERS)
            for day in np.arange(random.uniform(0, 5), 40, random.uniform(3, 6))]
    rows += [(member, float(day)) for member in range(0, MEMBERS, 10) for day in range(41, 70, 4)]
    story.scans(rows, "first")
    fit(story.home)
    story.home.close()
    return folder


@pytest.fixture
def story(told: Path, tmp_path: Path) -> Iterator[Story]:
    """A fresh copy of it."""
    shutil.copytree(told / "home", tmp_path / "home")
    home = Home(tmp_path / "home")
    yield Story(home, tmp_path / "export")
    home.close()


@pytest.fixture
def at() -> Callable[[float], int]:
    """UTC milliseconds of a day of the story."""
    return moment
