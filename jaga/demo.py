"""The tour: a simulated program through the main job, ready to be looked at."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.home import Home
from features.ingest import ingest
from features.progress import Progress, silent
from jaga.tour import Tour, find_tour

if TYPE_CHECKING:
    from pathlib import Path

LIVE_DAYS = 45
"""The last days of the simulated year are sent through the live verdict path, one by one."""


@dataclass
class Demo:
    """Simulate, ingest, train, replay, score and suggest in one home; every step restartable.

    Parameters
    ----------
    path : Path
        The home. The export goes to ``path/demo``.
    members, days, seed, story
        The world to simulate.
    """

    path: Path
    members: int
    days: int
    seed: int
    story: str
    progress: Progress = silent
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> dict[str, Any]:
        """Run what is not done yet; return what was made and how long each step took."""
        steps = (self._simulate, self._split, self._ingest, self._train, self._replay,
                 self._score, self._suggest)
        results: dict[str, Any] = {}
        for number, step in enumerate(steps):
            name = step.__name__.lstrip("_")
            self.progress("demo", number, len(steps))
            started = time.perf_counter()
            results[name] = step()
            self.seconds[name] = round(time.perf_counter() - started, 1)
        self.progress("demo", len(steps), len(steps))
        tour = self._tour()
        return {**results, "seconds": self.seconds, "cases": [case["title"] for case in tour.cases]}

    @property
    def _export(self) -> Path:
        return self.path / "demo" / f"{self.story}-{self.members}-{self.days}-{self.seed}"

    def _simulate(self) -> dict[str, Any]:
        from training.simulate import simulate

        done = self._export / "simulated.json"
        if not done.exists():
            report = simulate(self._export, members=self.members, days=self.days, seed=self.seed,
                              story=self.story, progress=self.progress).as_dict()
            done.write_text(json.dumps(report, default=str))
        return json.loads(done.read_text())
