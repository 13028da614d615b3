"""Cases: held verdicts that ask for a person, and his decision."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from serving.access import Deciding, ReadingCases
from serving.wire.cases import Cases, DecideAnswer, DecideAsk
from serving.wire.errors import errors

router = APIRouter(tags=["cases"])


@router.get("/cases", summary="Open cases", response_model=Cases, responses=errors())
def cases(
    engine: ReadingCases,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> dict[str, Any]:
    """List open cases, the most points at stake times probability first."""
    return engine.desk.cases(limit, offset)


@router.post("/cases/{case_id}/decisions", summary="Decide a case", response_model=DecideAnswer,
             responses=errors(404, 409))
async def decide(engine: Deciding, case_id: str, ask: DecideAsk) -> dict[str, Any]:
    """Release the points, keep them, or confirm a fraud; the last two are final.

    A confirmed fraud is a label; where the points were credited already, they are clawed back.
    """
    return await engine.desk.decide(case_id, ask.decision, ask.reason, ask.by)
