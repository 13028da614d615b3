"""Missions: suggestions that someone decided to send."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Suggesting
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.suggestions import SendAnswer, SendAsk

router = APIRouter(tags=["missions"])


@router.post("/missions", summary="Send suggestions", response_model=None,
             responses=answers(SendAnswer))
async def send(engine: Suggesting, ask: SendAsk) -> Response:
    """Log each decision and say what is sent; a held-out one is logged and never sent."""
    return ready(await engine.standing.send(ask.decision_ids, ask.dry_run))
