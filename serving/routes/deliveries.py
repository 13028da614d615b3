"""Deliveries: what became of a message."""


from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from serving.access import Delivering
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.suggestions import DeliveryAnswer, DeliveryAsk

router = APIRouter(tags=["missions"])


@router.post("/deliveries", summary="What became of a message", response_model=None,
             responses=answers(DeliveryAnswer))
async def deliver(engine: Delivering, delivery: DeliveryAsk) -> Response:
    """Store a step of a delivery; an opt-out stops sending at once, what waits already too."""
    stored = await engine.row("deliveries", delivery.model_dump(exclude_none=True))
    known = await run_in_threadpool(engine.standing.knows, delivery.decision_id)
    return ready(stored | {"unknown_decision": not known})
