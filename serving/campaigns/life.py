"""The life of a standing campaign: its versions, its approvals and its stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from models.answers import rfc3339

if TYPE_CHECKING:
    from serving.campaigns.standing import StandingCampaign

Act = Literal["approved", "stopped"]
Status = Literal["draft", "waiting", "running", "ended", "stopped"]


@dataclass(frozen=True)
class Version:
    """One text of a campaign.

    Parameters
    ----------
    campaign : StandingCampaign
    number : int
        1 for the first.
    text : str
        YAML as it was handed over.
    at_ms : int
        When.
    author : str
        By whom; empty where nobody was named.
    """

    campaign: StandingCampaign
    number: int
    text: str
    at_ms: int
    author: str


@dataclass(frozen=True)
class Step:
    """A version was approved, or the campaign stopped.

    Parameters
    ----------
    act : str
        ``approved`` or ``stopped``.
    version : int
        The version it speaks of.
    at_ms : int
    author : str
        A person, or ``jaga`` for a stop rule.
    reason : str
        Code of the stop rule, or the person's words; empty for an approval.
    """

    act: Act
    version: int
    at_ms: int
    author: str
    reason: str


@dataclass(frozen=True)
class Shelved:
    """A campaign with its life so far.

    Parameters
    ----------
    versions : tuple of Version
        Oldest first, never empty.
    steps : tuple of Step
        Oldest first.
    """

    versions: tuple[Version, ...]
    steps: tuple[Step, ...]

    @property
    def approved(self) -> Version | None:
        """The version that was approved last; None before the first approval."""
        numbers = [step.version for step in self.steps if step.act == "approved"]
        return self.versions[numbers[-1] - 1] if numbers else None

    @property
    def newest(self) -> Version:
        """The version in force, else the newest draft."""
        return self.approved or self.versions[-1]

    def may_not_approve(self, by: str) -> bool:
        """Whether the newest version waits for somebody else than its author.

        A version that no longer asks for a second person needs one if the approved version did.
        """
        version = self.versions[-1]
        asked = version.campaign.second_person or (
            self.approved is not None and self.approved.campaign.second_person)
        return asked and version.author.casefold() == by.strip().casefold()

    def status(self, now_ms: int) -> Status:
        """What it does at a moment."""
        if self.approved is None:
            return "draft"
        if self.steps[-1].act == "stopped":
            return "stopped"
        campaign = self.approved.campaign
        if campaign.is_on(now_ms):
            return "running"
        return "waiting" if now_ms < campaign.starts_ms else "ended"

    def row(self, now_ms: int) -> dict[str, Any]:
        """Plain values for a list of campaigns, as of a moment."""
        campaign, status = self.newest.campaign, self.status(now_ms)
        return {
            "campaign_id": campaign.id, "name": campaign.name, "status": status,
            "version": self.newest.number,
            "newer_draft": self.versions[-1].number > self.newest.number,
            "monthly_budget_points": campaign.monthly_budget_points, "control": campaign.control,
            "starts_at": rfc3339(campaign.starts_ms), "ends_at": rfc3339(campaign.ends_ms),
            "reason": self.steps[-1].reason if status == "stopped" else None,
        }
