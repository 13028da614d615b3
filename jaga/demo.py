"""The tour: a simulated program through the main job, ready to be looked at."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from features.contract import EVENT_TABLES
from features.errors import BadInput
from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest
from jaga.tour import leave_tour
from models.champion import champion

if TYPE_CHECKING:
    from pathlib import Path

LIVE_SHARE = 8
"""One part in eight of the simulated time goes through the live path, the rest is history."""
DAY_MS = 86_400_000


@dataclass
class Demo:
    """Simulate, ingest, train, replay, score and suggest in one home; every step restartable.

    Parameters
    ----------
    path : Path
        The home. What is simulated goes to ``path/demo``.
    members, days, seed, story
        The world to simulate.
    progress : callable
        Told of each step.
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
        steps = (self._simulate, self._ingest, self._train, self._replay, self._judged_by_truth,
                 self._score, self._suggest, self._tour)
        results: dict[str, Any] = {}
        for number, step in enumerate(steps):
            self.progress("demo", number, len(steps))
            name = step.__name__.lstrip("_")
            started = time.perf_counter()
            results[name] = step()
            self.seconds[name] = round(time.perf_counter() - started, 1)
        self.progress("demo", len(steps), len(steps))
        return {**results, "seconds": self.seconds, "home": str(self.path)}

    @property
    def world(self) -> Path:
        """Folder of this world: the whole export, its two parts, what was computed."""
        return self.path / "demo" / f"{self.story}-{self.members}-{self.days}-{self.seed}"

    @property
    def program_id(self) -> str:
        """The simulated program's id."""
        settings = yaml.safe_load((self.world / "whole" / "program.yaml").read_text())
        return str(settings["program_id"])

    def _home(self) -> Home:
        return Home(self.path)

    def _simulate(self) -> dict[str, Any]:
        from training.cut import cut
        from training.simulate import simulate

        done = self.world / "simulated.json"
        if not done.exists():
            whole = self.world / "whole"
            report = simulate(whole, self.members, self.days, self.seed, self.story,
                              progress=self.progress)
            _enforce(whole / "program.yaml")
            cut(whole, _live_from(whole, self.days), self.world / "past", self.world / "live")
            done.write_text(json.dumps({
                "events": report.events, "rows": sum(report.rows.values()),
                "fraud_share_of_points": report.fraud_points,
                "patterns": len(report.patterns), "look_alikes": len(report.look_alikes),
            }))
        return dict(json.loads(done.read_text()))

    def _ingest(self) -> dict[str, Any]:
        report = ingest(self._home(), self.world / "past", progress=self.progress).as_dict()
        tables = report["tables"].values()
        return {name: sum(table[name] for table in tables)
                for name in ("read", "new", "same", "versions", "rejects")}

    def _train(self) -> dict[str, Any]:
        from training.train import train

        home = self._home()
        serving = champion(home.bundles(self.program_id))
        if serving is not None:
            return {"bundle": serving.name}
        return dict(train(home, self.program_id, progress=self.progress).as_dict())

    def _replay(self) -> dict[str, Any]:
        from serving.replay import replay

        return dict(replay(self._home(), self.world / "live", self.world / "verdicts.parquet",
                           program_id=self.program_id, progress=self.progress).as_dict())

    def _judged_by_truth(self) -> dict[str, Any]:
        import pandas as pd

        from training.evaluate import against_truth

        judged = against_truth(pd.read_parquet(self.world / "verdicts.parquet"),
                               self.world / "whole")
        return {name: judged[name] for name in ("earning", "redemption")}

    def _score(self) -> dict[str, Any]:
        from serving.score import score

        return dict(score(self._home(), self.world / "scores", program_id=self.program_id,
                          progress=self.progress).as_dict())

    def _suggest(self) -> dict[str, Any]:
        from serving.suggest import suggest

        return dict(suggest(self._home(), self.world / "suggestions.parquet",
                            program_id=self.program_id).as_dict())

    def _tour(self) -> list[str]:
        return leave_tour(self._home(), self.program_id, self.world)


def _enforce(path: Path) -> None:
    """The simulated program lets Jaga decide, so that the tour shows real verdicts."""
    settings = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**settings, "enforcement": "full"}, sort_keys=False))


def _live_from(whole: Path, days: int) -> int:
    import pandas as pd

    events = pd.concat(pd.read_parquet(whole / f"{table}.parquet", columns=["occurred_at"])
                       for table in EVENT_TABLES)
    if events.empty:
        raise BadInput("a world in which something happens", "no event",
                       "take more members, more days or another seed")
    ends = pd.to_datetime(events["occurred_at"], utc=True).max()
    return round(ends.timestamp() * 1000) - days * DAY_MS // LIVE_SHARE
