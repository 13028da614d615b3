"""Renewal in simulated years: what a model that takes over after a change of fraud is worth.

Each world is another country and trade. A first model learns from 150 days and serves; on day 160
the fraud changes its mode for good: three patterns that nobody played before are played, three
times as often as usual. Everything goes through the live verdict path, week by week. Every other
week after the change a challenger is trained, every week the gates are asked, all by what was
known then, as `jaga run nightly` would in a program with ``promotion: automatic``. Once a
challenger has taken over, the same sixty days are judged in two copies of the home: by it, and by
the model that was frozen. Only then is the sealed truth opened.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAY_MS: Final = 86_400_000
LEARNT, CHANGE, WEEK, TRAINED_EVERY, JUDGED = 150, 160, 7, 14, 60
"""Days: of the first model, of the change, between gates, between trainings, and that are judged
after a takeover."""
MEASURED: Final = ("value", "stopped", "frozen_stopped", "mode_stopped", "frozen_mode_stopped",
                   "honest_held", "frozen_honest_held", "after")


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, worlds: int = 5,
    members: int = 3000, days: int = 365,
) -> dict[str, Any]:
    """Renew models in worlds of seeds ``seed``, ``seed + 1`` and so on.

    Parameters
    ----------
    data : Path, optional
        Folder for worlds and homes, some gigabytes; a temporary one if left out.
    worlds, members, days : int
        How many worlds, and their size.

    Returns
    -------
    dict
        Over worlds in which a challenger took over, with 95 % intervals: ``value``, points stopped
        on fraud in the sixty days after, as a multiple of the frozen model's; ``stopped`` and
        ``mode_stopped``, shares of all fraudulent points and of those of the new mode;
        ``honest_held``; each also for the ``frozen`` model; ``after``, days from the change to the
        takeover; ``taken_over``: how many worlds; ``worlds``: each by itself; ``table``: Markdown.

    Raises
    ------
    BadInput
        Where the year is too short to judge anything after a change.
    """
    from features.errors import BadInput
    from training.benchmarks.rooms import rooms
    from training.verdicts import spread

    if days < CHANGE + TRAINED_EVERY + JUDGED:
        raise BadInput(f"--days of {CHANGE + TRAINED_EVERY + JUDGED} or more", str(days),
                       f"the fraud changes on day {CHANGE}")
    told = [renew_world(room.folder, room.story, room.seed, members, days, progress)
            for room in rooms(data, seed, worlds, progress, first=seed)]
    found: dict[str, Any] = {name: spread([one.get(name) for one in told]) for name in MEASURED}
    found |= {"taken_over": sum(one["bundle"] is not None for one in told), "worlds": told}
    return found | {"table": _table(found)}


def renew_world(folder: Path, story: str, seed: int, members: int, days: int,
                progress: Progress = silent) -> dict[str, Any]:
    """Simulate one year, renew its model by the gates, and judge what that was worth."""
    from training.benchmarks.drift_worlds import STARTS, TIMES, draw_modes
    from training.simulate import simulate
    from training.simulate.program import build_world

    shutil.rmtree(folder, ignore_errors=True)
    modes, whole = draw_modes(seed), folder / "whole"
    simulate(whole, members, days, seed, story, STARTS[story], progress, modes,
             (CHANGE / days, 1.0), TIMES)
    start = build_world(story, members, days, seed, STARTS[story]).calendar.start
    year = _Year(folder, whole, start, progress)
    day, bundle = LEARNT, None
    while bundle is None and day + WEEK + JUDGED <= days:
        day += WEEK
        year.live_until(day)
        if day >= CHANGE + TRAINED_EVERY and (day - LEARNT) % TRAINED_EVERY == 0:
            year.train()
        bundle = year.taken_over(day)
        progress("weeks", day, days)
    told: dict[str, Any] = {"story": story, "seed": seed, "modes": list(modes), "bundle": bundle,
                            "gates": year.gates}
    if bundle is not None:
        told |= {"after": float(day - CHANGE)} | year.compared(day, modes)
    year.home.close()
    return told


@dataclass
class _Year:
    """A home that lives through an export, week by week."""

    folder: Path
    whole: Path
    start: int
    progress: Progress

    def __post_init__(self) -> None:
        from training.train import train

        self.gates: dict[str, str] = {}
        self._rest = self.whole
        self.home = Home(self.folder / "home")
        ingest(self.home, self._past(LEARNT), progress=self.progress)
        journal = self.home.journal()
        self.home.create(journal.program.model_copy(update={"promotion": "automatic"}),
                         journal.missions)
        train(self.home, as_of=self.start + LEARNT * DAY_MS, progress=self.progress)

    def _past(self, day: int) -> Path:
        """What became known since the last time, up to a day."""
        from training.cut import cut

        part, rest = self.folder / f"until-{day}", self.folder / f"after-{day}"
        cut(self._rest, self.start + day * DAY_MS, part, rest)
        if self._rest != self.whole:
            shutil.rmtree(self._rest)
        self._rest = rest
        return part

    def live_until(self, day: int) -> None:
        """Judge all that comes before a day as live traffic."""
        from serving.replay import replay

        replay(self.home, self._past(day), self.folder / "live.parquet", progress=self.progress)

    def train(self) -> None:
        """Make a challenger of what is known now."""
        from training.train import train

        train(self.home, progress=self.progress)

    def taken_over(self, day: int) -> str | None:
        """Ask the gates; the bundle that serves from now on, None where they let none."""
        from serving.sampled import explain_sample
        from training.gating import promote_if_passed

        derive: Callable[[], dict[str, Any]] = lambda: explain_sample(  # noqa: E731 - short-lived
            self.home, 2, 0, None, silent)
        found = promote_if_passed(self.home, None, self.start + day * DAY_MS, derive)
        self.gates[str(day)] = str(found["sentence"])
        return str(found["bundle_id"]) if found["promoted"] else None

    def compared(self, day: int, modes: tuple[str, ...]) -> dict[str, Any]:
        """Judge the same days by the new model and by the frozen one."""
        from training.promote import rollback

        part = self._past(day + JUDGED)
        self.home.close()
        shutil.copytree(self.home.path, self.folder / "frozen")
        frozen = Home(self.folder / "frozen")
        rollback(frozen)
        arms = {"": self._judged(Home(self.home.path), part),
                "frozen_": self._judged(frozen, part)}
        found = {prefix + name: value for prefix, rows in arms.items()
                 for name, value in _figures(rows, modes).items()}
        ours, theirs = found["points"], found["frozen_points"]
        return found | {"value": ours / theirs if theirs else None}

    def _judged(self, home: Home, part: Path) -> pd.DataFrame:
        from serving.replay import replay
        from training.verdicts import judged_rows

        out = self.folder / f"{home.path.name}.parquet"
        replay(home, part, out, progress=self.progress)
        home.close()
        return judged_rows(pd.read_parquet(out), self.whole)


def _figures(rows: pd.DataFrame, modes: tuple[str, ...]) -> dict[str, Any]:
    fraud, new = rows["is_fraud"], rows["is_fraud"] & rows["pattern"].isin(modes)
    honest = rows[~fraud]
    return {"points": float(rows["points_held"][fraud].sum()),
            "stopped": _share(rows[fraud]), "mode_stopped": _share(rows[new]),
            "mode_of_fraud": float(rows["points"][new].sum() / rows["points"][fraud].sum()),
            "honest_held": float((honest["held"] & ~honest["firm"]).mean())}


def _share(rows: pd.DataFrame) -> float | None:
    asked = float(rows["points"].sum())
    return float(rows["points_held"].sum()) / asked if asked else None


def _table(found: dict[str, Any]) -> str:
    lines = ["| world | new patterns | taken over after | value | stopped | of the new mode | "
             "honest held |", "|---|---|---|---|---|---|---|"]
    for one in found["worlds"]:
        name = f"| {one['story']} {one['seed']} | {', '.join(one['modes'])} |"
        if one["bundle"] is None:
            lines.append(f"{name} not | | | | |")
            continue
        pairs = [f"{_cell(one['frozen_' + key])} → {_cell(one[key])}"
                 for key in ("stopped", "mode_stopped", "honest_held")]
        value = "-" if one["value"] is None else f"{one['value']:.2f}"
        lines.append(f"{name} {one['after']:.0f} days | {value} | {' | '.join(pairs)} |")
    mean = found["value"]
    if mean["mean"] is not None:
        ends = "" if mean["low"] is None else f" [{mean['low']:.2f}, {mean['high']:.2f}]"
        lines += ["", f"Value of the {JUDGED} days after, of the frozen model's: "
                      f"{mean['mean']:.2f}{ends}; {found['taken_over']} of "
                      f"{len(found['worlds'])} worlds were renewed."]
    return "\n" + "\n".join(lines)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
