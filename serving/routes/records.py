"""Records: live rows of any table but the judged events."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from features.contract import EVENT_TABLES, TABLES
from features.errors import NotFound
from serving.access import SECURITY, admit, programs_of
from serving.routes.ready import ready
from serving.routes.verdicts import parse
from serving.wire.cases import Stored
from serving.wire.errors import answers
from serving.wire.tables import lines_body

router = APIRouter(tags=["records"])
LIVE: Final = tuple(name for name in TABLES if name not in EVENT_TABLES)
LINES = '{"code_id":"C-88213","sku":"wire-2.5","points":40,"status":"dispatched"}\n'


@router.post("/records/{table}", summary="Rows of a table", response_model=None,
             responses=answers(Stored, 404),
             openapi_extra={"requestBody": lines_body("One row a line", LINES),
                            "security": SECURITY})
async def rows(
    request: Request, table: Annotated[str, Path(description=f"one of {', '.join(LIVE)}")]
) -> Response:
    """Take rows under the rules of ingest; each is known from its arrival, whatever it says."""
    programs = programs_of(request)
    engine = programs.engine(admit(programs, request.headers, "record").program_id)
    if table not in LIVE:
        raise NotFound(f"a table of {', '.join(LIVE)}", repr(table)[:50],
                       "send judged events to /v1/verdicts or /v1/events")
    lines = (await request.body()).splitlines()
    return ready(await engine.rows(table, [parse(line) for line in lines if line.strip()]))
