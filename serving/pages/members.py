"""A member's page: all that is kept of him, and the same as a file."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from features.contract import TABLES
from serving.dossier import read_dossier
from serving.pages.look import sure_person
from serving.pages.tables import as_csv, wants_csv
from serving.pages.views import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from features.store.journal import Journal
    from serving.pages.shell import Shell
    from serving.pages.words import Words

HERE: Final = "/members"
NAMED: Final = ("manager", "admin")
"""Roles that see who a member is; an auditor sees what was done, not to whom."""
SHOWN: Final = 25
"""Rows of a table on the page; the file has them all."""
COLUMNS: Final = 7
"""Columns of a table on the page, the first that any of its rows has."""
LONGEST: Final = 200
TIMES: Final = frozenset({"at", "opened_at"}).union(
    column.name for table in TABLES.values() for column in table.columns if column.type == "time")
"""Names of what holds a time: the contract's columns, and what Jaga adds to them."""
DIGITS: Final = 6
"""Behind the point of a number; as many as the contract keeps of degrees."""


class MemberPages:
    """Members of a shelf of programs, one at a time."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    async def find(self, request: Request) -> Response:
        """Ask for a member's id."""
        program_id = await self._shell.program(request, HERE)
        wanted = request.query_params.get("id", "").strip()[:LONGEST]
        if wanted:
            return RedirectResponse(f"{HERE}/{quoted(wanted)}?program={quoted(program_id)}", 303)
        journal = await run_in_threadpool(self._shell.shelf.journal, program_id)
        return self._shell.render(request, "members.html", journal.program, here=HERE)

    async def member(self, request: Request) -> Response:
        """Show one member, or hand out all that is kept of him."""
        raw = request.scope["raw_path"].decode("ascii").partition("?")[0]
        member_id = unquote(raw.removeprefix(f"{HERE}/"))
        program_id = await self._shell.program(request, HERE)
        person = sure_person(request)
        is_named = any(person.has_role(program_id, role) for role in NAMED)
        journal = await run_in_threadpool(self._shell.shelf.journal, program_id)
        found = await run_in_threadpool(_read, journal, member_id, is_named, person.name)
        if wants_csv(request):
            return as_csv("member", ["table", "row", "field", "value"], _cells(found))
        if request.query_params.get("as") == "json":
            return Response(json.dumps(found, ensure_ascii=False, indent=1),
                            media_type="application/json", headers={
                                "Content-Disposition": 'attachment; filename="member.json"'})
        words = self._shell.look.words(self._shell.look.language(request), journal.program)
        return self._shell.render(request, "member.html", journal.program, here=HERE,
                                  is_named=is_named, found=found, now=_now(found, words),
                                  tables=_tables(found, words), program_id=program_id,
                                  own=f"{HERE}/{quoted(member_id)}")


def routes(shell: Shell) -> list[Route]:
    """List the pages of members."""
    pages = MemberPages(shell)
    return [Route(HERE, pages.find), Route(f"{HERE}/{{member_id:path}}", pages.member)]


def _read(journal: Journal, member_id: str, is_named: bool, person: str) -> dict[str, Any]:
    if "\0" in member_id:  # no store takes one
        member_id = member_id.replace("\0", "")
    return read_dossier(journal, member_id, with_contact=is_named, person=person)


def _now(found: dict[str, Any], words: Words) -> dict[str, str]:
    """His facts as they are now: the last row of the members' table."""
    rows = found["tables"].get("members", [])
    return {name: _told(name, value, words) for name, value in (rows[-1] if rows else {}).items()
            if name != "member_id"}


def _tables(found: dict[str, Any], words: Words) -> list[dict[str, Any]]:
    """Tables for the page: the newest rows first, the columns that any of them has."""
    groups = {**found["tables"], **{name: found[name] for name in (
        "cases", "outcomes", "replies", "notes", "lists")}}
    groups["verdicts"] = [{name: one[name] for name in (
        "event_id", "verdict", "would_have", "score", "decided_at")} for one in found["verdicts"]]
    tables = []
    for name, rows in groups.items():
        newest = list(reversed(rows))[:SHOWN]
        columns = list(dict.fromkeys(itertools.chain.from_iterable(
            (key for key in row if key != "member_id") for row in newest)))[:COLUMNS]
        if newest:
            tables.append({"name": name, "count": len(rows), "columns": columns, "rows": [
                [_told(column, row.get(column), words) for column in columns]
                for row in newest]})
    return tables


def _told(name: str, value: Any, words: Words) -> str:
    """Write a cell for a person: a time, yes or no, and a number as his language writes them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return words.yes(value)
    if isinstance(value, int | float):
        return words.number(value, DIGITS)
    if name in TIMES and isinstance(value, str):
        return words.moment(value)
    if isinstance(value, list):
        return ", ".join(_told(name, one, words) for one in value)
    return str(_plain(value))


def _cells(found: dict[str, Any]) -> Iterable[tuple[str, int, str, Any]]:
    """Every cell that is kept, one a line."""
    for name, value in (found["contact"] or {}).items():
        yield "contact", 0, name, value
    groups = {**found["tables"], **{name: found[name] for name in (
        "verdicts", "outcomes", "cases", "replies", "notes", "lists")}}
    for table, rows in groups.items():
        for number, row in enumerate(rows, 1):
            for name, value in row.items():
                yield table, number, name, _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, str | int | None):
        return value
    return json.dumps(value, ensure_ascii=False)
