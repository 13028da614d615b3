"""Feedback: what an event turned out to be."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Labelling
from serving.routes.ready import ready
from serving.wire.cases import FeedbackAsk, Stored
from serving.wire.errors import answers

router = APIRouter(tags=["feedback"])


@router.post("/feedback", summary="A label", response_model=None, responses=answers(Stored))
async def feedback(engine: Labelling, label: FeedbackAsk) -> Response:
    """Store a label; training learns from it once it has matured."""
    return ready(await engine.row("feedback", label.model_dump(exclude_none=True)))
