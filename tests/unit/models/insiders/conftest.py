from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from features.store.journal import Journal

PROGRAM = "program_id: acme\ncurrency: USD\ntimezone: Asia/Jakarta\n"
DAYS = 300
MEMBERS = 120
CLERKS = 6


def at(day: float, hour: float = 11.0) -> str:
    """A time of a day since the start of 2025, in the program's local hours."""
    moment = pd.Timestamp("2025-01-01T00:00:00+07:00") + pd.Timedelta(days=day, hours=hour)
    return moment.isoformat()


class World:
    """Half a desk: members who scan, clerks who sometimes enter for them, credits, reviewers."""

    def __init__(self, seed: int = 1) -> None:
        self.dice = np.random.default_rng(seed)
        self.tables: dict[str, list[dict[str, object]]] = {
            name: [] for name in ("members", "scans", "adjustments", "feedback", "referrals")}
        self.count = 0
        for number in range(MEMBERS):
            self.member(f"m{number}", joined=-200, region=f"r{number % 3}")

    def name(self) -> str:
        self.count += 1
        return f"e{self.count}"

    def member(self, name: str, joined: float, **cells: object) -> None:
        self.tables["members"].append({
            "member_id": name, "program_id": "acme", "persona": "influencer",
            "joined_at": at(joined), **cells})

    def scan(self, member: str, day: float, hour: float | None = None, **cells: object) -> str:
        name = self.name()
        hour = float(self.dice.uniform(8, 17.5)) if hour is None else hour
        self.tables["scans"].append({
            "event_id": name, "program_id": "acme", "member_id": member, "proof": "qr",
            "occurred_at": at(int(day), hour), "points": 50, "device_id": f"d-{member}", **cells})
        return name

    def life(self) -> None:
        """Everybody scans on one day in nine; a clerk enters one visit in twelve."""
        for number in range(MEMBERS):
            for day in np.flatnonzero(self.dice.random(DAYS) < 0.11):
                clerk = {"agent_id": f"c{self.dice.integers(CLERKS)}"}
                self.scan(f"m{number}", int(day), **(clerk if self.dice.random() < 1 / 12 else {}))

    def credits(self, clerk: str, count: int, bare: float, members: list[str] | None = None,
                ) -> None:
        """Credits of a clerk to random members, so many of them without a ticket."""
        for turn in range(count):
            member = str(self.dice.choice(members or [f"m{n}" for n in range(MEMBERS)]))
            self.tables["adjustments"].append({
                "event_id": self.name(), "member_id": member, "agent_id": clerk, "points": 100,
                "occurred_at": at(float(self.dice.integers(DAYS)), 10),
                "ticket": "" if turn < bare * count else f"t{self.count}"})

    def review(self, reviewer: str, count: int, approve: float, seconds: float = 600,
               region: int | None = None) -> list[str]:
        """Decisions of a reviewer on scans of new events; returns the events approved."""
        approved = []
        for turn in range(count):
            number = int(self.dice.integers(MEMBERS // 3)) * 3 + (
                int(self.dice.integers(3)) if region is None else region)
            day = float(self.dice.integers(DAYS - 60))
            event = self.scan(f"m{number}", day)
            opened = pd.Timestamp(at(day + 2, 9))
            legit = turn < approve * count
            took = pd.Timedelta(seconds=seconds * float(self.dice.lognormal(0, 0.3)))
            self.label(event, "legit" if legit else "fraud", (opened + took).isoformat(),
                       "review", reviewer_id=reviewer, opened_at=opened.isoformat())
            if legit:
                approved.append(event)
        return approved

    def label(self, event: str, label: str, when: str, source: str, **cells: object) -> None:
        self.tables["feedback"].append({"event_id": event, "label": label, "decided_at": when,
                                        "source": source, **cells})

    def write(self, folder: Path) -> Path:
        folder.mkdir()
        (folder / "program.yaml").write_text(PROGRAM)
        for name, rows in self.tables.items():
            if rows:
                pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
        return folder


@pytest.fixture
def world() -> World:
    made = World()
    made.life()
    return made


@pytest.fixture
def journal_of(tmp_path: Path) -> Iterator[Callable[[Any], Journal]]:
    homes: list[Home] = []

    def open_journal(made: World) -> Journal:
        home = Home(tmp_path / f"home{len(homes)}")
        homes.append(home)
        ingest(home, made.write(tmp_path / f"export{len(homes)}"))
        return home.journal()

    yield open_journal
    for home in homes:
        home.close()
