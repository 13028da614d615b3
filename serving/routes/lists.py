"""Lists: what a person denied, allowed, snoozed or watches."""

from fastapi import APIRouter
from starlette.responses import Response

from serving.access import Deciding, ReadingCases
from serving.routes.ready import ready
from serving.wire.errors import answers
from serving.wire.lists import Heeded, ListAsk, ListsInForce

router = APIRouter(tags=["cases"])


@router.post("/lists", summary="Deny, allow, snooze or watch an entity", response_model=None,
             responses=answers(Heeded))
async def enlist(engine: Deciding, entry: ListAsk) -> Response:
    """Put an entity on a list, or take it off all of them; it acts from the next event on.

    Deny declines. Allow and snooze let no behaviour hold; proof and missing facts still do. Deny
    and allow say why (`note`), a snooze says until when, 180 days at the most. Watch is for a
    batch, says both, and holds whatever is claimed with its codes for review.
    """
    return ready(await engine.acts.enlist(entry.model_dump()))


@router.get("/lists", summary="Entries in force", response_model=None,
            responses=answers(ListsInForce))
def lists(engine: ReadingCases) -> Response:
    """List what is denied, allowed, snoozed or watched now, the newest first, with its reason."""
    return ready(engine.acts.lists())
