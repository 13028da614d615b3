"""Standing campaigns and their results."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SHOWN: Final[dict[str, Any]] = {
    "campaign_id": "back", "name": "Win back slipping retailers", "status": "running",
    "version": 1, "newer_draft": False, "monthly_budget_points": 50_000, "control": 0.1,
    "starts_at": "2025-03-01T00:00:00.000Z", "ends_at": "2025-09-01T00:00:00.000Z",
    "reason": None,
}
RESULTS: Final[dict[str, Any]] = {
    "campaign_id": "back", "name": "Win back slipping retailers", "status": "running",
    "as_of": "2025-06-01T04:45:02.000Z", "stopped": None,
    "lines": ["121 more partners came back within 30 days because of the campaign (52 to 190). "
              "Active: 31.2% of those it was offered to, 24.1% of the control group."],
    "verdict": "measured",
    "won_back": {
        "days": 30, "decided": 1900, "over": 1900, "offered": 1705, "control": 195,
        "share_offered": 0.312, "share_control": 0.241, "interval": "final",
        "effect": {"value": 0.071, "low": 0.0305, "high": 0.1115},
        "effect_one_look": {"value": 0.071, "low": 0.0305, "high": 0.1115},
        "partners": {"value": 121.1, "low": 52.0, "high": 190.1}, "smallest_effect": 0.088,
        "points": 102_300, "points_per_partner": 844.8},
    "still_active": [{"days": 30, "decided": 1900, "over": 1900, "offered": 1705, "control": 195,
                      "share_offered": 0.312, "share_control": 0.241,
                      "effect": {"value": 0.071, "low": 0.0305, "high": 0.1115}}],
    "sample_ratio": {"counted": 1900, "control": 195, "expected": 190.0, "p": 0.702,
                     "p_any_look": 1.0, "as_drawn": True},
    "cost": {"points": 102_300, "money": 1023.0, "currency": "USD"},
    "opted_out": {"partners": 12, "sent": 1705},
}
Status = Literal["draft", "waiting", "running", "ended", "stopped"]


class Campaign(BaseModel):
    """One standing campaign."""

    model_config = ConfigDict(json_schema_extra={"example": SHOWN})

    campaign_id: str
    name: str
    status: Status
    version: int
    newer_draft: bool = Field(description="a later version waits for approval")
    monthly_budget_points: int
    control: float
    starts_at: str
    ends_at: str
    reason: str | None = Field(description="why it was stopped")


class Campaigns(BaseModel):
    """All standing campaigns, oldest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"campaigns": [SHOWN]}})

    campaigns: list[Campaign]


class CampaignResults(BaseModel):
    """What a campaign brought: sentences first, the figures behind them after."""

    model_config = ConfigDict(json_schema_extra={"example": RESULTS})

    campaign_id: str
    name: str
    status: Status
    as_of: str
    stopped: dict[str, str] | None
    lines: list[str]
    verdict: Literal["nothing", "too_early", "cannot_tell", "measured"]
    won_back: dict[str, Any] = Field(
        description="extra partners active within the window, by assignment and not by delivery")
    still_active: list[dict[str, Any]] = Field(
        description="active in the 30 days before day 30, 60 and 90, each with its own partners")
    sample_ratio: dict[str, Any]
    cost: dict[str, Any]
    opted_out: dict[str, int]
