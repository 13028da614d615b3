"""Declarations: what the program declares innocent."""

from typing import Any

from fastapi import APIRouter

from serving.access import Deciding
from serving.wire.cases import DeclareAsk, Stored
from serving.wire.errors import errors

router = APIRouter(tags=["cases"])


@router.post("/declarations", summary="Declare something innocent", response_model=Stored,
             responses=errors())
async def declare(engine: Deciding, declaration: DeclareAsk) -> dict[str, Any]:
    """Store a declaration; it acts from the next event on."""
    return await engine.row("declarations", declaration.model_dump(exclude_none=True))
