"""Who slips away, on the wire."""

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.members import INACTIVITY, Expected, State
from serving.wire.suggestions import Effect
from serving.wire.verdicts import Reason


class StateCount(BaseModel):
    """How many members are in a state, and how many were."""

    state: State
    members: int
    before: int | None = Field(description="`days_before` ago; null: not known")


class Suggested(BaseModel):
    """What a plan without limits would offer a member."""

    mission_id: str
    channel: str | None
    cost_points: int
    expected_effect: Effect


class MemberListed(BaseModel):
    """One member in short."""

    member_id: str
    persona: str | None
    tier: str | None
    region: str | None
    state: State
    p_inactive: float
    horizon_days: int
    points_at_stake: int = Field(
        description="what he usually earns in his horizon, times the chance that he stays silent")
    expected_next_activity: Expected
    reasons: list[Reason] | None
    suggested: Suggested | None
    why_not: str | None = Field(description="code of why nothing is suggested")


class MembersListed(BaseModel):
    """Members of a choice, the most points at stake first."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "as_of_day": "2025-06-02", "found": 1, "points_at_stake": 210,
        "states": [{"state": "active", "members": 410, "before": 431},
                   {"state": "slipping", "members": 1, "before": 0}], "days_before": 28,
        "members": [{
            "member_id": "m-7", "persona": "retailer", "tier": "gold", "region": "java",
            **{name: INACTIVITY[name] for name in (
                "state", "p_inactive", "horizon_days", "expected_next_activity", "reasons")},
            "points_at_stake": 210, "suggested": {
                "mission_id": "come-back", "channel": "whatsapp", "cost_points": 60,
                "expected_effect": {"value": 0.08, "low": 0.0, "high": 0.16,
                                    "basis": "assumed"}},
            "why_not": None}]}})

    as_of_day: str = Field(description="local day that follows the last known one")
    found: int
    points_at_stake: int = Field(description="of all that were found")
    states: list[StateCount] = Field(description="of persona, region and tier as chosen")
    days_before: int
    members: list[MemberListed]
