"""Cases: held verdicts that ask for a person, and his decision."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from serving.access import Deciding, ReadingCases
from serving.routes.ready import ready
from serving.wire.cases import CaseFile, Cases, DecideAnswer, DecideAsk
from serving.wire.errors import answers

router = APIRouter(tags=["cases"])


@router.get("/cases", summary="Open cases", response_model=None, responses=answers(Cases))
def cases(
    engine: ReadingCases,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """List open cases, the most points at stake times probability first."""
    return ready(engine.desk.cases(limit, offset))


@router.get("/cases/{case_id:path}", summary="A case, and what decisions would do",
            response_model=None, responses=answers(CaseFile, 404))
def case(engine: ReadingCases, case_id: str) -> Response:
    """Show a case with what may explain it innocently, and what each decision would change.

    Nothing is decided by looking. A decision that is refused to a key a person may still take at
    the desk.
    """
    return ready(engine.desk.case(case_id))


@router.post("/cases/{case_id:path}/decisions", summary="Decide a case", response_model=None,
             responses=answers(DecideAnswer, 404, 409))
async def decide(engine: Deciding, case_id: str, ask: DecideAsk) -> Response:
    """Release the points, keep them, or confirm a fraud; the last two are final.

    A confirmed fraud is a label; where the points were credited already, they are clawed back.
    """
    return ready(await engine.desk.decide(case_id, ask.decision, ask.reason, ask.by))
