"""Simulated worlds from end to end: learn from their own past, judge what follows live.

Each world is another country, trade and calendar. What follows the moment of learning goes through
the live verdict path of a service; only then is the sealed truth opened. The first sixty days are
judged a second time by a program that has no label at all.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.contract import EVENT_TABLES
from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

DAY_MS: Final = 86_400_000
LEARNT: Final = 0.7
"""Share of the run that is past; patterns that training never sees begin later."""
FIRST_DAYS: Final = (15, 60)
"""Without labels: what is usual is learnt from the first days, the rest of the sixty is judged."""
PATIENCE: Final = 0.01
"""Share of the events of its past that the isolation forest beside ours may hold."""


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, worlds: int = 5,
    members: int = 3000, days: int = 365,
) -> dict[str, Any]:
    """Judge worlds of seeds ``seed``, ``seed + 1`` and so on; means with 95 % intervals.

    Parameters
    ----------
    data : Path, optional
        Folder for worlds and homes, some gigabytes; a temporary one if left out.
    worlds, members, days : int
        How many worlds, and their size.

    Returns
    -------
    dict
        ``earning``, ``redemption`` and, under ``no_labels``, both again: figures over worlds;
        ``beside``: rules alone and an isolation forest alone; ``groups``: every pattern, persona,
        language, region and look-alike family over all worlds; ``worlds``: each by itself.
    """
    from training.benchmarks.rooms import rooms
    from training.verdicts import PARTS, by_group, over_worlds

    told, rows = [], []
    for room in rooms(data, seed, worlds, progress):
        world = _World(room.folder, room.story, room.seed, members, days)
        told.append(world.run(progress))
        rows.append(world.rows)
    whole = pd.concat(rows, ignore_index=True)
    found: dict[str, Any] = {part: over_worlds([one[part] for one in told]) for part in PARTS}
    found["no_labels"] = {part: over_worlds([one["no_labels"][part] for one in told])
                          for part in PARTS}
    found["beside"] = {name: {part: over_worlds([one["beside"][name][part] for one in told])
                              for part in PARTS} for name in told[0]["beside"]}
    return {**found, "groups": by_group(whole), "worlds": told, "table": _table(found)}


class _World:
    """One simulated world in a folder of its own."""

    def __init__(self, folder: Path, story: str, seed: int, members: int, days: int) -> None:
        self.folder, self.story, self.seed = folder, story, seed
        self.members, self.days = members, days
        self.rows = pd.DataFrame()

    def run(self, progress: Progress) -> dict[str, Any]:
        from training.simulate import simulate
        from training.verdicts import PARTS, figures

        shutil.rmtree(self.folder, ignore_errors=True)
        whole = self.folder / "whole"
        simulate(whole, self.members, self.days, self.seed, self.story, progress=progress)
        first, end = _span(whole)
        at = first + round(LEARNT * (end - first))
        self.rows = self._judged("past", whole, at, progress)
        stopped = {"rules alone": _by_rules(self.rows), "isolation forest alone":
                   self._forest(at)}
        parts = {part: (self.rows["part"] == part).to_numpy() for part in PARTS}
        beside = {name: {part: figures(self.rows[mask], held[mask])
                         for part, mask in parts.items()} for name, held in stopped.items()}
        start, stop = (first + day * DAY_MS for day in FIRST_DAYS)
        early = self._first_days(whole, stop)
        fresh = self._judged("first", early, start, progress)
        return {
            "story": self.story, "seed": self.seed, "beside": beside,
            **{part: figures(self.rows[mask]) for part, mask in parts.items()},
            "no_labels": {part: figures(fresh[fresh["part"] == part]) for part in PARTS},
        }

    def _first_days(self, whole: Path, stop: int) -> Path:
        """The first days of the export, without any label; its truth beside it."""
        from training.cut import cut

        early = self.folder / "early"
        cut(whole, stop, early, self.folder / "rest")
        (early / "feedback.parquet").unlink(missing_ok=True)
        shutil.copytree(whole / "truth", early / "truth")
        return early

    def _judged(self, name: str, export: Path, at: int, progress: Progress) -> pd.DataFrame:
        """Learn before a moment, replay what follows, and open the truth."""
        from serving.replay import replay
        from training.cut import cut
        from training.train import train
        from training.verdicts import judged_rows

        past, live = self.folder / f"{name}-past", self.folder / f"{name}-live"
        cut(export, at, past, live)
        home = Home(self.folder / f"{name}-home")
        ingest(home, past, progress=progress)
        train(home, as_of=at, seed=0, progress=progress)
        replay(home, live, self.folder / f"{name}.parquet", progress=progress)
        verdicts = pd.read_parquet(self.folder / f"{name}.parquet")
        return judged_rows(verdicts, export)

    def _forest(self, at: int) -> npt.NDArray[np.bool_]:
        """Events of the rows that an isolation forest alone would hold."""
        from training.baselines import isolation_held
        from training.events import read_events

        journal = Home(self.folder / "past-home").journal()
        events = read_events(journal, at, silent)
        held = isolation_held(events, at, PATIENCE)
        names = journal.names("event", events.event)
        return self.rows["event_id"].isin(set(np.asarray(names)[held])).to_numpy()


def _by_rules(rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Events that proof, a missing fact or a cap stops."""
    return (rows["held"] & rows["firm"]).to_numpy()


def _span(export: Path) -> tuple[int, int]:
    """First and last moment of an export's events, in milliseconds."""
    told = pd.concat(pd.read_parquet(export / f"{table}.parquet", columns=["occurred_at"])
                     for table in EVENT_TABLES)
    times = pd.to_datetime(told["occurred_at"], utc=True)
    return tuple(round(one.timestamp() * 1000) for one in (times.min(), times.max()))


def _table(found: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = ["| | points stopped | unseen patterns | honest held | by behaviour | declined |",
             "|---|---|---|---|---|---|"]
    rows = {part: found[part] for part in ("earning", "redemption")}
    rows |= {f"{part}, no labels": figures for part, figures in found["no_labels"].items()}
    rows |= {f"{part}, {name}": figures for name, parts in found["beside"].items()
             for part, figures in parts.items()}
    for name, own in rows.items():
        cells = [_cell(own[key]) for key in ("points_stopped", "novel_stopped", "honest_held",
                                             "honest_by_behaviour", "honest_declined")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n" + "\n".join(lines)


def _cell(value: dict[str, float | None]) -> str:
    if value["mean"] is None:
        return "-"
    told = f"{value['mean']:.4g}"
    return told if value["low"] is None else f"{told} [{value['low']:.3g}, {value['high']:.3g}]"
