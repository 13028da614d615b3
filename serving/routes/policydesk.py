"""What people see and change beside cases: the copilot's feed, the policy, going live."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from serving.access import Acting, DecidingPerson, Snoozing, person_for
from serving.routes.ready import ready
from serving.wire.errors import answers, errors
from serving.wire.nudges import Language, NudgeKey, SnoozeAnswer, SnoozeAsk
from serving.wire.numbers import DraftNumber
from serving.wire.policydesk import Feed, PolicyAnswer, PolicyAsk

router = APIRouter(prefix="/desk", tags=["desk"])
Anybody = Annotated[Acting, person_for("read")]


@router.get("/nudges", summary="The copilot's feed, for a person", response_model=Feed,
            responses=errors())
async def nudges(person: Anybody, language: Annotated[Language | None, Query()] = None
                 ) -> dict[str, Any]:
    """List what to look at now, in the language of who reads it."""
    return await run_in_threadpool(person.engine.nudges.answer, language)


@router.post("/nudges/{key}/snooze", summary="Put a nudge to sleep", response_model=None,
             responses=answers(SnoozeAnswer, 404))
async def snooze(acting: Snoozing, key: NudgeKey, ask: SnoozeAsk) -> Response:
    """Hear no more of a nudge until a day, or until it grows by half.

    Who may do so follows from its kind: what the retention desk acts on is the marketer's, all
    else the manager's.
    """
    return ready(await acting.engine.nudge_desk.snooze(
        key, round(ask.until.timestamp() * 1000), acting.name))


@router.post("/policy", summary="Draft a change of what judges", response_model=None,
             responses=answers(PolicyAnswer, 409))
async def draft(person: DecidingPerson, ask: PolicyAsk) -> Response:
    """Keep a draft; nothing changes until a second person puts it in force."""
    return ready(await person.engine.policy.draft(ask.kind, ask.text, ask.note, person.name))


@router.post("/policy/{number}/approve", summary="Put a draft in force", response_model=None,
             responses=answers(PolicyAnswer, 404, 409))
async def approve(person: DecidingPerson, number: DraftNumber) -> Response:
    """Judge by a draft from now on; its author can not do this himself."""
    return ready(await person.engine.policy.end(number, person.name, in_force=True))


@router.post("/policy/{number}/withdraw", summary="Drop a draft", response_model=None,
             responses=answers(PolicyAnswer, 404, 409))
async def withdraw(person: DecidingPerson, number: DraftNumber) -> Response:
    """Drop a draft that waits; what judges stays as it is."""
    return ready(await person.engine.policy.end(number, person.name, in_force=False))
