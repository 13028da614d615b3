"""Lists: entities that a person denied."""

from typing import Any

from fastapi import APIRouter

from serving.access import Deciding
from serving.wire.cases import ListAsk, Stored
from serving.wire.errors import errors

router = APIRouter(tags=["cases"])


@router.post("/lists", summary="Deny an entity", response_model=Stored,
             responses=errors())
async def enlist(engine: Deciding, entry: ListAsk) -> dict[str, Any]:
    """Put an entity on the deny list, or take it off; it acts from the next event on."""
    return await engine.desk.enlist(entry.model_dump())
