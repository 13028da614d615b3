"""Feedback: what an event turned out to be."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Labelling
from serving.routes.ready import ready
from serving.wire.cases import FeedbackAsk
from serving.wire.errors import answers
from serving.wire.lists import Heeded

router = APIRouter(tags=["feedback"])


@router.post("/feedback", summary="A label", response_model=None, responses=answers(Heeded))
async def feedback(engine: Labelling, label: FeedbackAsk) -> Response:
    """Store a label; training learns from it once it has matured.

    The event may be unknown yet. Labels that disagree are all kept: a chargeback counts more
    than an audit, that more than an appeal that was granted, that more than a review; among
    equals the later one counts. A decision of the future is refused.
    """
    return ready(await engine.acts.label(label.model_dump(exclude_none=True)))
