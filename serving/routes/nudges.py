"""Nudges: the copilot's feed."""

from typing import Any, Final

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from serving.access import Reading
from serving.wire.cases import Nudges
from serving.wire.errors import errors

router = APIRouter(tags=["nudges"])
NOTHING: Final = ("No nudge: nothing looks like an error of the program's own, and the last daily "
                  "look found nobody inside. Jaga does not watch trends yet.")
SOME: Final = "The program's own errors, and people inside for a second pair of eyes."


@router.get("/nudges", summary="The copilot's feed", response_model=Nudges, responses=errors())
async def nudges(engine: Reading) -> dict[str, Any]:
    """List what the program should look at now: its own errors, and people inside."""
    found = await run_in_threadpool(engine.nudges.feed)
    return {"nudges": found, "message": SOME if found else NOTHING}
