"""Outcomes: every change of an event's status, in order."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from serving.access import Reading
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.verdicts import Outcomes

router = APIRouter(tags=["outcomes"])


@router.get("/outcomes", summary="Changes of status", response_model=None,
            responses=answers(Outcomes))
def outcomes(
    engine: Reading,
    after: Annotated[str, Query(pattern="^[0-9]{0,18}$", examples=["1042"])] = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """List changes after a cursor, oldest first; the answer's cursor asks for what comes next."""
    return ready(engine.desk.outcomes(int(after or -1), limit))
