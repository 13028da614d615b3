"""What a person does at the review desk, in his own name: by his session, never by a key."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from serving.access import DecidingPerson, ReadingPerson
from serving.routes.ready import ready
from serving.wire.desk import CaseId, DeskActions, DeskAnswer, DeskAsk, DeskPreview, DeskStatus
from serving.wire.errors import answers

router = APIRouter(tags=["desk"])


@router.post("/desk/acts", summary="Act at the review desk", response_model=None,
             responses=answers(DeskAnswer, 404, 409))
async def act(person: DecidingPerson, ask: DeskAsk) -> Response:
    """Decide, ask for proof, claim, note, list and so on; who was first is named in a 409.

    What moves points or writes to a partner takes effect at `due_at` and can be undone before.
    """
    return ready(await person.engine.review.act(ask.model_dump(), person.name))


@router.post("/desk/preview", summary="What an act would do", response_model=None,
             responses=answers(DeskPreview, 404))
async def preview(person: DecidingPerson, ask: DeskAsk) -> Response:
    """Say what the same body sent to `acts` would change; nothing is written."""
    return ready(await person.engine.review.preview(ask.model_dump(), person.name))


@router.get("/desk/actions", summary="Acts at the review desk", response_model=None,
            responses=answers(DeskActions))
async def actions(person: ReadingPerson, case_id: Annotated[CaseId | None, Query()] = None,
                  status: Annotated[DeskStatus | None, Query()] = None) -> Response:
    """List acts of one case or of all, the newest first, each with who and when."""
    return ready(await run_in_threadpool(
        person.engine.review.listed, case_id, status, person.name))
