"""The copilot's feed for people, and drafts of what judges."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.wire.cases import NUDGE, Nudge

_DRAFT: dict[str, Any] = {"draft": 3, "kind": "enforcement", "status": "waiting"}


class Feed(BaseModel):
    """What the program should look at now."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "nudges": [NUDGE], "message": "What is worth a look.", "has_looked": True}})

    nudges: list[Nudge]
    message: str = Field(description="what the feed holds, or what was looked at in vain")
    has_looked: bool = Field(description="Whether people inside were ever looked at.")


class PolicyAsk(BaseModel):
    """A change of what judges, as somebody wants it."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "kind": "enforcement", "text": "hold", "note": "Four weeks observed; hold from now on."}})

    kind: Literal["policy", "enforcement"]
    text: Annotated[str, Field(min_length=1, max_length=50_000)] = Field(
        description="A policy as policy.yaml says it, or one of observe, hold, full.")
    note: Annotated[str, Field(min_length=1, max_length=10_000)]


class PolicyAnswer(BaseModel):
    """What became of a draft."""

    model_config = ConfigDict(json_schema_extra={"example": _DRAFT})

    draft: int
    kind: Literal["policy", "enforcement"]
    status: Literal["waiting", "in_force", "withdrawn", "replaced"]
