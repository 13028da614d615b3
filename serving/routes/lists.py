"""Lists: entities that a person denied."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Deciding
from serving.routes.ready import ready
from serving.wire.cases import ListAsk, Stored
from serving.wire.errors import answers

router = APIRouter(tags=["cases"])


@router.post("/lists", summary="Deny an entity", response_model=None,
             responses=answers(Stored))
async def enlist(engine: Deciding, entry: ListAsk) -> Response:
    """Put an entity on the deny list, or take it off; it acts from the next event on."""
    return ready(await engine.desk.enlist(entry.model_dump()))
