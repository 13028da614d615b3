"""Deliveries: what became of a message."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Delivering
from serving.routes.ready import ready
from serving.wire.cases import Stored
from serving.wire.errors import answers
from serving.wire.suggestions import DeliveryAsk

router = APIRouter(tags=["missions"])


@router.post("/deliveries", summary="What became of a message", response_model=None,
             responses=answers(Stored))
async def deliver(engine: Delivering, delivery: DeliveryAsk) -> Response:
    """Store a step of a delivery; an opt-out stops sending at once."""
    return ready(await engine.row("deliveries", delivery.model_dump(exclude_none=True)))
