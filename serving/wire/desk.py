"""What people do at the review desk, on the wire."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.cases import Decision
from serving.wire.lists import ListEntry, ListKind
from serving.wire.texts import Text

DeskAct = Literal["decide", "ask", "undo", "approve", "reject", "claim", "unclaim", "assign",
                  "snooze", "note", "declare", "list", "void_batch", "pause_campaign",
                  "resume_campaign"]
DeskStatus = Literal["waiting", "due", "done", "undone", "rejected", "failed"]
ActionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
CaseId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,99}$")]
"""As the desk names a case: by the number of what holds it together, never by an id of a person."""
MOST_EVENTS: Final = 500
"""Alerts of one act; a larger case takes several."""
DONE: Final[dict[str, Any]] = {
    "action_id": "5f0c9a41d2b7", "status": "due", "due_at": "2025-06-02T08:00:30.000Z",
    "events": 5, "points": 48200, "told": None}


class DeskAsk(BaseModel):
    """An act of a person at the desk, or the same asked for to see what it would do."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "act": "decide", "case_id": "ring-payout-123", "event_ids": ["s-1001", "s-1002"],
        "decision": "confirm_fraud", "reason": "Five accounts, one wallet, one phone.",
        "opened_at": "2025-06-02T07:58:00Z", "action_id": "5f0c9a41d2b7"}})

    act: DeskAct
    case_id: CaseId | None = None
    event_ids: Annotated[list[Text], Field(max_length=MOST_EVENTS)] = []
    action_id: ActionId | None = Field(
        None, description="of undo, approve and reject: the act meant; else made by the caller, so "
                          "that the same act sent again is done once")
    decision: Decision | None = None
    reason: Text | None = None
    opened_at: Text | None = Field(None, description="when the reviewer opened the case")
    text: Text | None = Field(None, description="of a note; of ask: words in place of ours")
    days: Annotated[int, Field(ge=1, le=365)] | None = None
    to: Annotated[str, Field(max_length=200)] | None = None
    until: Text | None = None
    list: Literal["deny", "allow", "snooze", "watch", "none"] | None = None
    kind: Text | None = Field(None, description="of a subject, or of a declaration")
    subject_id: Text | None = None
    valid_to: Text | None = None
    note: Text | None = None
    batch_id: Text | None = None
    campaign_id: Text | None = None


class DeskTold(BaseModel):
    """What a partner is told."""

    message: str
    language: str
    sent: bool = Field(description="false: no webhook is set up, the program writes to him itself")


class DeskAnswer(BaseModel):
    """An act as it is stored."""

    model_config = ConfigDict(json_schema_extra={"example": DONE})

    action_id: str
    status: DeskStatus
    due_at: str | None = Field(description="until then it can be undone; null: a second person is "
                                           "needed first")
    events: int
    points: int
    told: DeskTold | None


class DeskMessage(BaseModel):
    """What a partner may be told, in his language."""

    code: str
    text: str
    language: str


class DeskPreview(BaseModel):
    """What an act would do."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "events": 5, "members": 5, "points_released": 0, "points_taken_back": 8200,
        "points_kept": 40000, "codes": 0, "codes_watched": 0, "message": {
            "code": "partner.declined", "text": "These points could not be credited.",
            "language": "en"},
        "label": "fraud", "needs_second": "amount", "refused": None, "lists": []}})

    events: int
    members: int
    points_released: int
    points_taken_back: int
    points_kept: int
    codes: int = Field(description="codes made void")
    codes_watched: int = Field(description="codes not void that a watch makes wait for a person")
    message: DeskMessage | None
    label: Literal["legit", "fraud"] | None
    needs_second: Literal["amount", "insider"] | None
    refused: str | None = Field(description="why it is not done")
    lists: list[ListEntry] = Field(description="entries on who takes part that act now")


class DeskSubject(BaseModel):
    """What an act on a cause speaks of."""

    kind: ListKind | Literal["campaign"]
    id: str


class DeskAction(DeskAnswer):
    """An act with who did it, and what became of it."""

    case_id: str
    act: DeskAct
    decision: Decision | None
    reason: str | None
    by: str
    at: str
    second: str | None
    second_at: str | None
    failed: int = Field(description="events on which it could not be done any more")
    failure: str | None
    about: list[DeskSubject]


class DeskActions(BaseModel):
    """Acts, the newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"actions": [{
        **DONE, "case_id": "ring-payout-123", "act": "decide", "decision": "confirm_fraud",
        "reason": "Five accounts, one wallet, one phone.", "by": "rina",
        "at": "2025-06-02T08:00:00.000Z", "second": None, "second_at": None, "failed": 0,
        "failure": None, "about": []}]}})

    actions: list[DeskAction]
