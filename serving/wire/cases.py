"""Cases and the acts of the review desk."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.texts import Text
from serving.wire.verdicts import Reason, Status

Decision = Literal["release", "keep", "confirm_fraud"]
CASE: Final[dict[str, Any]] = {
    "case_id": "s-1001", "member_id": "m-7", "kind": "scan", "event_ids": ["s-1001"],
    "opened_at": "2025-06-01T04:45:01Z", "hold_until": "2025-06-08T04:45:00Z",
    "points_at_stake": 40, "probability": 0.83, "priority": 33.2, "observed": False,
    "status": "held", "reasons": [{"code": "velocity", "text": "82 scans today; own usual 6",
                                   "contribution": 1.92, "value": 82, "usual": 6}],
    "hard_proof": [], "replies": [{
        "kind": "evidence", "text": "The invoice of the fair.",
        "link": "https://files.example/inv-881.jpg", "at": "2025-06-02T07:30:00Z"}],
}

NUDGE: Final[dict[str, Any]] = {
    "nudge_id": "code_file_stale:batch:B-7:1748752200000", "kind": "alarm.code_file_stale",
    "text": "Codes of batch B-7 are not known or not dispatched for 37 members.",
    "innocent": "A new print run or dispatch that has not been loaded yet.",
    "next_step": "Load the code file of batch B-7 again.",
    "subject": {"kind": "batch", "id": "B-7"}, "since": "2025-06-01T04:30:00Z", "members": 37,
    "events": 50, "points": 5040, "key": "alarm.code_file_stale:batch:7", "why_now": "",
    "evidence": [], "link": "/review?program=acme", "money": 50.4, "figures": None,
}


class Reply(BaseModel):
    """An appeal or evidence as it came."""

    kind: Literal["appeal", "evidence"]
    text: str | None = None
    link: str | None = None
    hash: str | None = None
    at: str


class Case(BaseModel):
    """A held verdict that asks for a person."""

    model_config = ConfigDict(json_schema_extra={"example": CASE})

    case_id: str
    member_id: str
    kind: str
    event_ids: list[str]
    opened_at: str
    hold_until: str | None
    points_at_stake: int
    probability: float | None
    priority: float = Field(description="points at stake times probability")
    observed: bool = Field(description="true: the program only observes, nothing is held")
    status: Status
    reasons: list[Reason]
    hard_proof: list[str]
    replies: list[Reply] = Field(description="what the partner said and showed, oldest first")


class Cases(BaseModel):
    """Open cases, the most at stake first."""

    model_config = ConfigDict(json_schema_extra={"example": {"cases": [CASE], "open": 1}})

    cases: list[Case]
    open: int


class Innocent(BaseModel):
    """Honest behaviour that looks the same."""

    code: str
    text: str


class Consequence(BaseModel):
    """What one decision of a key would change."""

    status: Status | None = Field(description="of the points; null: it is refused to everybody")
    points_final: int | None
    points_released: int = Field(description="what the member gets that he had not")
    points_taken_back: int
    points_kept: int = Field(description="what he never gets")
    label: Literal["legit", "fraud"] | None
    refused: str | None = Field(description="why this key may not decide so; null: it may, if its "
                                            "role decides")


class Consequences(BaseModel):
    """What each decision would change."""

    release: Consequence
    keep: Consequence
    confirm_fraud: Consequence


class CaseFile(Case):
    """One case, open or decided."""

    model_config = ConfigDict(json_schema_extra={"example": {
        **CASE, "open": True, "innocent": [{
            "code": "innocent.velocity", "text": "A busy day at a counter, or a batch scanned at "
                                                 "its end."}],
        "decisions": {
            "release": {"status": "released", "points_final": 40, "points_released": 40,
                        "points_taken_back": 0, "points_kept": 0, "label": "legit",
                        "refused": None},
            "keep": {"status": "kept", "points_final": 0, "points_released": 0,
                     "points_taken_back": 0, "points_kept": 40, "label": None, "refused": None},
            "confirm_fraud": {"status": "kept", "points_final": 0, "points_released": 0,
                              "points_taken_back": 0, "points_kept": 40, "label": "fraud",
                              "refused": None}}}})

    open: bool
    innocent: list[Innocent] = Field(description="what honest behaviour looks the same")
    decisions: Consequences = Field(description="what each decision would change; none is taken")


class DecideAsk(BaseModel):
    """A person's decision on a case."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "decision": "release", "reason": "The shop showed the invoice.", "by": "rina"}})

    decision: Decision
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    by: Annotated[str, Field(min_length=1, max_length=200)]


class DecideAnswer(BaseModel):
    """What the decision changed."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "case_id": "s-1001", "status": "released", "points_final": 40, "label": "legit",
        "changed_at": "2025-06-02T08:00:00Z"}})

    case_id: str
    status: Status
    points_final: int
    label: Literal["legit", "fraud"] | None
    changed_at: str


class FeedbackAsk(BaseModel):
    """A label: what an event turned out to be."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "event_id": "s-1001", "label": "legit", "decided_at": "2025-06-02T08:00:00Z",
        "source": "review", "reviewer_id": "rina"}})

    event_id: Annotated[str, Field(min_length=1)]
    label: Literal["fraud", "legit"]
    decided_at: Text
    source: Literal["review", "audit", "appeal", "chargeback"] | None = None
    pattern: Text | None = None
    reviewer_id: Text | None = None
    opened_at: Text | None = None


class PartnerAnswer(BaseModel):
    """What the partner says or shows for an event: a text, a link, the hash of a document."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "text": "I bought these for the village fair; the invoice is attached.",
        "link": "https://files.example/inv-881.jpg", "hash": "sha256:9f2c"}})

    text: Annotated[str, Field(min_length=1, max_length=10_000)] | None = None
    link: Annotated[str, Field(max_length=2000, pattern=r"^https?://\S+$")] | None = None
    hash: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class Stored(BaseModel):
    """What was stored, and what the same rows of before changed: nothing."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "new": 1, "same": 0, "versions": 0, "rejects": []}})

    new: int
    same: int
    versions: int = 0
    rejects: list[dict[str, Any]] = []


class Replied(Stored):
    """What was stored of a partner's answer, and whether somebody will look at it."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "new": 1, "same": 0, "versions": 0, "rejects": [], "case_open": True}})

    case_open: bool = Field(description="true: the case waits for a person")


class DeclareAsk(BaseModel):
    """What the program declares innocent."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "kind": "shared_device", "subject_id": "d-5", "valid_from": "2025-06-01T00:00:00Z",
        "note": "The counter phone of the shop."}})

    kind: Literal["shared_device", "shared_payout", "shared_ip", "event_place", "bulk_channel",
                  "handheld_client", "own_shop"]
    subject_id: Annotated[str, Field(min_length=1)]
    valid_from: Text | None = None
    valid_to: Text | None = None
    note: Text | None = None


class Subject(BaseModel):
    """What a nudge is about: a campaign, a batch, a region, a staff account."""

    kind: str
    id: str


class Nudge(BaseModel):
    """One thing for the program to look at; it goes by itself when it is over."""

    model_config = ConfigDict(json_schema_extra={"example": NUDGE})

    nudge_id: str
    key: str = Field(description="the same for one cause from night to night")
    kind: str = Field(description="alarm.* is an error of the program's own, insider.* a person; "
                                  "all others are what a night found")
    why_now: str
    evidence: list[str] = Field(description="sentences with the figures behind it")
    link: str = Field(description="path of the page of the next step; empty: there is none")
    money: float = Field(description="what it costs or brings, in the program's currency")
    figures: dict[str, float | None] | None = Field(
        description="size, low, high, expected, observed, p_value, q_value of what a night found")
    text: str
    innocent: str
    next_step: str
    subject: Subject
    since: str
    members: int
    events: int | None
    points: int | None


class Nudges(BaseModel):
    """The copilot's feed."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "nudges": [NUDGE], "message": "The program's own errors, and people inside."}})

    nudges: list[Nudge]
    message: str
