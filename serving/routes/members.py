"""Members: their standing, and how likely they fall silent."""


from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Reading
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.members import InactivityAnswer, MemberAnswer

router = APIRouter(tags=["members"])
# `:path`, as an id may hold a slash; the longer route comes first


@router.get("/members/{member_id:path}/inactivity", summary="How likely a member falls silent",
            response_model=None, responses=answers(InactivityAnswer, 404))
def inactivity(engine: Reading, member_id: str) -> Response:
    """Tell the chance of no activity through the horizon, and what speaks for it."""
    return ready(engine.standing.inactivity(member_id))


@router.get("/members/{member_id:path}", summary="A member's standing", response_model=None,
            responses=answers(MemberAnswer, 404))
def member(engine: Reading, member_id: str) -> Response:
    """Show scores, recent verdicts, the open case, inactivity and the suggestion of a member."""
    return ready(engine.standing.member(member_id))
