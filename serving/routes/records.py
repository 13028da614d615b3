"""Records: live rows of any table but the judged events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from features.contract import EVENT_TABLES, TABLES
from features.errors import NotFound, Unavailable
from serving.access import SECURITY, admit, permit, programs_of
from serving.audit.who import ASKING, Act
from serving.bodies import whole
from serving.roles import ROWS
from serving.routes.ready import JSON, ready
from serving.routes.verdicts import parse
from serving.wire.cases import Stored
from serving.wire.errors import answers
from serving.wire.tables import lines_body

router = APIRouter(tags=["records"])
LIVE: Final = tuple(name for name in TABLES if name not in EVENT_TABLES)
BEGIN_S: Final = 0.5
"""Seconds after which the answer begins, though rows are still being stored: with those of a body
that comes as slowly as it may (`serving.bodies.BODY_S`) it stays below the server's own limit."""
FIRST_S: Final = 2.5
"""Seconds from the request on within which its first part must be stored, or it is refused: below
the server's own limit (`serving.service.TIMEOUT_S`)."""
LINES = '{"code_id":"C-88213","sku":"wire-2.5","points":40,"status":"dispatched"}\n'


@router.post("/records/{table}", summary="Rows of a table", response_model=None,
             responses=answers(Stored, 404),
             openapi_extra={"requestBody": lines_body("One row a line", LINES),
                            "security": SECURITY})
async def rows(
    request: Request, table: Annotated[str, Path(description=f"one of {', '.join(LIVE)}")]
) -> Response:
    """Take rows under the rules of ingest; each is known from its arrival, whatever it says.

    Many rows are stored in parts, and their answer may begin before the last of them: one that
    breaks off says that some may be missing. The same rows again change nothing.
    """
    late = asyncio.get_running_loop().time() + FIRST_S
    programs = programs_of(request)
    caller = await admit(programs, request.headers, "record")
    engine = programs.engine(caller.program_id)
    if table not in LIVE:
        raise NotFound(f"a table of {', '.join(LIVE)}", repr(table)[:50],
                       "send judged events to /v1/verdicts or /v1/events")
    permit(caller, ROWS.get(table, "record"))
    ASKING.set(caller.name)
    told = Act("declared") if table == "declarations" else None
    numbers, found = await run_in_threadpool(_rows, await whole(request.receive))
    begun = asyncio.Event()
    storing = asyncio.create_task(engine.rows(table, found, told, begun))
    try:
        done, _ = await asyncio.wait({storing}, timeout=BEGIN_S)
        if not done and not begun.is_set():
            left = max(late - asyncio.get_running_loop().time(), 0)
            done, _ = await asyncio.wait({storing}, timeout=left)
    except asyncio.CancelledError:
        storing.cancel()
        raise
    if done:
        return ready(_by_line(storing.result(), numbers))
    if not begun.is_set():
        storing.cancel()
        raise Unavailable(f"rows stored within {FIRST_S:g} s", "a store that does not answer",
                          "send them again: what was stored meanwhile changes nothing")

    async def rest() -> AsyncIterator[bytes]:
        yield msgspec.json.encode(_by_line(await storing, numbers))

    return StreamingResponse(rest(), media_type=JSON)


def _rows(body: bytes) -> tuple[list[int], list[dict[str, object]]]:
    """Parse the lines of a body that are not empty, each with its number, from 1 on."""
    lines = [(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    return [number for number, _ in lines], [parse(line) for _, line in lines]


def _by_line(stored: dict[str, Any], numbers: list[int]) -> dict[str, Any]:
    """Name rejects by the line of the body, where they are named by the row."""
    rejects = [{**reject, "line": numbers[reject["line"] - 1]} for reject in stored["rejects"]]
    return {**stored, "rejects": rejects}
