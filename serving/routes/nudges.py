"""Nudges: the copilot's feed."""

from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from serving.access import Reading
from serving.wire.cases import Nudges
from serving.wire.errors import errors

router = APIRouter(tags=["nudges"])


@router.get("/nudges", summary="The copilot's feed", response_model=Nudges, responses=errors())
async def nudges(engine: Reading) -> dict[str, Any]:
    """List what to look at now: the program's own errors, people inside, what a night found."""
    found = await run_in_threadpool(engine.nudges.answer)
    return {"nudges": found["nudges"], "message": found["message"]}
