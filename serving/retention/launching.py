"""Who may launch a campaign: alone, or as the second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from features.exports.program import Program
    from serving.campaigns.life import Shelved
    from serving.campaigns.standing import StandingCampaign

Why = Literal["campaign", "approved", "budget"]


def second_person_why(
    campaign: StandingCampaign, approved: StandingCampaign | None, program: Program
) -> Why | None:
    """Why somebody else than its author has to approve a campaign; None where nobody has to.

    Parameters
    ----------
    campaign : StandingCampaign
        The version to be launched.
    approved : StandingCampaign or None
        The version in force, whose rule holds for those after it.
    program : Program
        One person alone spends ``desk.most_alone`` points a month.

    Returns
    -------
    str or None
        campaign: it asks for it itself; approved: the version before did; budget: its points.
    """
    if campaign.second_person:
        return "campaign"
    if approved is not None and approved.second_person:
        return "approved"
    return "budget" if campaign.monthly_budget_points > program.desk.most_alone else None


def waits_for(found: Shelved, program: Program) -> Why | None:
    """Why the newest version of a campaign waits for a second person; None where it does not."""
    if found.approved is found.versions[-1] and found.steps[-1].act == "approved":
        return None  # nothing waits: it is in force
    approved = None if found.approved is None else found.approved.campaign
    return second_person_why(found.versions[-1].campaign, approved, program)


def may_launch(found: Shelved, by: str, program: Program) -> bool:
    """Whether a person may launch the newest version of a campaign."""
    author = found.versions[-1].author.strip().casefold()
    return waits_for(found, program) is None or author not in ("", by.strip().casefold())
