"""A member's rhythm as data for a picture: weeks, silence, the day he is expected, seasons."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from features.errors import BadInput
from features.members.seasons import off_days

if TYPE_CHECKING:
    import pandas as pd

    from serving.retention.kept import Kept

WEEKS: Final = 53
AHEAD: Final = 90
"""Days after today that the picture shows."""
WEEK: Final = 7


class Span(NamedTuple):
    """Days of a kind, both ends included; ``name`` says which festival it is."""

    kind: str
    first: dt.date
    last: dt.date
    name: str = ""


@dataclass(frozen=True)
class Rhythm:
    """One member's picture.

    Parameters
    ----------
    weeks : tuple of (date, int)
        First day of each week and the events in it, oldest first, empty weeks too.
    today : date
        The day that follows the last known one.
    last : date or None
        Last day with activity; None where there was none.
    usual_gap : float or None
        Days between his active days, by his own habit.
    expected, low, high : date or None
        When he is expected next; None where nobody is expected.
    spans : tuple of Span
        ``silence``, ``off_season`` (declared), ``last_year`` (the same silence a year ago, moved
        to this year) and ``festival``.
    """

    weeks: tuple[tuple[dt.date, int], ...]
    today: dt.date
    last: dt.date | None
    usual_gap: float | None
    expected: dt.date | None
    low: dt.date | None
    high: dt.date | None
    spans: tuple[Span, ...]

    @property
    def silent_days(self) -> int | None:
        """Days since the last activity; None where there was none."""
        return None if self.last is None else (self.today - self.last).days

    def to_json(self) -> dict[str, Any]:
        """Plain values, days as ISO dates."""
        return {
            "weeks": [[day.isoformat(), events] for day, events in self.weeks],
            "today": self.today.isoformat(), "last": _iso(self.last), "usual_gap": self.usual_gap,
            "expected": _iso(self.expected), "low": _iso(self.low), "high": _iso(self.high),
            "until": date(day_of(self.today) + AHEAD).isoformat(),
            "spans": [[one.kind, one.first.isoformat(), one.last.isoformat(), one.name]
                      for one in self.spans],
        }


def rhythm_of(row: pd.Series, days: pd.DataFrame, kept: Kept) -> Rhythm:
    """Make a member's picture.

    Parameters
    ----------
    row : Series
        His row of `Kept.members`.
    days : DataFrame
        As `Kept.days_of`.
    kept : Kept
        For today, and the calendar of seasons and festivals.
    """
    today = kept.today
    last = _day(row["last_day"])
    return Rhythm(
        weekly(days, today), date(today), last,
        None if math.isnan(row["usual_gap"]) else round(float(row["usual_gap"]), 1),
        _day(row["expected"]), _day(row["low"]), _day(row["high"]),
        tuple(_spans(row, kept, last)))


def weekly(days: pd.DataFrame, today: int) -> tuple[tuple[dt.date, int], ...]:
    """Events of the `WEEKS` weeks up to a day; the last one ends with the day before it.

    >>> import pandas as pd
    >>> weeks = weekly(pd.DataFrame({"day": [12, 13, 19], "events": [2, 1, 5]}), 20)
    >>> weeks[-1], weeks[-2]
    ((datetime.date(1970, 1, 14), 6), (datetime.date(1970, 1, 7), 2))
    """
    back = (today - 1 - days["day"].to_numpy(np.int64)) // WEEK
    inside = (back >= 0) & (back < WEEKS)
    events = np.bincount(back[inside], days["events"].to_numpy()[inside], WEEKS)
    return tuple((date(today - WEEK * (week + 1)), int(events[week]))
                 for week in reversed(range(WEEKS)))


def _spans(row: pd.Series, kept: Kept, last: dt.date | None) -> list[Span]:
    today = kept.today
    first, until = today - WEEK * WEEKS, today + AHEAD
    spans = []
    if last is not None and day_of(last) < today - 1:
        spans.append(Span("silence", last + dt.timedelta(days=1), date(today - 1)))
    spans += [Span("off_season", *ends) for ends in _declared(str(row["off_season"]), first, until)]
    length, left = row["season_length"], row["season_left"]
    if row["segment"] == "learnt" and not math.isnan(length):
        spans.append(Span("last_year", date(today - round(length - left)),
                          date(today + round(left))))
    for one in kept.calendar:
        fits = one["persona"] in (None, row["persona"]) and one["region"] in (None, row["region"])
        if fits and one["start"] <= until and one["end"] >= first:
            spans.append(Span("festival", date(max(one["start"], first)),
                              date(min(one["end"], until)), one["name"]))
    return spans


def _declared(text: str, first: int, until: int) -> list[tuple[dt.date, dt.date]]:
    """Stretches of a declared off season within some days; none where it can not be read."""
    days = np.arange(first, until + 1)
    try:
        inside = np.concatenate([[False], off_days(text, days), [False]])
    except BadInput:
        return []
    edges = np.flatnonzero(inside[1:] != inside[:-1]).tolist()
    return [(date(first + start), date(first + end - 1))
            for start, end in list(pairwise(edges))[::2]]


def date(day: int) -> dt.date:
    """Date of a day since 1970."""
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


def day_of(one: dt.date) -> int:
    """Days since 1970 of a date.

    >>> day_of(date(20_000))
    20000
    """
    return (one - dt.date(1970, 1, 1)).days


def _day(number: float) -> dt.date | None:
    return None if math.isnan(number) else date(round(number))


def _iso(one: dt.date | None) -> str | None:
    return None if one is None else one.isoformat()
