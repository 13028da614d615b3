"""Declarations: what the program declares innocent."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Deciding
from serving.routes.ready import ready
from serving.wire.cases import DeclareAsk
from serving.wire.errors import answers
from serving.wire.lists import Heeded

router = APIRouter(tags=["cases"])


@router.post("/declarations", summary="Declare something innocent", response_model=None,
             responses=answers(Heeded))
async def declare(engine: Deciding, declaration: DeclareAsk) -> Response:
    """Store a declaration; it acts from the next event on, until it ends."""
    return ready(await engine.acts.declare(declaration.model_dump(exclude_none=True)))
