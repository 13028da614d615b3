"""The policy in force, on the wire."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Applied(BaseModel):
    """When a policy was put in force, and by whom."""

    number: int
    at: str
    by: str


class PolicyInForce(BaseModel):
    """By what events are judged now."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "policy_version": "1-c2cfd8aa", "text": "version: \"1\"\n", "enforcement": "observe",
        "bundle_id": "20251116-5500586dd545",
        "applied": {"number": 2, "at": "2025-06-01T04:45:01.000Z", "by": "rina"}}})

    policy_version: str
    text: str = Field(description="as policy.yaml says it")
    enforcement: Literal["observe", "hold", "full"]
    bundle_id: str
    applied: Applied | None = Field(description="null: it came with the bundle")
