"""Suggestions, their sending, and what became of them."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.verdicts import Reason

SUGGESTION: Final[dict[str, Any]] = {
    "decision_id": "come-back.5f0c", "member_id": "m-7", "mission_id": "come-back",
    "channel": "whatsapp",
    "message": "Scan 3 packs this week and earn 60 points more.",
    "expected_effect": {"value": 0.08, "low": 0.0, "high": 0.16, "basis": "assumed"},
    "propensity": 0.9, "cost_points": 60,
    "reasons": [{"code": "silence", "text": "Silent for 24 days; own usual gap 5 days",
                 "contribution": 1.4, "value": 24, "usual": 5}],
}


class SuggestAsk(BaseModel):
    """Whom to look at and what may be spent; all of it optional."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "segment": {"persona": "retailer"}, "budget_points": 5000,
        "channel_capacity": {"whatsapp": 200}, "limit": 20,
    }})

    segment: dict[str, str] | None = Field(
        default=None,
        description="persona, region, tier, state or language, each with the value wanted")
    budget_points: Annotated[int, Field(ge=0, le=10**12)] | None = None
    channel_capacity: dict[str, Annotated[int, Field(ge=0, le=10**9)]] | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class Effect(BaseModel):
    """By how much the chance of coming back rises, and how we know."""

    value: float
    low: float
    high: float
    basis: Literal["measured", "assumed"]


class SuggestionAnswer(BaseModel):
    """One mission for one member."""

    model_config = ConfigDict(json_schema_extra={"example": SUGGESTION})

    decision_id: str
    member_id: str
    mission_id: str
    channel: str | None
    message: str
    expected_effect: Effect
    propensity: float
    cost_points: int
    reasons: list[Reason]


class Suggestions(BaseModel):
    """Suggestions, best first, and the time whose knowledge they rest on."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "as_of": "2025-06-01T04:45:02Z", "suggestions": [SUGGESTION],
        "held_out": ["come-back.77aa"]}})

    as_of: str
    suggestions: list[SuggestionAnswer]
    held_out: list[str] = Field(
        description="decisions kept out for honest measuring; hand them over with the others")


class SendAsk(BaseModel):
    """Which suggestions to send."""

    model_config = ConfigDict(json_schema_extra={"example": {"decision_ids": ["come-back.5f0c"]}})

    decision_ids: Annotated[list[str], Field(min_length=1, max_length=10_000)]


class Refused(BaseModel):
    """A decision that is not sent, and why."""

    id: str
    code: Literal["unknown", "opted_out", "no_consent"]


class SendAnswer(BaseModel):
    """What became of each decision; asking twice changes nothing."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "sent": ["come-back.5f0c"], "held_out": ["come-back.77aa"],
        "refused": [{"id": "come-back.9b1e", "code": "opted_out"}]}})

    sent: list[str]
    held_out: list[str]
    refused: list[Refused]


class DeliveryAsk(BaseModel):
    """What became of a message."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "decision_id": "come-back.5f0c", "status": "delivered", "at": "2025-06-01T05:00:00Z"}})

    decision_id: Annotated[str, Field(min_length=1)]
    status: Literal["queued", "sent", "delivered", "read", "failed", "opted_out"]
    at: str
    code: str | None = None
