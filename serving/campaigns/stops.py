"""Rules that end a campaign before its last day, looked at each night before it plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from serving.campaigns.comparing import any_look, compare, is_off, ratio_of
from serving.campaigns.outcomes import entries, over

if TYPE_CHECKING:
    import pandas as pd

    from serving.campaigns.outcomes import Activity
    from serving.campaigns.standing import StandingCampaign

BY: Final = "jaga"
"""Who stopped a campaign that broke a rule."""


@dataclass(frozen=True)
class Broken:
    """A rule that a campaign broke.

    Parameters
    ----------
    code : str
        opt_outs, spent, ratio or effect; its words are ``campaign.stop.CODE``.
    seen : dict of str to float
        The figures that broke it.
    """

    code: str
    seen: dict[str, float]


def broken(
    campaign: StandingCampaign, decisions: pd.DataFrame, opted_out: int, activity: Activity
) -> Broken | None:
    """The first rule that a campaign broke; None where it may go on.

    Parameters
    ----------
    campaign : StandingCampaign
    decisions : DataFrame
        As `serving.campaigns.diary.Diary.decisions`.
    opted_out : int
        Partners who said no to a message of this campaign.
    activity : Activity
    """
    rule = campaign.stop
    sent = decisions.loc[decisions["code"] == "sent", "member_id"].nunique()
    if rule.opt_out_share is not None and sent >= max(rule.after_sent, 1):
        share = opted_out / sent
        if share > rule.opt_out_share:
            return Broken("opt_outs", {"share": share, "limit": rule.opt_out_share})
    spent = int(decisions["points"].sum())
    if rule.spent_points is not None and spent >= rule.spent_points:
        return Broken("spent", {"points": spent, "limit": rule.spent_points})
    return _by_comparison(campaign, entries(decisions, activity), activity)


def _by_comparison(
    campaign: StandingCampaign, table: pd.DataFrame, activity: Activity
) -> Broken | None:
    """The rules that look at both groups, by measures that stay valid night after night."""
    rule = campaign.stop
    if rule.sample_ratio:
        ratio = ratio_of(table, campaign)
        if is_off(ratio):
            return Broken("ratio", {"control": ratio.counts[1], "expected": ratio.expected[1]})
    window = campaign.window_days
    if rule.effect_below is None or over(table, activity, window).sum() < rule.after_decisions:
        return None
    found = compare(table, campaign, activity, window, window).lift
    if found is None:
        return None
    seen = any_look(found, campaign)
    if seen.high >= rule.effect_below:
        return None
    return Broken("effect", {"effect": seen.value, "high": seen.high, "limit": rule.effect_below})
