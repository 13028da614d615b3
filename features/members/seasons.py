"""Season and campaign as a member meets them: the calendar, and the same dates last year.

Silence in a declared off season is normal, and so is a gap that was there a year ago. Nothing
here looks past ``today`` but the calendar itself: campaigns already announced, declared seasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.errors import BadInput
from features.places import MISSING, Ints

if TYPE_CHECKING:
    import pandas as pd

    from features.members.cadence import Floats, Runs
    from features.members.known import Known

YEAR: Final = 365
AHEAD: Final = 60
"""Days ahead for which the calendar is read."""
FAR: Final = 180
"""A campaign further away than this says nothing about this month."""


def last_year(runs: Runs, today: int) -> dict[str, Floats]:
    """What each member did around this date a year ago; NaN where he was not there yet.

    ``gap_last_year`` is the silence that covered this date, ``gap_last_year_left`` how many days
    of it were still to come.
    """
    then = today - YEAR
    known = runs.first < then
    age = then - runs.day
    ahead = runs.sum((age <= 0) & (age > -AHEAD))
    before = runs.sum((age > 0) & (age <= AHEAD))
    next_day = _next_day(runs, then)
    previous = np.full(len(runs.members), -1, dtype=np.int64)
    np.maximum.at(previous, runs.row, np.where(runs.day < then, runs.day, -1))
    returned = known & (next_day < today)
    return {
        "same_window_last_year": np.where(known, ahead, np.nan),
        "before_last_year": np.where(known, before, np.nan),
        "gap_last_year": np.where(returned, next_day - previous, np.nan),
        "gap_last_year_left": np.where(returned, next_day - then, np.nan),
    }


def _next_day(runs: Runs, then: int) -> Ints:
    """First active day at or after ``then`` of each member; a far day where there is none."""
    far = np.iinfo(np.int64).max // 4
    following = np.full(len(runs.members), far, dtype=np.int64)
    np.minimum.at(following, runs.row, np.where(runs.day >= then, runs.day, far))
    return following


def peers_last_year(members: pd.DataFrame, seen: pd.DataFrame) -> Floats:
    """Share of members of the same persona and trade who came in this window last year.

    Parameters
    ----------
    members : DataFrame
        ``member_id, persona, trade``.
    seen : DataFrame
        Index member, ``same_window_last_year``.

    Returns
    -------
    shape (n,)
        NaN where no such peer was there a year ago; the member himself is left out.
    """
    count = seen["same_window_last_year"].reindex(members["member_id"]).to_numpy()
    group = members["persona"].to_numpy() * (1 << 32) + members["trade"].to_numpy()
    return share_of_others(group, count > 0, np.isfinite(count))


def share_of_others(group: Any, hit: Any, counted: Any) -> Floats:
    """Share of the other counted rows of each row's group that hit, shape (n,); NaN if none.

    >>> import numpy as np
    >>> share_of_others(np.array([1, 1, 1]), np.array([True, False, False]), np.full(3, True))
    array([0. , 0.5, 0.5])
    """
    _, row = np.unique(group, return_inverse=True)
    hits = np.bincount(row, weights=hit & counted)[row] - (hit & counted)
    others = np.bincount(row, weights=counted)[row] - counted
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(others > 0, hits / others, np.nan)


def pairs(one: pd.Series, other: pd.Series) -> tuple[Ints, int]:
    """Number the different pairs of two columns: each row's number, and how many there are.

    >>> import pandas as pd
    >>> pairs(pd.Series([7, 5, 7]), pd.Series([0, 9, 0]))
    (array([1, 0, 1]), 2)
    """
    left, right = (np.unique(column.to_numpy(), return_inverse=True) for column in (one, other))
    found, number = np.unique(left[1] * len(right[0]) + right[1], return_inverse=True)
    return number, len(found)


def campaign_features(known: Known, members: pd.DataFrame, runs: Runs) -> dict[str, Floats]:
    """Campaigns of each member's persona and region: now, last ended, next announced.

    ``campaign_share`` is the part of his active days that fell into one; NaN without activity.
    """
    row, size = pairs(members["persona"], members["region"])
    kinds = np.empty((size, 2), dtype=np.int64)
    kinds[row] = members[["persona", "region"]].to_numpy(dtype=np.int64)
    calendars = [_campaigns_of(known.campaigns, *kind) for kind in kinds.tolist()]
    table = np.array([_calendar(spans, known.today) for spans in calendars]).reshape(-1, 4)
    names = ("campaign_now", "days_since_campaign", "days_to_campaign", "campaign_days_ahead")
    columns = {name: table[row, i] for i, name in enumerate(names)}
    columns["campaign_share"] = _share_inside(known.campaigns, members, runs, kinds, row)
    return columns


def _campaigns_of(campaigns: pd.DataFrame, persona: int, region: int) -> Ints:
    """Start and end days of the campaigns meant for a persona and region, shape (k, 2)."""
    fits = np.isin(campaigns["persona"].to_numpy(), [MISSING, persona]) & np.isin(
        campaigns["region"].to_numpy(), [0, MISSING, region])
    return campaigns[["start", "end"]].to_numpy(dtype=np.int64)[fits]


def _calendar(spans: Ints, today: int) -> tuple[float, float, float, float]:
    start, end = spans[:, 0], spans[:, 1]
    running = (start <= today) & (end >= today)
    past, coming = end[end < today], start[start > today]
    ahead = np.arange(today, today + AHEAD)
    inside = _inside(spans, ahead)
    since = float(today - past.max()) if len(past) else np.nan
    until = float(coming.min() - today) if len(coming) else np.nan
    return float(running.any()), since, until if until <= FAR else np.nan, float(inside.sum())


def _inside(spans: Ints, days: Ints) -> Any:
    """Whether each day falls into any span."""
    hit = np.zeros(len(days), dtype=bool)
    for start, end in spans.tolist():
        hit |= (days >= start) & (days <= end)
    return hit


def _share_inside(
    campaigns: pd.DataFrame, members: pd.DataFrame, runs: Runs, kinds: Ints, row: Ints
) -> Floats:
    member = members["member_id"].to_numpy()
    place = np.searchsorted(runs.members, member)
    active = np.isin(member, runs.members)
    kind_of = np.full(len(runs.members), -1, dtype=np.int64)
    kind_of[place[active]] = row[active]
    first, last = int(runs.day.min(initial=0)), int(runs.day.max(initial=0))
    calendar = np.arange(first, last + 1)
    table = np.array([_inside(_campaigns_of(campaigns, *kind), calendar)
                      for kind in kinds.tolist()]).reshape(-1, len(calendar))
    inside = table[kind_of[runs.row], runs.day - first]
    share = np.full(len(member), np.nan)
    share[active] = (runs.sum(inside) / runs.count)[place[active]]
    return share


def off_season_features(known: Known, members: pd.DataFrame) -> dict[str, Floats]:
    """Declared off season: now, days left, share of the days ahead, days until it begins.

    ``off_season_start`` is 0 within it and NaN for members without one.
    """
    words, row = np.unique(members["off_season"].to_numpy(), return_inverse=True)
    table = np.array(
        [_off_season(known.off_seasons.get(int(word), ""), known.today) for word in words]
    ).reshape(-1, 4)
    names = ("off_season_now", "off_season_left", "off_season_ahead", "off_season_start")
    return {name: table[row, i] for i, name in enumerate(names)}


def _off_season(text: str, today: int) -> tuple[float, float, float, float]:
    try:
        ahead = off_days(text, np.arange(today, today + 2 * YEAR))
    except BadInput:  # one member's unreadable cell must not stop the night's scores
        return 0.0, 0.0, 0.0, np.nan
    left = float(np.argmin(ahead)) if not ahead.all() else float(len(ahead))
    start = float(np.argmax(ahead)) if ahead.any() else np.nan
    return float(ahead[0]), left, float(ahead[:AHEAD].mean()), start


def off_days(text: str, days: Ints) -> Any:
    """Whether each day falls into an off season written ``MM-DD/MM-DD``, ``;``-separated.

    Both ends count; a span may cross the new year.

    Raises
    ------
    BadInput
        Where the text is no such list.

    Examples
    --------
    >>> import numpy as np
    >>> off_days("12-20/01-05", np.array([0, 3, 4, 5, 353]))
    array([ True,  True,  True, False,  True])
    """
    dates = np.asarray(days, dtype="datetime64[D]")
    month = dates.astype("datetime64[M]")
    code = (month.astype(np.int64) % 12 + 1) * 100 + (dates - month).astype(np.int64) + 1
    hit = np.zeros(len(code), dtype=bool)
    for span in filter(None, (part.strip() for part in text.split(";"))):
        start, end = _span(span, text)
        hit |= (code >= start) & (code <= end) if start <= end else (code >= start) | (code <= end)
    return hit


def _span(span: str, text: str) -> tuple[int, int]:
    try:
        start, end = (int(month) * 100 + int(day) for month, day in
                      (side.split("-") for side in span.split("/")))  # fmt: skip
    except ValueError as error:
        raise BadInput("an off season such as 11-01/02-15", repr(text),
                       "write MM-DD/MM-DD, several parted by ';'") from error  # fmt: skip
    return start, end


def season_clock(known: Known, members: pd.DataFrame, runs: Runs) -> tuple[Ints, Ints]:
    """Days on each member's own clock, which stands still in his declared off season.

    A gap over the off season is then no gap, and a silence in it no silence.

    Returns
    -------
    days : shape (n,)
        Clock day of each day of ``runs``.
    today : shape (m,)
        Clock day of ``known.today`` for each member of ``runs``.
    """
    texts = known.off_seasons
    word = members.set_index("member_id")["off_season"].reindex(runs.members, fill_value=0)
    start = int(runs.first.min(initial=known.today))
    passed = np.zeros((1 + len(texts), known.today - start + 1), dtype=np.int64)
    which = np.zeros(len(runs.members), dtype=np.int64)
    for place, (number, text) in enumerate(texts.items(), 1):
        mine = (word == number).to_numpy()
        if mine.any():
            first = int(runs.first[mine].min())
            passed[place, first - start:] = _days_off(text, first, known.today)
            which[mine] = place
    days = runs.day - passed[which[runs.row], runs.day - start]
    return days, known.today - passed[which, -1]


def _days_off(text: str, first: int, today: int) -> Ints:
    """Off days from the first day to each day up to ``today``; none where the text is broken."""
    try:
        off = off_days(text, np.arange(first, today))
    except BadInput:
        off = np.zeros(today - first, dtype=bool)
    return np.concatenate([[0], np.cumsum(off)])
