"""Suggestions: which mission to offer whom."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Suggesting
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.suggestions import SuggestAsk, Suggestions

router = APIRouter(tags=["suggestions"])


@router.post("/suggestions", summary="Rank suggestions", response_model=None,
             responses=answers(Suggestions))
async def suggestions(engine: Suggesting, ask: SuggestAsk) -> Response:
    """Rank missions for members, best first, within budget and capacity."""
    return ready(await engine.standing.suggestions(ask.model_dump(exclude_none=True)))
