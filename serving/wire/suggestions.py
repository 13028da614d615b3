"""Suggestions, their sending, and what became of them."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.cases import Stored
from serving.wire.texts import Text
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

    segment: dict[Text, Text] | None = Field(
        default=None,
        description="persona, region, tier, state or language, each with the value wanted")
    budget_points: Annotated[int, Field(ge=0, le=10**12)] | None = None
    channel_capacity: dict[Text, Annotated[int, Field(ge=0, le=10**9)]] | None = None
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


class PowerAnswer(BaseModel):
    """What the holdouts among these decisions can show, said before anything is sent."""

    held_out: int
    treated: int
    base: float | None = Field(description="chance to come back without a mission")
    smallest_effect: float | None = Field(
        description="rise of that chance which is shown four times out of five; null: none is")


class Suggestions(BaseModel):
    """Suggestions, best first, and the time whose knowledge they rest on."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "as_of": "2025-06-01T04:45:02Z", "suggestions": [SUGGESTION],
        "held_out": ["come-back.77aa"],
        "power": {"held_out": 100, "treated": 900, "base": 0.2, "smallest_effect": 0.118}}})

    as_of: str
    suggestions: list[SuggestionAnswer]
    held_out: list[str] = Field(
        description="decisions kept out for honest measuring; hand them over with the others")
    power: PowerAnswer


class SendAsk(BaseModel):
    """Which suggestions to send."""

    model_config = ConfigDict(json_schema_extra={"example": {"decision_ids": ["come-back.5f0c"]}})

    decision_ids: Annotated[list[Text], Field(min_length=1, max_length=10_000)]
    dry_run: bool = Field(default=False, description="true: the same answer, nothing written")


class Refused(BaseModel):
    """A decision that is not sent, and why."""

    id: str
    code: Literal["unknown", "nothing_offered", "expired", "opted_out", "blocked", "open_case",
                  "no_consent", "in_cool_off"]


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
    at: Text
    code: Text | None = None


class DeliveryAnswer(Stored):
    """What was stored, and whether the decision is one that Jaga ever heard of."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "new": 1, "same": 0, "versions": 0, "rejects": [], "unknown_decision": False}})

    unknown_decision: bool = Field(description="true: it is stored, and nobody knows whom it meant")
