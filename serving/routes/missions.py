"""Missions: suggestions that someone decided to send."""

from typing import Any

from fastapi import APIRouter

from serving.access import Suggesting
from serving.wire.errors import errors
from serving.wire.suggestions import SendAnswer, SendAsk

router = APIRouter(tags=["missions"])


@router.post("/missions", summary="Send suggestions", response_model=SendAnswer,
             responses=errors())
async def send(engine: Suggesting, ask: SendAsk) -> dict[str, Any]:
    """Log each decision and say what to send; a held-out one is logged and never sent."""
    return await engine.standing.send(ask.decision_ids)
