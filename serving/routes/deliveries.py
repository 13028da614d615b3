"""Deliveries: what became of a message."""

from typing import Any

from fastapi import APIRouter

from serving.access import Delivering
from serving.wire.cases import Stored
from serving.wire.errors import errors
from serving.wire.suggestions import DeliveryAsk

router = APIRouter(tags=["missions"])


@router.post("/deliveries", summary="What became of a message", response_model=Stored,
             responses=errors())
async def deliver(engine: Delivering, delivery: DeliveryAsk) -> dict[str, Any]:
    """Store a step of a delivery; an opt-out stops sending at once."""
    return await engine.row("deliveries", delivery.model_dump(exclude_none=True))
