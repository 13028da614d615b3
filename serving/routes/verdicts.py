"""Verdicts: one event, or many in NDJSON."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from features.errors import BadInput, JagaError
from serving.access import SECURITY, admit, programs_of
from serving.errors import body_of
from serving.wire.errors import errors
from serving.wire.tables import event_body, lines_body
from serving.wire.verdicts import VerdictAnswer

if TYPE_CHECKING:
    from serving.engine import Engine

router = APIRouter(tags=["verdicts"])
_decode = msgspec.json.Decoder(dict[str, object]).decode
JSON = "application/json"
NDJSON = "application/x-ndjson"
TOGETHER = 100
"""Lines of a batch that share a commit."""
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
    engine = programs.engine(admit(programs, request.headers, "judge").program_id)
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
    """Judge events in the order of their lines; a bad line gets an error, the others go on."""
    programs = programs_of(request)
    engine = programs.engine(admit(programs, request.headers, "judge").program_id)
    lines = [line for line in (await request.body()).splitlines() if line.strip()]
    return StreamingResponse(_answers(engine, lines), media_type=NDJSON)


async def _answers(engine: "Engine", lines: list[bytes]) -> AsyncIterator[bytes]:
    """Judge some lines at a time, so that live events get their turn in between."""
    for start in range(0, len(lines), TOGETHER):
        some = lines[start : start + TOGETHER]
        for answer in await asyncio.gather(*(_answer(engine, line) for line in some)):
            yield answer + b"\n"


async def _answer(engine: "Engine", line: bytes) -> bytes:
    try:
        return await engine.verdict(parse(line))
    except JagaError as error:
        return msgspec.json.encode(body_of(error))
