"""The retention desk: campaigns and missions as people draft, launch and stop them."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.campaigns import SHOWN, Campaign
from serving.wire.numbers import VersionNumber

CAMPAIGN: Final = """\
id: come-back
name: Win back slipping retailers
segment: {persona: retailer, state: slipping}
monthly_budget_points: 5000
starts_at: 2026-01-01T00:00:00+07:00
ends_at: 2026-07-01T00:00:00+07:00
"""
FORECAST: Final[dict[str, Any]] = {
    "as_of": "2026-01-01T04:45:02.000Z", "segment": 420, "offered": 180, "control": 20,
    "global": 10, "points": 4800, "excluded": {"no_consent": 150, "in_cool_off": 60},
    "points_a_month": 5000, "smallest_effect": 0.21, "base": 0.1,
    "expected": {"value": 7.2, "low": 1.5, "high": 18.0}, "expected_effect": 0.04,
    "basis": "assumed", "second_person": None,
    "messages": {"come-back": {"en": "Scan three packs this week for 60 points more."}},
}
MISSION: Final[dict[str, Any]] = {
    "id": "come-back", "cost_points": 60, "cool_off_days": 14, "goal": "three scans in a week",
    "texts": {"en": "Scan three packs this week for 60 points more."},
}
Why = Literal["campaign", "approved", "budget"]
Yaml = Annotated[str, Field(min_length=1, max_length=20_000)]


class CampaignText(BaseModel):
    """A campaign as campaign.yaml says it."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": CAMPAIGN}})

    text: Yaml


class Bounded(BaseModel):
    """A number with its bounds."""

    value: float
    low: float
    high: float


class CampaignForecast(BaseModel):
    """What a first night of a campaign would do."""

    model_config = ConfigDict(json_schema_extra={"example": FORECAST}, populate_by_name=True)

    as_of: str
    segment: int
    offered: int
    control: int
    global_: Annotated[int, Field(alias="global")]
    points: int
    excluded: dict[str, int]
    points_a_month: int
    smallest_effect: float | None = Field(
        description="rise of the chance that the control group shows four times out of five")
    base: float
    expected: Bounded | None = Field(description="extra partners of the first night")
    expected_effect: float | None
    basis: Literal["assumed", "measured", "both"] | None
    second_person: Why | None = Field(description="why somebody else has to launch it")
    messages: dict[str, dict[str, str]]


class Drafted(Campaign):
    """A campaign after an act."""

    model_config = ConfigDict(json_schema_extra={
        "example": {**SHOWN, "newest_version": 1, "second_person": None}})

    newest_version: int
    second_person: Why | None


class LaunchAsk(BaseModel):
    """The version that was looked at."""

    model_config = ConfigDict(json_schema_extra={"example": {"version": 1}})

    version: VersionNumber


class StopAsk(BaseModel):
    """Why a campaign is stopped."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "Out of stock."}})

    reason: Annotated[str, Field(max_length=2000)] = ""


class MissionAsk(BaseModel):
    """A mission as missions.yaml lists it; none: off the list."""

    model_config = ConfigDict(json_schema_extra={
        "example": {"mission_id": "come-back", "mission": MISSION}})

    mission_id: Annotated[str, Field(min_length=1, max_length=100)]
    mission: dict[str, Any] | None = None


class MissionDraft(BaseModel):
    """A draft that waits for a second person."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "draft": 3, "mission_id": "come-back", "status": "waiting", "author": "rina"}})

    draft: int
    mission_id: str
    status: Literal["waiting"]
    author: str


class DraftEnded(BaseModel):
    """What became of a draft."""

    model_config = ConfigDict(json_schema_extra={"example": {"draft": 3, "status": "published"}})

    draft: int
    status: Literal["published", "withdrawn"]
