"""Members: their standing, and how likely they fall silent."""

from typing import Any

from fastapi import APIRouter

from serving.access import Reading
from serving.wire.errors import errors
from serving.wire.members import InactivityAnswer, MemberAnswer

router = APIRouter(tags=["members"])


@router.get("/members/{member_id}", summary="A member's standing", response_model=MemberAnswer,
            responses=errors(404))
def member(engine: Reading, member_id: str) -> dict[str, Any]:
    """Show scores, recent verdicts, the open case, inactivity and the suggestion of a member."""
    return engine.standing.member(member_id)


@router.get("/members/{member_id}/inactivity", summary="How likely a member falls silent",
            response_model=InactivityAnswer, responses=errors(404))
def inactivity(engine: Reading, member_id: str) -> dict[str, Any]:
    """Tell the chance of no activity through the horizon, and what speaks for it."""
    return engine.standing.inactivity(member_id)
