"""What each mission brings, measured over all standing campaigns that offer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from models.missions.effects import Assumptions
from models.missions.worth import value_at_stake
from models.nudges.given import MISSIONS
from serving.campaigns.comparing import any_look, compare, is_off, ratio_of
from serving.campaigns.diary import Diary
from serving.campaigns.outcomes import entries
from serving.campaigns.shelf import Shelf

if TYPE_CHECKING:
    from features.store.journal import Journal
    from serving.campaigns.outcomes import Activity
    from serving.campaigns.standing import StandingCampaign
    from serving.members import Members


def mission_table(journal: Journal, activity: Activity, members: Members) -> pd.DataFrame:
    """Measure each mission against who was drawn to get nothing.

    Every campaign compares its own two groups, by an interval that holds however often it is
    looked at; several campaigns are joined by their certainty. A campaign whose groups are not as
    drawn tells nothing.

    Parameters
    ----------
    journal : Journal
    activity : Activity
        As of the night; later decisions are left out.
    members : Members
        As of the night: what a partner who is won back is worth.

    Returns
    -------
    DataFrame
        Columns `models.nudges.given.MISSIONS`; missions with too few partners are left out.
    """
    with journal.database.reading() as store:
        shelf, diary = Shelf(store, journal.key), Diary(store, journal.key)
        found = [(shelf.find(name).newest.campaign, diary.decisions(name))
                 for name in shelf.ids() if shelf.find(name).approved]
    parts = [row for campaign, decisions in found
             for row in _of_campaign(campaign, decisions, activity)]
    if not parts:
        return pd.DataFrame(columns=list(MISSIONS))
    cost = {mission.id: mission.cost_points for mission in journal.missions}
    stake = _stakes(members)
    rows = [_joined(name, rows, cost.get(str(name), 0), stake, journal.program.point_value)
            for name, rows in pd.DataFrame(parts).groupby("mission")]
    return pd.DataFrame(rows)[list(MISSIONS)]


def _of_campaign(campaign: StandingCampaign, decisions: pd.DataFrame, activity: Activity
                 ) -> list[dict[str, object]]:
    """One row a mission of a campaign whose effect can be told by now."""
    rows = []
    for mission, mine in decisions.groupby("intended"):
        table = entries(mine, activity)
        if table.empty or is_off(ratio_of(table, campaign)):
            continue
        window = campaign.window_days
        main = compare(table, campaign, activity, window, window)
        if main.lift is None:
            continue
        shown = any_look(main.lift, campaign)
        if np.isfinite([shown.low, shown.high]).all():
            offered = table.loc[table["arm"] == "offered", "member_id"]
            rows.append({"mission": mission, "value": shown.value, "low": shown.low,
                         "high": shown.high, "partners": main.offered,
                         "came": main.lift.share_treated, "members": offered.to_numpy()})
    return rows


def _joined(mission: object, rows: pd.DataFrame, cost_points: int, stake: pd.Series,
            point_value: float) -> dict[str, object]:
    weight = 1 / (rows["high"] - rows["low"]).clip(lower=1e-9) ** 2
    share, partners = weight / weight.sum(), int(rows["partners"].sum())
    half = float(((rows["high"] - rows["low"]) / 2 * share).pow(2).sum() ** 0.5)
    value = float((rows["value"] * share).sum())
    came = float(np.average(rows["came"], weights=rows["partners"]))
    won = stake.reindex(np.concatenate(rows["members"].to_list())).mean()
    return {"mission": str(mission), "value": value, "low": value - half, "high": value + half,
            "partners": partners, "cost": cost_points * came * point_value,
            "worth": 0.0 if np.isnan(won) else float(won) * point_value}


def _stakes(members: Members) -> pd.Series:
    """Points of margin that a return of each member brings, by his number."""
    frame, table = members.scene.frame, members.table
    value = value_at_stake(frame, table["horizon_days"].to_numpy(), np.arange(len(frame)))
    return pd.Series(value * Assumptions.read().value_per_point, index=frame.index)
