"""Verdicts: one event, or many in NDJSON."""

from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from features.errors import BadInput
from serving.access import SECURITY, admit, programs_of
from serving.streaming.exchange import Exchange
from serving.streaming.turns import Turns
from serving.wire.errors import errors
from serving.wire.tables import event_body, lines_body
from serving.wire.verdicts import VerdictAnswer

if TYPE_CHECKING:
    from serving.engine import Engine

router = APIRouter(tags=["verdicts"])
_decode = msgspec.json.Decoder(dict[str, object]).decode
JSON = "application/json"
NDJSON = "application/x-ndjson"
LINES = (
    '{"kind":"scan","event_id":"s-1002","member_id":"m-7","occurred_at":"2025-06-01T10:15:00Z",'
    '"points":40,"proof":"qr","code_id":"C-88214"}\n'
    '{"kind":"referral","event_id":"r-2002","member_id":"m-7","points":100,'
    '"occurred_at":"2025-06-01T10:20:00Z","referee_id":"m-9"}\n'
)


@router.post(
    "/verdicts",
    summary="Judge one event",
    response_model=None,
    responses={200: {"model": VerdictAnswer, "description": "Stored before it is sent"},
               **errors(409)},
    openapi_extra={"requestBody": event_body(), "security": SECURITY},
)
async def judge(request: Request) -> Response:
    """Judge a scan, a referral or a redemption; the same event again gets the same bytes."""
    programs = programs_of(request)
    engine = programs.engine((await admit(programs, request.headers, "judge")).program_id)
    body = parse(await request.body())
    return Response(await engine.verdict(body), media_type=JSON)


def parse(line: bytes) -> dict[str, object]:
    """Parse a JSON object; BadInput where the bytes are none.

    >>> parse(b'{"kind": "scan"}')
    {'kind': 'scan'}
    """
    try:
        return _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("one JSON object", str(error)[:100], "send the event as JSON") from error


@router.post(
    "/verdicts/batch",
    summary="Judge many events",
    response_model=None,
    responses={200: {"description": "One verdict or error a line, in the order of the request",
                     "content": {NDJSON: {"schema": {"type": "string"}}}}, **errors()},
    openapi_extra={"requestBody": lines_body("One event a line", LINES), "security": SECURITY},
)
async def judge_many(request: Request) -> Response:
    """Judge events in the order of their lines, which are answered while more are read.

    A bad line gets an error in its place, the others go on. Read while you write: what the service
    keeps for a caller who does not read is bounded, and then it reads no more either. Live events
    go first.
    """
    programs = programs_of(request)
    program_id = (await admit(programs, request.headers, "judge")).program_id
    engine = programs.engine(program_id)
    turns = Turns(lambda line: _judged(engine, line))
    return Exchange(turns.answer, request.app.state.line_limit, NDJSON, owner=program_id,
                    must_yield=lambda at_work: engine.waiting > at_work)


async def _judged(engine: "Engine", line: bytes) -> bytes:
    return await engine.verdict(parse(line))
