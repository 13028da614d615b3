"""Drift in simulated years: whether a change of fraud mode is told in time, and a festival is not.

Each world is another country and trade. Its year begins so that a model is made on day 150, the
festival's rush peaks some seventy days later, and on day 295 the fraud changes its mode: three
patterns that nobody played before are played for three weeks, as often as usual in the rest of a
year or so. Every night from a week after the model to a week after the change the monitor looks,
by what was known then. Which patterns they are is drawn by the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import stats

from features.errors import BadInput
from features.members.rhythm import MEMBER_CATALOG
from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest
from models import champion
from models.bundle import Bundle
from training.benchmarks.rooms import rooms
from training.costs import policy_at
from training.events import read_events
from training.fitted import fit_scores
from training.monitor.gate import DRIFT
from training.monitor.run import look, scores_of
from training.settings import read_settings
from training.simulate import simulate
from training.simulate.program import build_world
from training.splits import DAY_MS
from training.train import know, new_bundle

if TYPE_CHECKING:
    from pathlib import Path

    from training.events import Events
    from training.monitor.report import MonitorReport

STARTS: Final = {"electricians": "2025-07-27", "farmers": "2025-04-24",
                 "installers": "2025-04-24", "resellers": "2025-02-27", "retail": "2025-04-24"}
"""First day of each story's year, so that its rush lies some seventy days behind the model."""
MODES: Final = ("duplicate_code", "guessed_codes", "invented_invoice", "device_farm",
                "spoofed_place", "territory_leak", "referral_ring", "photo_sharing",
                "common_payout", "counter_bulk")
"""Patterns of many events by several hands, of which a world draws three."""
CHANGED: Final = 3
LEARNT, CHANGE, LASTS = 150, 295, 21
"""Days of the year: the model, the change, and how long it lasts."""
WITHIN: Final = 7
TIMES: Final = 3.0
LEAST_DAYS: Final = CHANGE + LASTS


@dataclass(frozen=True)
class Nights:
    """What one world's nights told.

    Parameters
    ----------
    story, seed, modes
        The world and the patterns of its new mode.
    alarms : dict of int to tuple of str
        Codes of the gates of drift that were closed on a night, by its day of the year.
    first : int
        Day of the first look.
    change : int
        Day of the change.
    peak : frozenset of int
        Days of the rush, and the two weeks after it in which it lies in the window looked at.
    """

    story: str
    seed: int
    modes: tuple[str, ...]
    alarms: dict[int, tuple[str, ...]]
    first: int
    change: int
    peak: frozenset[int]

    @property
    def delay(self) -> int | None:
        """Days from the change to the first night that told it; None within a week.

        An alarm that was there already on the night before is none of the change.
        """
        before = set(self.alarms.get(self.change, ()))
        for day in range(self.change + 1, self.change + WITHIN + 1):
            if set(self.alarms.get(day, ())) - before:
                return day - self.change
        return None

    @property
    def false(self) -> list[int]:
        """First nights of the alarms before the change."""
        return [day for day in sorted(self.alarms)
                if day <= self.change and day - 1 not in self.alarms]

    @property
    def at_peak(self) -> list[int]:
        """Nights with an alarm while the rush is looked at."""
        return [day for day in sorted(self.alarms) if day in self.peak and day <= self.change]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"story": self.story, "seed": self.seed, "modes": list(self.modes),
                "delay": self.delay, "false_from": self.false, "at_peak": self.at_peak,
                "nights": self.change - self.first + 1,
                "gates": {str(day): list(codes) for day, codes in sorted(self.alarms.items())}}


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, worlds: int = 5,
    members: int = 3000, days: int = 365,
) -> dict[str, Any]:
    """Watch worlds of seeds ``seed``, ``seed + 1`` and so on.

    Parameters
    ----------
    data : Path, optional
        Folder for worlds and homes; a temporary one if left out.
    worlds, members, days : int
        How many worlds, and their size.

    Returns
    -------
    dict
        ``found``: share of worlds in which the change was told within seven days, with a 95 %
        interval (Clopper and Pearson), and the median ``delay``; ``at_peak``: share of worlds
        with an alarm while the rush was looked at; ``false_a_year``: alarms a year before the
        change; ``worlds``: each by itself; ``table``: Markdown.

    Raises
    ------
    BadInput
        Where the year is too short for the change.
    """
    if days < LEAST_DAYS:
        raise BadInput(f"--days of {LEAST_DAYS} or more", str(days),
                       f"the fraud changes on day {CHANGE}")
    return figures([watch_world(room.folder, room.story, room.seed, members, days, progress)
                    for room in rooms(data, seed, worlds, progress, first=seed)])


def watch_world(
    room: Path, story: str, seed: int, members: int, days: int, progress: Progress = silent,
    learnt: int = LEARNT, change: int = CHANGE, first: int | None = None, times: float = TIMES,
) -> Nights:
    """Simulate one year, make a model, and look every night.

    Parameters
    ----------
    room : Path
        Folder to make.
    learnt, change : int
        Days of the year of the model and of the change.
    first : int, optional
        Day of the first look; a week after the model if left out.
    times : float
        How often the new patterns play, of their usual number in a run of this length.
    """
    modes = draw_modes(seed)
    simulate(room / "export", members, days, seed, story, STARTS[story], progress, modes,
             (change / days, min((change + LASTS) / days, 1.0)), times)
    home = Home(room / "home")
    ingest(home, room / "export", progress=progress)
    calendar = build_world(story, members, days, seed, STARTS[story]).calendar
    start = calendar.start
    bundle, events = learn(home, start + learnt * DAY_MS, progress)
    score, settings, alarms = scores_of(bundle, events), read_settings(), {}
    nights = range(learnt + WITHIN if first is None else first, change + WITHIN + 1)
    for done, day in enumerate(nights, 1):
        report = look(home.journal(), bundle, events, start + day * DAY_MS, settings, score=score)
        if told := _told(report):
            alarms[day] = told
        progress("nights", done, len(nights))
    home.close()
    rush = np.flatnonzero(calendar.peak)
    window = settings.monitor.days
    peak = frozenset(int(day) + late for day in rush for late in range(window + 1))
    return Nights(story, seed, modes, alarms, nights.start, change, peak)


def draw_modes(seed: int) -> tuple[str, ...]:
    """The patterns of a world's new mode.

    >>> len(set(draw_modes(4)))
    3
    """
    return tuple(np.random.default_rng([seed, 5]).choice(MODES, CHANGED, replace=False).tolist())


def _told(report: MonitorReport) -> tuple[str, ...]:
    return tuple(gate.code for gate in report.gates
                 if gate.passed is False and gate.code in DRIFT)


def learn(home: Home, as_of_ms: int, progress: Progress = silent) -> tuple[Bundle, Events]:
    """Make a champion of scores alone, and hand out the events of the whole journal."""
    journal, settings = home.journal(), read_settings()
    program_id = journal.program.program_id
    catalog = home.catalog(program_id)
    events = read_events(journal, as_of_ms, progress, catalog)
    known = know(journal, as_of_ms, settings, progress, catalog, events)
    fitted = fit_scores(known.past, known.labels, known.cut, journal.program, settings, 0,
                        policy_at(journal, as_of_ms))
    bundle = new_bundle(journal, as_of_ms, catalog, thresholds=fitted.thresholds,
                        fraud=fitted.fraud, anomaly=fitted.anomaly)
    root = home.bundles(program_id)
    folder = champion.promote(root, bundle.save(root).name)
    return Bundle.load(folder, catalog, MEMBER_CATALOG), events


def figures(seen: list[Nights]) -> dict[str, Any]:
    """Shares over worlds, with intervals and a table."""
    told = [one.delay for one in seen if one.delay is not None]
    years = sum(one.change - one.first + 1 for one in seen) / 365
    found: dict[str, Any] = {
        "found": _share(len(told), len(seen)),
        "delay": float(np.median(told)) if told else None,
        "at_peak": _share(sum(bool(one.at_peak) for one in seen), len(seen)),
        "false_a_year": sum(len(one.false) for one in seen) / years,
        "worlds": [one.as_dict() for one in seen]}
    return found | {"table": _table(found)}


def _share(hits: int, count: int) -> dict[str, float]:
    ends = stats.binomtest(hits, count).proportion_ci(method="exact")
    return {"value": hits / count, "low": float(ends.low), "high": float(ends.high)}


def _table(found: dict[str, Any]) -> str:
    lines = ["| world | new patterns | told after | alarms before | at the rush |",
             "|---|---|---|---|---|"]
    lines += [f"| {one['story']} {one['seed']} | {', '.join(one['modes'])} | "
              f"{'-' if one['delay'] is None else one['delay']} | {len(one['false_from'])} | "
              f"{len(one['at_peak'])} |" for one in found["worlds"]]
    cells = {name: f"{found[name]['value']:.2f} ({found[name]['low']:.2f} to "
                   f"{found[name]['high']:.2f})" for name in ("found", "at_peak")}
    lines += ["", f"Told within {WITHIN} days: {cells['found']} of the worlds; an alarm at the "
                  f"rush: {cells['at_peak']}; {found['false_a_year']:.2f} alarms a year before the "
                  "change."]
    return "\n" + "\n".join(lines)
