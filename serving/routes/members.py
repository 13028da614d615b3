"""Members: their standing, how likely they fall silent, and who does."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from serving.access import Reading, ReadingCampaigns
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.leaving import MembersListed
from serving.wire.members import InactivityAnswer, MemberAnswer, State
from serving.wire.texts import Text

router = APIRouter(tags=["members"])
Chosen = Annotated[Text | None, Query()]


@router.get("/members", summary="Who is slipping away", response_model=None,
            responses=answers(MembersListed))
def members(
    engine: ReadingCampaigns, state: Annotated[State | None, Query()] = None,
    persona: Chosen = None, region: Chosen = None, tier: Chosen = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """List who slips or lapsed, or who is in one state, the most points at stake first.

    What is suggested is what a plan without limits would offer; nothing is decided, drawn or kept.
    """
    chosen = {"state": state, "persona": persona, "region": region, "tier": tier}
    return ready(engine.leaving.listed(
        {name: value for name, value in chosen.items() if value is not None}, limit, offset))


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
