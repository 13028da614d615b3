"""Suggestions: which mission to offer whom."""

from typing import Any

from fastapi import APIRouter

from serving.access import Suggesting
from serving.wire.errors import errors
from serving.wire.suggestions import SuggestAsk, Suggestions

router = APIRouter(tags=["suggestions"])


@router.post("/suggestions", summary="Rank suggestions", response_model=Suggestions,
             responses=errors())
async def suggestions(engine: Suggesting, ask: SuggestAsk) -> dict[str, Any]:
    """Rank missions for members, best first, within budget and capacity."""
    return await engine.standing.suggestions(ask.model_dump(exclude_none=True))
