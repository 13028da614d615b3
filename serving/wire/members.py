"""A member's standing: scores, verdicts, inactivity, suggestion."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.texts import Text
from serving.wire.verdicts import Reason, Status

State = Literal["new", "active", "off_season", "slipping", "lapsed", "blocked"]
INACTIVITY: Final[dict[str, Any]] = {
    "p_inactive": 0.71, "horizon_days": 30,
    "expected_next_activity": {"date": "2025-06-19", "low": "2025-06-09", "high": "2025-07-08"},
    "state": "slipping",
    "reasons": [{"code": "silence", "text": "Silent for 24 days; own usual gap 5 days",
                 "contribution": 1.4, "value": 24, "usual": 5}],
}
LAST_SUGGESTION: Final[dict[str, Any]] = {
    "decision_id": "come-back.5f0c", "mission_id": "come-back", "holdout": "none",
    "channel": "whatsapp", "message": "Scan 3 packs this week and earn 60 points more.",
    "expected_effect": {"value": 0.08, "low": 0.0, "high": 0.16, "basis": "assumed"},
    "propensity": 0.9, "cost_points": 60, "suggested_at": "2025-06-01T04:45:02Z",
    "status": "sent",
}


class Expected(BaseModel):
    """When the next activity is expected: a date and the interval around it."""

    date: str | None
    low: str | None
    high: str | None


class Change(BaseModel):
    """One other history: the chance of silence as it is, and as it would be."""

    code: str
    text: str
    before: float
    after: float


class WhatWouldChange(BaseModel):
    """The model asked with edited histories; the note says that this is no effect of a message."""

    note: str
    changes: list[Change]


class InactivityAnswer(BaseModel):
    """How likely the member does nothing through the horizon, and why."""

    model_config = ConfigDict(json_schema_extra={"example": INACTIVITY})

    p_inactive: float
    horizon_days: int
    expected_next_activity: Expected
    state: State
    reasons: list[Reason] | None
    what_would_change: WhatWouldChange | None = Field(
        None, description="Of /members/{id}/inactivity, where the member slips or lapsed.")


class RecentVerdict(BaseModel):
    """One recent event of a member in short."""

    event_id: str
    kind: str
    recorded_at: str
    points: int
    verdict: str | None
    status: Status


class LastSuggestion(BaseModel):
    """The newest mission that was chosen for a member, and how far it is."""

    model_config = ConfigDict(json_schema_extra={"example": LAST_SUGGESTION})

    decision_id: str
    mission_id: str = Field(description="none where he was held out")
    holdout: Literal["none", "mission", "global"]
    channel: str | None
    message: str | None
    expected_effect: dict[str, Any] | None
    propensity: float | None
    cost_points: int
    suggested_at: str
    status: Literal["suggested", "held_out", "queued", "sent", "delivered", "read", "failed",
                    "opted_out"]


class MemberAnswer(BaseModel):
    """All the program's systems need to know of a member at once."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "member_id": "m-7", "persona": "retailer", "tier": "gold",
        "scores": {"anomaly": 0.91, "p_inactive": 0.71},
        "recent_verdicts": [{"event_id": "s-1001", "kind": "scan", "points": 40,
                             "recorded_at": "2025-06-01T04:45:01Z", "verdict": "review",
                             "status": "held"}],
        "open_case": "s-1001", "inactivity": INACTIVITY, "suggestion": LAST_SUGGESTION,
    }})

    member_id: str
    persona: str | None
    tier: str | None
    scores: dict[str, float | None]
    recent_verdicts: list[RecentVerdict]
    open_case: str | None
    inactivity: InactivityAnswer | None
    suggestion: LastSuggestion | None


class MemberAsk(BaseModel):
    """Which member; the body of the BentoML method of that name."""

    model_config = ConfigDict(json_schema_extra={"example": {"member_id": "m-7"}})

    member_id: Text
