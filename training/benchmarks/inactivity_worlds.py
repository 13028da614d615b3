"""Silence in simulated worlds: is the chance true in every persona and season, and who is spared.

Each world is another country, trade and calendar, more than two years long. On days spread over
the seasons of its second and third year a model is fitted on what was known then, and says of
everybody what will come; the run itself says what came. Only the figures open the sealed truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.errors import BadInput
from features.members.calendar_days import as_of_day, day_start
from features.members.known import History
from features.progress import Progress, silent
from features.store.home import Home
from features.store.ingest import ingest
from models.inactivity.horizons import LONGEST
from models.inactivity.model import InactivityModel
from training.benchmarks.inactivity import silence_only
from training.benchmarks.inactivity_cells import figures
from training.benchmarks.rooms import rooms
from training.fit_inactivity import past_of
from training.simulate import simulate
from training.simulate.calendars import OFF_SEASON_DEMAND, build_calendar
from training.simulate.stories import story_of
from training.simulate.truth import read_truth

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.journal import Journal

WARM: Final = 455
"""Days before the first date: a year, and the quarter that shows a rhythm before the same season
of last year."""
DATES: Final = 4
"""A quarter apart in a run of the usual length: each season once."""
LATER: Final = 1 << 42
"""A moment after every run, in milliseconds."""
SEASONAL: Final = "seasonal"
"""The truth's word for members who live by crop seasons."""


def benchmark(
    data: Path | None = None, seed: int = 0, progress: Progress = silent, worlds: int = 5,
    members: int = 2500, days: int = 850,
) -> dict[str, Any]:  # fmt: skip
    """Judge worlds of seeds ``seed``, ``seed + 1`` and so on.

    Parameters
    ----------
    data : Path, optional
        Folder for worlds and homes; a temporary one if left out.
    seed : int
        Of the first world; fits take seed 0.
    progress : callable
        Told of each world and date.
    worlds, members, days : int
        How many worlds, and their size.

    Returns
    -------
    dict
        `training.benchmarks.inactivity_cells.figures` over all member-dates; ``rungs``: what the
        ladder chose how often; ``dates``: figures of each world and date; ``table``: Markdown.

    Raises
    ------
    BadInput
        Where the run is too short for a year of history and a whole horizon after it.
    """
    if days < WARM + LONGEST:
        raise BadInput(f"--days of {WARM + LONGEST} or more", str(days),
                       "last year's season must be known, and a whole horizon must follow")
    rows = pd.concat([
        _World(room.folder.parent, room.story, room.seed).rows(members, days, progress)
        for room in rooms(data, seed, worlds, progress)], ignore_index=True)
    dates = [{"world": world, "date": date, "rung": mine["rung"].iloc[0], **figures(mine)}
             for (world, date), mine in rows.groupby(["world", "date"])]
    told = figures(rows)
    return {**told, "rungs": _rungs(dates), "dates": dates, "table": _table(told, dates)}


@dataclass(frozen=True)
class _World:
    """One simulated world in a folder of its own."""

    room: Path
    story: str
    seed: int

    def rows(self, members: int, days: int, progress: Progress) -> pd.DataFrame:
        """One row per member and date: what was said, and what came."""
        export = self.room / f"{self.story}-{self.seed}"
        simulate(export, members, days, self.seed, self.story)
        home = Home(self.room / f"{self.story}-{self.seed}-home")
        ingest(home, export)
        journal = home.journal()
        later = History.read(journal, LATER)
        first = as_of_day(later.first_ms + 1, later.timezone)
        coming = later.log.days(LATER)
        truth = read_truth(export).members.set_index("member_id")
        dates = np.linspace(WARM, days - LONGEST, DATES).astype(int)
        parts = []
        for done, date in enumerate(dates.tolist(), 1):
            parts.append(self._rows_of(journal, first + date, coming, truth))
            progress(f"{self.story} {self.seed}", done, len(dates))
        return pd.concat(parts, ignore_index=True)

    def _rows_of(
        self, journal: Journal, day: int, coming: pd.DataFrame, truth: pd.DataFrame
    ) -> pd.DataFrame:
        timezone = journal.program.timezone
        as_of_ms = day_start(day, timezone)
        past = past_of(journal, as_of_ms, 0)
        model = InactivityModel.fit(past.snapshots, past.ordered, past.horizons, 0)
        frame = past.frame[past.frame["blocked"] == 0]
        answer = model.predict(frame)
        names = journal.names("member", frame.index.to_numpy()).astype(str)
        known = truth.reindex(names)
        came = coming[coming["day"] >= day].groupby("member")["day"].min().reindex(frame.index)
        started = frame["days_since_last"].notna().to_numpy()
        rhythm, recency = np.full(len(frame), np.nan), np.full(len(frame), np.nan)
        rhythm[started] = model.table(frame[started])["none_bg"]
        recency[started] = silence_only(past.snapshots, frame[started])
        date = pd.Timestamp(day, unit="D")
        off = build_calendar(story_of(self.story), date.date(), 1).farm[0] <= OFF_SEASON_DEMAND
        return pd.DataFrame({
            "world": f"{self.story} {self.seed}", "date": str(date.date()), "rung": model.rung,
            "persona": frame["persona"].to_numpy(), "season": f"Q{date.quarter}",
            "p": answer["p_inactive"].to_numpy(), "p_bgnbd": rhythm, "p_silence": recency,
            "silent": ~(came.to_numpy() - day < answer["horizon_days"].to_numpy()),
            "state": answer["state"].to_numpy(), "segment": answer["segment"].to_numpy(),
            "low": answer["low"].to_numpy(), "high": answer["high"].to_numpy(),
            "came": came.to_numpy(), "started": started,
            "resting": (known["rhythm"] == SEASONAL).to_numpy() & _there(known, as_of_ms)
                       & (off | (frame["off_season_now"] > 0).to_numpy()),
        })  # fmt: skip


def _there(truth: pd.DataFrame, as_of_ms: int) -> Any:
    """Who had not left at a moment, or was back, shape (n,)."""
    now = pd.Timestamp(as_of_ms, unit="ms", tz="UTC")
    left, back = (pd.to_datetime(truth[name], utc=True) for name in ("left_at", "back_at"))
    return (left.isna() | (left > now) | (back <= now)).to_numpy()


def _rungs(dates: list[dict[str, Any]]) -> dict[str, int]:
    chosen = [one["rung"] for one in dates]
    return {rung: chosen.count(rung) for rung in sorted(set(chosen))}


def _table(told: dict[str, Any], dates: list[dict[str, Any]]) -> str:
    """Dates, the whole, and the cells as Markdown tables."""
    lines = ["| world, date | members | silent | AUC, BG/NBD, days silent | log-loss | ECE |",
             "|---|---|---|---|---|---|"]
    for one in [*dates, {"world": "all", "date": "", **told}]:
        three = [", ".join(f"{one[name + who]:.3f}" for who in ("", "_bgnbd", "_silence"))
                 for name in ("auc", "logloss", "ece")]
        lines.append(f"| {one['world']} {one['date']} | {one['members']} | {one['inactive']:.3f} | "
                     + " | ".join(three) + " |")
    lines += ["", "| persona, season | member-dates | said | came | points off |",
              "|---|---|---|---|---|"]
    lines += [f"| {c['persona']}, {c['season']} | {c['members']} | {c['said']:.3f} | "
              f"{c['came']:.3f} | {c['off']:+.1f} |" for c in told["cells"]]
    return "\n" + "\n".join(lines)
