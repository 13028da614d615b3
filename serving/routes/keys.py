"""Keys: what the one that asks may do."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.access import SECURITY, admit, programs_of
from serving.roles import ACTS, may
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.keys import KeyAnswer

router = APIRouter(tags=["keys"])


@router.get("/key", summary="What this key may do", response_model=None,
            responses=answers(KeyAnswer), openapi_extra={"security": SECURITY})
async def key(request: Request) -> Response:
    """Tell the program and the role of the key that asks, so that nobody has to try."""
    caller = await admit(programs_of(request), request.headers, "read")
    return ready({"program_id": caller.program_id, "role": caller.role, "name": caller.name,
                  "may": sorted(act for act in ACTS if may(caller.role, act))})
