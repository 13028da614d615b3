"""The verdict as it leaves the house, and the stored event beside it."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.contract import EVENT_KINDS
from serving.wire.tables import SCAN, event_schema

VERDICT: Final[dict[str, Any]] = {
    "event_id": "s-1001", "verdict": "review", "enforced": True, "would_have": "review",
    "points_held": 40,
    "hold": {"until": "2025-06-08T04:45:00Z", "then": "release", "ends_by": ["document", "time"]},
    "score": 0.83, "anomaly": 0.991,
    "reasons": [{
        "code": "velocity", "text": "82 scans today; own usual 6", "contribution": 1.92,
        "value": 82, "usual": 6,
    }],
    "hard_proof": [],
    "partner_message": {
        "code": "held", "text": "Your points are being checked. You will hear from us by 8 June.",
        "language": "en",
    },
    "degraded": False, "bundle_id": "b-20250601-1f2e", "policy_version": "p-1",
    "decided_at": "2025-06-01T04:45:01Z",
}


class EventAsk(BaseModel):
    """One event to judge: ``kind`` and the columns of its table; the engine checks them."""

    model_config = ConfigDict(extra="allow", json_schema_extra={
        "oneOf": [event_schema(kind) for kind in EVENT_KINDS], "example": dict(SCAN)})


class Reason(BaseModel):
    """One reason, strongest first; contribution in log-odds, null for proof and anomaly."""

    code: str
    text: str
    contribution: float | None = None
    value: float | str | None = None
    usual: float | str | None = None


class Hold(BaseModel):
    """How long points are held, what happens then, and what ends it earlier."""

    until: str
    then: Literal["release", "keep"]
    ends_by: list[str]


class PartnerMessage(BaseModel):
    """What the partner may be told; it never discloses the detection."""

    code: str
    text: str
    language: str


class Trust(BaseModel):
    """How far the model that gave a score is trusted, while that is not in full."""

    weight: float = Field(description="the odds of the score count with this factor")
    sentence: str


class VerdictAnswer(BaseModel):
    """What the points engine does with an event, and why."""

    model_config = ConfigDict(json_schema_extra={"example": VERDICT})

    event_id: str
    verdict: Literal["approve", "review", "decline"]
    enforced: bool = Field(description="false while the program only observes")
    would_have: Literal["approve", "review", "decline"]
    points_held: int
    hold: Hold | None
    score: float | None = Field(description="calibrated probability of fraud")
    anomaly: float | None = Field(description="share of comparable events that look less unusual")
    reasons: list[Reason]
    hard_proof: list[str]
    partner_message: PartnerMessage | None
    degraded: Literal[False, "model", "state", "store"]
    bundle_id: str
    policy_version: str
    decided_at: str
    trust: Trust | None = Field(
        default=None, description="only while the model is not trusted in full")


Status = Literal["credited", "held", "released", "kept", "partial", "clawed_back"]


class EventAnswer(BaseModel):
    """A stored event: its verdict as it was answered, and what became of its points."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "event_id": "s-1001", "kind": "scan", "member_id": "m-7", "status": "held",
        "points": 40, "points_final": 0, "changed_at": "2025-06-01T04:45:01Z", "seq": 0,
        "verdict": VERDICT, "reasons": VERDICT["reasons"],
    }})

    event_id: str
    kind: str
    member_id: str
    status: Status
    points: int
    points_final: int
    changed_at: str
    seq: int = Field(description="of the last change, as in the feed of outcomes; 0: as answered")
    verdict: VerdictAnswer | None = Field(description="null: decided elsewhere")
    reasons: list[Reason] | None = Field(
        default=None, description="with ?reasons=all: every reason, approvals included")


class Outcome(BaseModel):
    """A change of status; applying it twice is harmless."""

    event_id: str
    status: Status
    points_final: int
    changed_at: str
    reason: str | None = None
    seq: int = Field(description="of two changes of one event, the higher one counts")


class Outcomes(BaseModel):
    """Changes of status in order, and the cursor to ask with next."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "outcomes": [{"event_id": "s-1001", "status": "released", "points_final": 40,
                      "changed_at": "2025-06-02T08:00:00Z", "reason": "document",
                      "seq": 1042}],
        "cursor": "1042",
    }})

    outcomes: list[Outcome]
    cursor: str
