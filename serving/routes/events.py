"""Events: stored ones, those decided elsewhere, and what the partner answers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from serving.access import SECURITY, Answering, Reading, admit, programs_of
from serving.routes.ready import ready
from serving.routes.verdicts import parse
from serving.wire.cases import PartnerAnswer, Replied, Stored
from serving.wire.errors import answers
from serving.wire.tables import event_body
from serving.wire.verdicts import EventAnswer

router = APIRouter(tags=["events"])


@router.get("/events/{event_id:path}", summary="A stored event", response_model=None,
            responses=answers(EventAnswer, 404))
def event(
    engine: Reading, event_id: str, reasons: Annotated[str | None, Query(pattern="^all$")] = None
) -> Response:
    """Show the verdict as it was answered, and the status of its points."""
    return ready(engine.desk.event(event_id, with_every_reason=reasons == "all"))


@router.post("/events", summary="Take an event decided elsewhere", response_model=None,
             responses=answers(Stored, 409),
             openapi_extra={"requestBody": event_body(), "security": SECURITY})
async def take(request: Request) -> Response:
    """Take an event of an outage or a backfill; it gets a place and no verdict.

    ``outcome`` says what was done elsewhere: credited, held or refused; missing: credited.
    """
    programs = programs_of(request)
    engine = programs.engine((await admit(programs, request.headers, "record")).program_id)
    return ready(await engine.take(parse(await request.body())))


@router.post("/events/{event_id:path}/appeal", summary="The partner disagrees", response_model=None,
             responses=answers(Replied, 404, 409))
async def appeal(engine: Answering, event_id: str, answer: PartnerAnswer) -> Response:
    """Store the partner's appeal; the case is open again. A hold goes on, and so does its clock.

    409: the event has no case, as it was approved.
    """
    return ready(await engine.desk.reply(event_id, "appeal", answer.model_dump()))


@router.post("/events/{event_id:path}/evidence", summary="The partner shows a document",
             response_model=None, responses=answers(Replied, 404, 409))
async def evidence(engine: Answering, event_id: str, answer: PartnerAnswer) -> Response:
    """Store what the partner shows; the case is richer by it, and open where points are not given.

    A link or a hash ends the wait of a step up at once; any other hold waits for a person to look.
    """
    return ready(await engine.desk.reply(event_id, "evidence", answer.model_dump()))
