"""What a key may do, told to who holds it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class KeyAnswer(BaseModel):
    """Whose key asks, and what it may ask for."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "program_id": "acme", "role": "auditor", "name": "3f9a1c04b7de",
        "may": ["read", "read-campaigns", "read-cases"]}})

    program_id: str
    role: Literal["points-engine", "manager", "marketer", "admin", "auditor"]
    name: str = Field(description="as `jaga key list` shows it; the key itself is stored nowhere")
    may: list[str] = Field(description="acts of the role; a 403 names the act that is missing")
