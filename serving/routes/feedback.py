"""Feedback: what an event turned out to be."""

from typing import Any

from fastapi import APIRouter

from serving.access import Labelling
from serving.wire.cases import FeedbackAsk, Stored
from serving.wire.errors import errors

router = APIRouter(tags=["feedback"])


@router.post("/feedback", summary="A label", response_model=Stored, responses=errors())
async def feedback(engine: Labelling, label: FeedbackAsk) -> dict[str, Any]:
    """Store a label; training learns from it once it has matured."""
    return await engine.row("feedback", label.model_dump(exclude_none=True))
