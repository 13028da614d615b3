"""What a campaign would reach, before anything of it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.missions.power import power_of

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.missions.power import Power
    from serving.campaigns.night import Night
    from serving.campaigns.planning import Planned
    from serving.campaigns.standing import StandingCampaign

MONTH_DAYS: Final = 30


def forecast(journal: Journal, campaign: StandingCampaign, night: Night) -> dict[str, Any]:
    """Say whom a first night would reach, what it costs, and what its control group can show.

    Parameters
    ----------
    journal : Journal
    campaign : StandingCampaign
    night : Night
        A dry one, of the moment to look at.

    Returns
    -------
    dict
        ``segment, offered, control, global, points, excluded`` of the first night,
        ``points_a_month`` at most if the segment stays as it is, ``smallest_effect`` that the
        control group shows four times out of five (None: none at all).
    """
    return foreseen(journal, campaign, night.plan(campaign))


def foreseen(journal: Journal, campaign: StandingCampaign, planned: Planned) -> dict[str, Any]:
    """The same, of a first night that is planned already."""
    least = _power(planned).smallest_effect
    return planned.counts() | {"points_a_month": a_month(journal, campaign, planned),
                               "smallest_effect": least}


def a_month(journal: Journal, campaign: StandingCampaign, planned: Planned) -> int:
    """Points of a month at most: each mission again after its cool-off, within the budget."""
    rest = {mission.id: max(mission.cool_off_days, 1) for mission in journal.missions}
    points = sum(entry.points * max(1.0, MONTH_DAYS / rest[entry.intended])
                 for entry in planned.entries if entry.arm == "offered")
    return min(round(points), campaign.monthly_budget_points)


def _power(planned: Planned) -> Power:
    """What the groups of a first night show; the global holdout is in neither."""
    drawn = [entry for entry in planned.entries if entry.arm != "global"]
    held = np.array(["none" if entry.arm == "offered" else "mission" for entry in drawn],
                    dtype=object)
    clusters = np.array([entry.cluster for entry in drawn], dtype=object)
    return power_of(held, clusters, np.full(len(drawn), planned.base))
