"""Lists, and what is answered to whoever tells Jaga to heed something."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.cases import Stored
from serving.wire.texts import Text

ListKind = Literal["member", "device", "payout", "outlet", "seller", "agent", "ip", "batch"]
ENTRY: Final[dict[str, Any]] = {
    "list": "deny", "kind": "device", "subject_id": "d-666", "valid_to": None,
    "note": "Emulator farm of May.", "by": "rina"}


class ListAsk(BaseModel):
    """Puts an entity on a list, or takes it off all of them."""

    model_config = ConfigDict(json_schema_extra={"example": ENTRY})

    list: Literal["deny", "allow", "snooze", "watch", "none"]
    kind: ListKind
    subject_id: Annotated[str, Field(min_length=1)]
    valid_to: Text | None = Field(None, description="when it ends; needed to snooze or watch")
    note: Annotated[str, Field(max_length=2000)] | None = Field(
        None, description="the reason; needed to deny, allow or watch")
    by: Annotated[str, Field(min_length=1, max_length=200)]


class ListEntry(BaseModel):
    """One entry that acts now."""

    list: Literal["deny", "allow", "snooze", "watch"]
    kind: ListKind
    subject_id: str
    valid_from: str
    valid_to: str | None
    note: str | None
    by: str


class ListsInForce(BaseModel):
    """Entries in force, the newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "entries": [{**ENTRY, "valid_from": "2025-06-01T04:45:00.000Z"}]}})

    entries: list[ListEntry]


class Heeded(Stored):
    """What was stored, whether its subject is known, and what that means."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "new": 1, "same": 0, "versions": 0, "rejects": [], "known": True,
        "message": "It acts from the next event on."}})

    known: bool
    message: str | None
