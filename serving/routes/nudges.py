"""Nudges: the copilot's feed."""

from typing import Any, Final

from fastapi import APIRouter

from serving.access import Reading
from serving.wire.cases import Nudges
from serving.wire.errors import errors

router = APIRouter(tags=["nudges"])
NONE_YET: Final = "No nudge: Jaga does not watch this program's trends of its own accord yet."


@router.get("/nudges", summary="The copilot's feed", response_model=Nudges, responses=errors())
async def nudges(engine: Reading) -> dict[str, Any]:
    """List what the copilot would point out now."""
    return {"nudges": [], "message": NONE_YET}
