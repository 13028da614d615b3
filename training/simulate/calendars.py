"""Days of a run: local midnights, weekdays, and how much each trade buys on each day.

Three calendars: Lebaran after Ramadan, Diwali, and the Latin December, the last also with the two
sowing seasons of the southern cone. A demand of 1 is an ordinary day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from training.simulate.stories import Story

DAY: Final = 86_400_000
HOUR: Final = 3_600_000
MINUTE: Final = 60_000
"""Milliseconds."""

CALENDARS: Final = ("lebaran", "diwali", "latin", "sowing")
# First day of Eid al-Fitr in Indonesia and of Diwali (Lakshmi Puja), from public calendars.
LEBARAN: Final = ("2023-04-22", "2024-04-10", "2025-03-31", "2026-03-21", "2027-03-10",
                  "2028-02-27", "2029-02-15", "2030-02-05")
DIWALI: Final = ("2023-11-12", "2024-11-01", "2025-10-20", "2026-11-08", "2027-10-29",
                 "2028-10-17", "2029-11-05", "2030-10-26")
# The two sowing seasons: start, end (month, day) and height of demand in between.
SOWINGS: Final = (((9, 5), (11, 25), 2.6), ((1, 8), (3, 5), 1.9))
OFF_SEASON_DEMAND: Final = 0.05

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Calendar:
    """The days of a run, as arrays of length days (``midnights``: days + 1).

    Parameters
    ----------
    midnights : UTC milliseconds at which each local day begins; the last ends the run.
    dates : the local days.
    weekday : 0 is Monday.
    demand, farm : demand of the trades and of the seasonal members.
    night : share of events moved to the late evening (the fasting month).
    peak : days of a festival's rush.
    season : name of the season of each day: ordinary, rush, holiday, sowing, off.
    """

    midnights: Ints
    dates: tuple[date, ...]
    weekday: Ints
    demand: Floats
    farm: Floats
    night: Floats
    peak: Bools
    season: tuple[str, ...]

    @property
    def days(self) -> int:
        """Number of days."""
        return len(self.dates)

    @property
    def start(self) -> int:
        """First millisecond of the run."""
        return int(self.midnights[0])

    @property
    def end(self) -> int:
        """First millisecond after the run."""
        return int(self.midnights[-1])

    def day_of(self, times: Ints) -> Ints:
        """Local day of each time, kept within the run."""
        return np.clip(np.searchsorted(self.midnights, times, side="right") - 1, 0, self.days - 1)


def build_calendar(story: Story, start: date, days: int) -> Calendar:
    """The calendar of a story's country over ``days`` days from ``start``."""
    dates = tuple(start + timedelta(days=i) for i in range(days + 1))
    zone = ZoneInfo(story.timezone)
    midnights = [datetime(d.year, d.month, d.day, tzinfo=zone).timestamp() * 1000 for d in dates]
    dates = dates[:-1]
    demand = _demand(story.calendar, dates)
    farm = np.array([_sowing(day) for day in dates])
    seasons = tuple(
        _season(rise, field) for rise, field in zip(demand.tolist(), farm.tolist(), strict=True)
    )
    return Calendar(
        np.array(midnights, dtype=np.int64), dates, np.array([d.weekday() for d in dates]),
        demand, farm, _night(story.calendar, dates), demand >= 1.35, seasons,
    )


def _demand(calendar: str, dates: tuple[date, ...]) -> Floats:
    if calendar == "lebaran":
        return np.array([_around(LEBARAN, day, 26, 3, 8, 1.7) for day in dates])
    if calendar == "diwali":
        return np.array([_around(DIWALI, day, 24, 1, 4, 1.8) for day in dates])
    return np.array([_december(day) for day in dates])


def _around(festivals: tuple[str, ...], day: date, rise: int, before: int, after: int,
            height: float) -> float:
    """Demand that climbs for ``rise`` days, then stands still around the festival."""
    gaps = [(date.fromisoformat(festival) - day).days for festival in festivals]
    gap = min(gaps, key=abs)
    if -after <= gap <= before:
        return 0.18
    if before < gap <= rise:
        return 1 + (height - 1) * (1 - (gap - before) / rise) ** 0.5
    return 0.85 if -after - 14 <= gap < -after else 1.0


def _december(day: date) -> float:
    if (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 5):
        return 0.35
    if day.month == 12 or (day.month, day.day) >= (11, 25):
        return 1.6
    return 0.8 if day.month in (1, 2) else 1.0


def _sowing(day: date) -> float:
    for first, last, height in SOWINGS:
        if first <= (day.month, day.day) <= last:
            return height
    near = (day.month, day.day)
    shoulder = (8, 16) <= near < (9, 5) or (11, 25) < near < (12, 20) or (3, 5) < near < (4, 15)
    return 0.5 if shoulder else OFF_SEASON_DEMAND


def _night(calendar: str, dates: tuple[date, ...]) -> Floats:
    """In the fasting month a third of the work moves behind the evening meal."""
    if calendar != "lebaran":
        return np.zeros(len(dates))
    ends = [date.fromisoformat(festival) for festival in LEBARAN]
    fasting = [any(0 < (end - day).days <= 30 for end in ends) for day in dates]
    return np.where(fasting, 0.33, 0.04)


def _season(demand: float, farm: float) -> str:
    if demand >= 1.35:
        return "rush"
    if demand < 0.5:
        return "holiday"
    if farm > 1:
        return "sowing"
    return "off" if farm < 0.1 else "ordinary"
