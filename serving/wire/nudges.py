"""Putting a nudge to sleep."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

KEY = r"^[a-z_.]+:[a-z_]+:[^\s]+$|^[a-z_.]+:[a-z_]+$"
NudgeKey = Annotated[str, Path(max_length=200, pattern=KEY)]
Language = Annotated[str, StringConstraints(max_length=35)]


def _written(value: object) -> object:
    """Numbers would pass as Unix seconds; only a written time has an offset to check."""
    if not isinstance(value, str | datetime):
        raise ValueError("a time with an offset such as 2026-01-31T00:00:00+07:00")
    return value


class SnoozeAsk(BaseModel):
    """Until when nothing is to be heard of a nudge."""

    model_config = ConfigDict(json_schema_extra={
        "example": {"until": "2025-07-01T00:00:00+07:00"}})

    until: Annotated[AwareDatetime, BeforeValidator(_written)] = Field(
        description="at most 180 days ahead")


class SnoozeAnswer(BaseModel):
    """A nudge that sleeps."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "key": "drop:region:4", "until": "2025-06-30T17:00:00.000Z", "by": "rina"}})

    key: str
    until: str
    by: str
