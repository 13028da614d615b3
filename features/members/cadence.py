"""Rhythm and volume of each member, from the days with activity alone.

The features of a silence model: how long silent, how regular, how much, which trend.
They need no calendar and no reference table, so they also work on a bare purchase log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from features.places import Ints

Floats = npt.NDArray[np.float64]
WINDOWS: Final = (14, 30, 60, 90, 180)
BLOCK: Final = 30
PRIOR_GAPS: Final = 2
"""Gaps of the typical member added to a member's own when his cadence is estimated."""


@dataclass(frozen=True)
class Runs:
    """Days of activity laid out member by member.

    Parameters
    ----------
    members : shape (m,)
        Different members, increasing.
    row : shape (n,)
        Index into ``members`` of each day.
    day : shape (n,)
        Days, increasing within a member.
    start, count : shape (m,)
        Where each member's days begin, and how many there are.
    """

    members: Ints
    row: Ints
    day: Ints
    start: Ints
    count: Ints

    @classmethod
    def of(cls, days: pd.DataFrame) -> Runs:
        """Lay out a frame of ``member, day``, sorted by both."""
        member = days["member"].to_numpy(dtype=np.int64)
        fresh = np.ones(len(member), dtype=bool)
        fresh[1:] = member[1:] != member[:-1]
        start = np.flatnonzero(fresh)
        count = np.diff(start, append=len(member))
        return cls(member[start], np.cumsum(fresh) - 1, days["day"].to_numpy(dtype=np.int64),
                   start, count)

    @property
    def first(self) -> Ints:
        """First day of each member, shape (m,)."""
        return self.day[self.start]

    @property
    def last(self) -> Ints:
        """Last day of each member, shape (m,)."""
        return self.day[self.start + self.count - 1]

    def sum(self, values: Any) -> Floats:
        """Sum of values of shape (n,) by member, shape (m,)."""
        total = np.bincount(self.row, weights=values, minlength=len(self.members))
        return total.astype(np.float64)


def cadence_features(
    days: pd.DataFrame, today: int | Ints, typical: Floats | None = None
) -> pd.DataFrame:
    """Thirty-one features of every member with activity before ``today``.

    Parameters
    ----------
    days : DataFrame
        ``member, day, events, points, quantity, skus``, sorted by member and day, every day
        before ``today``.
    today : int or shape (m,)
        First day of the horizon, on the same clock as the days: one for all, or one for each
        member whose clock stands still in an off season.
    typical : shape (m,), or None
        The program's typical gap for each member; None: that of these days.

    Returns
    -------
    DataFrame
        Index member, float64. NaN where a member has too few days: no gap before the second.

    Examples
    --------
    >>> days = pd.DataFrame({"member": [1, 1], "day": [10, 19], "events": 1.0, "points": 5.0,
    ...                      "quantity": 1.0, "skus": 1.0})
    >>> row = cadence_features(days, 53).loc[1]
    >>> float(row["days_since_last"]), float(row["gap_mean"])
    (34.0, 9.0)
    """
    runs = Runs.of(days)
    today = np.broadcast_to(np.asarray(today, dtype=np.int64), len(runs.members))
    silence = (today - runs.last).astype(np.float64)
    tenure = (today - runs.first).astype(np.float64)
    gaps = gap_features(runs)
    usual = typical_gap(runs) if typical is None else typical
    cadence = ((runs.last - runs.first) + PRIOR_GAPS * usual) / (
        runs.count - 1 + PRIOR_GAPS
    )
    columns = {
        "days_since_last": silence,
        "silence_share": _ratio(silence, tenure),
        "active_span": (runs.last - runs.first).astype(np.float64),
        "tenure": tenure,
        **gaps,
        "cadence": cadence,
        "silence_to_cadence": silence / cadence,
        "silence_to_gap_max": _ratio(silence, gaps["gap_max"]),
        "gap_last_to_cadence": gaps["gap_last"] / cadence,
        "gap_variation": _ratio(gaps["gap_sd"], gaps["gap_mean"]),
        **_volume(runs, today),
        **_value(runs, days, today),
    }
    return pd.DataFrame(columns, index=pd.Index(runs.members, name="member"))


def gap_features(runs: Runs) -> dict[str, Floats]:
    """Mean, spread, median, two largest and last gap between active days; NaN where none."""
    owner, days = gaps_of(runs)
    gap = days.astype(np.float64)
    size = len(runs.members)
    count = np.bincount(owner, minlength=size).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(owner, weights=gap, minlength=size) / count
        deviation = np.bincount(owner, weights=(gap - mean[owner]) ** 2, minlength=size)
        spread = np.sqrt(np.where(count > 1, deviation, np.nan) / (count - 1))
    median, second, largest = _ranked(owner, gap, count.astype(np.int64))
    last = np.full(size, np.nan)
    last[owner] = gap
    return {"gap_mean": mean, "gap_sd": spread, "gap_median": median, "gap_second": second,
            "gap_max": largest, "gap_last": last}  # fmt: skip


def gaps_of(runs: Runs) -> tuple[Ints, Ints]:
    """Days between one active day of a member and his next: whose they are, and how many."""
    same = runs.row[1:] == runs.row[:-1]
    return runs.row[1:][same], np.diff(runs.day)[same]


def typical_gap(runs: Runs) -> float:
    """Median of all gaps; half the longest possible wait where nobody came twice."""
    _, gaps = gaps_of(runs)
    if len(gaps):
        return max(float(np.median(gaps)), 1.0)
    return max(float(runs.day.max(initial=0) - runs.day.min(initial=0)) / 2, 1.0)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Ratio, NaN where the whole is 0: days within an off season share one day of the clock."""
    return part / np.where(whole > 0, whole, np.nan)


def _ranked(owner: Ints, gap: Floats, count: Ints) -> tuple[Floats, Floats, Floats]:
    """Median, second largest and largest gap of each member, shape (m,) each."""
    ranked = (np.sort((owner << 20) + gap.astype(np.int64)) & ((1 << 20) - 1)).astype(np.float64)
    end = np.cumsum(count)
    start, known = end - count, count > 0
    median, second, largest = (np.full(len(count), np.nan) for _ in range(3))
    low = ranked[(start + (count - 1) // 2)[known]]
    median[known] = (low + ranked[(start + count // 2)[known]]) / 2
    largest[known] = ranked[(end - 1)[known]]
    second[count > 1] = ranked[(end - 2)[count > 1]]
    return median, second, largest


def _volume(runs: Runs, today: Ints) -> dict[str, Floats]:
    age = today[runs.row] - runs.day
    recent = {window: runs.sum(age <= window) for window in WINDOWS}
    block = age // BLOCK
    fresh = np.ones(len(block), dtype=bool)
    fresh[1:] = (block[1:] != block[:-1]) | (runs.row[1:] != runs.row[:-1])
    return {
        "repeat_days": (runs.count - 1).astype(np.float64),
        **{f"active_days_{window}": count for window, count in recent.items()},
        "trend": (recent[90] + 0.5) / (recent[180] - recent[90] + 0.5),
        "active_blocks": runs.sum(fresh),
    }


def _value(runs: Runs, days: pd.DataFrame, today: Ints) -> dict[str, Floats]:
    recent = today[runs.row] - runs.day <= 90
    points = days["points"].to_numpy(dtype=np.float64)
    total = runs.sum(points)
    return {
        "points_mean": total / runs.count,
        "points_sum": total,
        "points_first": points[runs.start],
        "points_last": points[runs.start + runs.count - 1],
        "points_90": runs.sum(np.where(recent, points, 0.0)),
        "quantity_mean": runs.sum(days["quantity"].to_numpy(dtype=np.float64)) / runs.count,
        "events_mean": runs.sum(days["events"].to_numpy(dtype=np.float64)) / runs.count,
        "skus_mean": runs.sum(days["skus"].to_numpy(dtype=np.float64)) / runs.count,
    }
