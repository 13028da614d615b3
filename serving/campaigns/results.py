"""What a campaign brought against its control group, and what may be said of it by now."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from models.answers import rfc3339
from models.experiments.amount import Amount
from models.experiments.power import smallest_effect
from serving.campaigns.comparing import any_look, compare, is_off, ratio_of
from serving.campaigns.diary import Diary
from serving.campaigns.outcomes import STRETCH, entries, over
from serving.campaigns.shelf import Shelf
from serving.campaigns.stops import BY
from serving.campaigns.telling import told, told_stop

if TYPE_CHECKING:
    import pandas as pd

    from features.store.journal import Journal
    from models.experiments.sample_ratio import SampleRatio
    from models.texts import Texts
    from serving.campaigns.comparing import Comparison
    from serving.campaigns.outcomes import Activity
    from serving.campaigns.standing import StandingCampaign

STILL: Final = (30, 60, 90)
"""Days after a decision at which partners are asked for again."""
DIGITS: Final = 6
Json = dict[str, Any]


def results(
    journal: Journal, campaign_id: str, activity: Activity, texts: Texts, language: str
) -> Json:
    """Say what a campaign brought, in words and in figures.

    Parameters
    ----------
    journal : Journal
    campaign_id : str
    activity : Activity
        As of a moment; later decisions are left out.
    texts : Texts
    language : str
        Of the words.

    Returns
    -------
    dict
        ``verdict`` (measured, too_early, cannot_tell or nothing), ``lines`` for people, and the
        figures behind them. ``won_back.interval`` says whether the interval holds for one look at
        the end (final) or for any number of looks (any_look).

    Raises
    ------
    NotFound
        No such campaign.
    """
    with journal.database.reading() as store:
        found = Shelf(store, journal.key).find(campaign_id)
        diary = Diary(store, journal.key)
        decisions = diary.decisions(campaign_id)
        gone = diary.opted_out(campaign_id, activity.until)
    campaign = found.newest.campaign
    known = decisions[decisions["day"] < activity.today]
    known = known.assign(member_id=activity.roots(known["member_id"].to_numpy()))
    table = entries(known, activity)
    body = figures(campaign, known, table, activity)
    sent = known[known["code"] == "sent"]
    points = int(sent["points"].sum())
    body |= {
        "cost": {"points": points, "money": round(points * journal.program.point_value, 2),
                 "currency": journal.program.currency},
        "opted_out": {"partners": gone, "sent": int(sent["member_id"].nunique())},
    }
    status = found.status(activity.as_of_ms)
    lines = told(body, texts, language)
    stop = found.steps[-1] if status == "stopped" else None
    if stop is not None and stop.author == BY:
        lines.append(told_stop(stop.reason, campaign.stop, texts, language))
    return {"campaign_id": campaign.id, "name": campaign.name, "status": status,
            "as_of": rfc3339(activity.as_of_ms),
            "stopped": None if stop is None else {
                "by": stop.author, "reason": stop.reason, "at": rfc3339(stop.at_ms)},
            "lines": lines} | body


def figures(
    campaign: StandingCampaign, decisions: pd.DataFrame, table: pd.DataFrame, activity: Activity
) -> Json:
    """The figures of a campaign, from its decisions and entries up to a moment."""
    window = campaign.window_days
    main = compare(table, campaign, activity, window, window)
    ratio = ratio_of(table, campaign)
    return {
        "verdict": verdict_of(main, ratio),
        "won_back": _won_back(main, campaign) | _price(main, decisions, table, activity, window),
        "still_active": [_horizon(compare(table, campaign, activity, days, STRETCH))
                         for days in STILL],
        "sample_ratio": {
            "counted": sum(ratio.counts), "control": ratio.counts[1],
            "expected": round(ratio.expected[1], 1), "p": _round(ratio.p),
            "p_any_look": _round(ratio.p_always), "as_drawn": not is_off(ratio)},
    }


def verdict_of(main: Comparison, ratio: SampleRatio) -> str:
    """What may be said: measured, too_early, cannot_tell or nothing."""
    if not main.everybody:
        return "nothing"
    if is_off(ratio):
        return "cannot_tell"
    if main.lift is not None:
        return "measured"
    return "cannot_tell" if main.is_final else "too_early"


def _won_back(main: Comparison, campaign: StandingCampaign) -> Json:
    """Extra partners active within the window, with an interval that may be acted on now."""
    sizes = _sizes(main)
    if main.lift is None:
        return sizes | {"interval": None, "effect": None, "partners": None,
                        "smallest_effect": None}
    one, many = main.lift, any_look(main.lift, campaign)
    shown = one if main.is_final else many
    return sizes | {
        "share_offered": _round(one.share_treated), "share_control": _round(one.share_held_out),
        "interval": "final" if main.is_final else "any_look",
        "effect": _amount(Amount(shown.value, shown.low, shown.high)),
        "effect_one_look": _amount(Amount(one.value, one.low, one.high)),
        "partners": _amount(Amount(*(one.treated * x for x in (
            shown.value, shown.low, shown.high))), 1),
        "smallest_effect": _round(smallest_effect(
            min(max(one.share_held_out, 0.0), 1.0), one.held_out, one.treated)),
    }


def _price(main: Comparison, decisions: pd.DataFrame, table: pd.DataFrame, activity: Activity,
           window: int) -> Json:
    """Points sent to partners whose window is over, within it, and for each of them won back."""
    done = table[over(table, activity, window) & (table["arm"] == "offered")]
    first = dict(zip(done["member_id"].tolist(), done["day"].tolist(), strict=True))
    sent = decisions[decisions["code"] == "sent"]
    start = sent["member_id"].map(first)
    points = int(sent.loc[sent["day"].between(start, start + window), "points"].sum())
    back = main.partners
    is_sure = back is not None and back.low > 0
    return {"points": points,
            "points_per_partner": round(points / back.value, 1) if back and is_sure else None}


def _horizon(one: Comparison) -> Json:
    found = _sizes(one) | {"effect": None}
    if one.lift is not None:
        found |= {"share_offered": _round(one.lift.share_treated),
                  "share_control": _round(one.lift.share_held_out),
                  "effect": _amount(Amount(one.lift.value, one.lift.low, one.lift.high))}
    return found


def _sizes(one: Comparison) -> Json:
    return {"days": one.days, "decided": one.everybody, "over": one.offered + one.control,
            "offered": one.offered, "control": one.control,
            "share_offered": None, "share_control": None}


def _amount(one: Amount, digits: int = DIGITS) -> Json:
    return {name: _round(getattr(one, name), digits) for name in ("value", "low", "high")}


def _round(number: float | None, digits: int = DIGITS) -> float | None:
    return None if number is None or not math.isfinite(number) else round(float(number), digits)
