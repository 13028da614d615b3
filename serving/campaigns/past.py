"""What was decided before a night: who had his turn today, who rests, who is in which arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.members.calendar_days import day_start
from features.places import first_place
from serving.campaigns.diary import Diary
from serving.campaigns.planning import Past

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from features.store.store import Store
    from serving.campaigns.standing import StandingCampaign


def past_of(
    campaign: StandingCampaign, decisions: pd.DataFrame, cool_off: Mapping[str, int], day: int,
    today: frozenset[int],
) -> Past:
    """What a night of a campaign has to heed of its own decisions before.

    Those kept from a mission rest like those who got it, so that both groups use the budget
    alike and who is drawn into the control group changes nothing for the others.

    Parameters
    ----------
    campaign : StandingCampaign
    decisions : DataFrame
        As `serving.campaigns.diary.Diary.decisions`.
    cool_off : mapping of str to int
        Days of rest after each mission.
    day : int
        The local day that is planned.
    today : frozenset of int
        Members who had their turn today.
    """
    last = decisions.drop_duplicates("member_id", keep="last")
    rest = last["intended"].map(cool_off).fillna(0)
    drawn = decisions[decisions["arm"] != "global"].drop_duplicates("member_id")
    first, following = month_of(day)
    inside = decisions["day"].between(first, following, inclusive="left")
    left = campaign.monthly_budget_points - int(decisions.loc[inside, "points"].sum())
    if campaign.stop.spent_points is not None:
        left = min(left, campaign.stop.spent_points - int(decisions["points"].sum()))
    return Past(
        today, frozenset(last.loc[last["day"] + rest > day, "member_id"].tolist()),
        dict(zip(drawn["member_id"].tolist(), drawn["arm"].tolist(), strict=True)), max(left, 0))


def month_of(day: int) -> tuple[int, int]:
    """First day of a day's month, and first day of the next, since 1970.

    >>> month_of(40)
    (31, 59)
    """
    month = np.datetime64(day, "D").astype("datetime64[M]")
    first, following = np.array([month, month + 1]).astype("datetime64[D]").astype(np.int64)
    return int(first), int(following)


def had_turn(store: Store, program: int, day: int, timezone: str) -> frozenset[int]:
    """Members who got, or were kept from, a mission on a local day, by whatever way."""
    start, end = day_start(day, timezone), day_start(day + 1, timezone)
    sent = store.rows(
        "SELECT member_id FROM missions WHERE program = ? AND place >= ? AND decided_at >= ? "
        "AND decided_at < ?", (program, first_place(start), start, end))
    return frozenset(int(row[0]) for row in sent) | Diary(store, program).decided_on(day)
