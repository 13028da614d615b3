"""One table a kind of segment: what happened on each local day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.errors import BadInput
from features.members.calendar_days import local_days
from features.places import MISSING
from features.segments.grid import KINDS, Grid
from features.segments.past import (
    ACTIVITY,
    CREDITED,
    MEMBER_KINDS,
    REDEMPTION,
    REFERRAL,
    REFUSED,
    daily_members,
)

if TYPE_CHECKING:
    from features.segments.past import Past

FAILED_WORDS: Final = frozenset({"failed", "cancelled", "canceled", "rejected", "refused",
                                 "expired", "returned"})
"""Words of a redemption's status, which is free text, that say it came to nothing."""
LATE_DAYS: Final = 14
"""A reward that did not come within so many days is late."""
TABLES: Final = ("events", "active", "points", "joined", "started", "redemptions", "refused",
                 "failed", "late")


def daily(past: Past, kind: str, days: int) -> pd.DataFrame:
    """Count what happened in each segment of a kind on each of the last days.

    Parameters
    ----------
    past : Past
    kind : str
        One of `features.segments.grid.KINDS`.
    days : int
        Whole local days before ``past.today``.

    Returns
    -------
    DataFrame
        One row a segment and day with ``segment``, ``day``, and the counts ``TABLES``: ``events``
        of every kind, ``active`` members, ``points`` credited for scans and referrals, members
        who ``joined``, those of them who have ``started`` by now, ``redemptions``, and those
        refused at once, ``failed`` by their status, and not fulfilled within `LATE_DAYS`.

    Raises
    ------
    BadInput
        For another kind.
    """
    if kind not in KINDS:
        raise BadInput("a kind of segment: " + ", ".join(KINDS), kind, "take one of them")
    events, first = past.events, past.today - days
    grid = Grid.of(kind, events[events["day"] >= first], first, past.today)
    earned = events[(events["kind"] <= REFERRAL) & (events["outcome"] == CREDITED)]
    spent = events[events["kind"] == REDEMPTION]
    tables = {
        "events": grid.count(events), "active": grid.count(_active(events, kind)),
        "points": grid.count(earned, earned["points"]), "redemptions": grid.count(spent),
        "refused": grid.count(spent, spent["outcome"] == REFUSED),
        "failed": grid.count(spent, failed(past, spent)), "late": grid.count(spent, late(
            past, spent))}
    new = past.members
    if kind in (*MEMBER_KINDS, "program"):
        started = new["member"].isin(events.loc[events["kind"] < ACTIVITY, "member"])
        tables |= {"joined": grid.count(new), "started": grid.count(new, started)}
    else:
        tables |= {name: np.zeros((len(grid.segments), days)) for name in ("joined", "started")}
    return pd.DataFrame({
        "segment": np.repeat(grid.segments, days),
        "day": np.tile(np.arange(first, past.today), len(grid.segments)),
        **{name: tables[name].ravel().astype("int64") for name in TABLES}})


def _active(events: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Rows that are the first of a member's day in a segment."""
    if kind in (*MEMBER_KINDS, "program"):
        return events.iloc[daily_members(events)]
    return events[events["member"] > 0].drop_duplicates(["member", "day", kind])


def failed(past: Past, spent: pd.DataFrame) -> pd.Series:
    """Which redemptions came to nothing although they were credited."""
    words = [number for number, word in past.statuses.items() if word.lower() in FAILED_WORDS]
    return spent["status"].isin(words) & (spent["outcome"] == CREDITED)


def late(past: Past, spent: pd.DataFrame, within: int = LATE_DAYS) -> pd.Series:
    """Which credited redemptions had not come ``within`` days, as far as is known by now.

    A reward that will only come after the moment of ``past`` has not come; one whose days are not
    over is not late.
    """
    credited = (spent["outcome"] == CREDITED).to_numpy() & ~failed(past, spent).to_numpy()
    came = spent["fulfilled"].to_numpy()
    known = (came != MISSING) & (came < past.as_of_ms)
    day = spent["day"].to_numpy()
    took = np.where(known, local_days(np.where(known, came, 0), past.zone) - day, 1 << 30)
    over = day + within < past.today
    return pd.Series(credited & over & (took > within), index=spent.index)
