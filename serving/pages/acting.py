"""What people do at the review desk: forms in, acts asked of the service, the next case out."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from features.errors import BadInput, Conflict, JagaError
from models.answers import rfc3339
from serving.identity.forms import local_path
from serving.pages.look import is_part
from serving.pages.queuepage import case_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from serving.pages.desk import Desk
    from serving.pages.shell import Fields, Shell
    from serving.review.reader import Reader

DECISIONS: Final = ("release", "keep", "confirm_fraud")
ONWARDS: Final = ("decide", "ask", "snooze")
"""Acts after which the next case opens."""
COPIED: Final = ("decision", "reason", "text", "to", "list", "kind", "subject_id", "note",
                 "batch_id", "campaign_id", "opened_at")
"""Fields of a form that go to the service as they are."""
TURNS: Final = ("undo", "approve", "reject")
OVER: Final = ("undone", "rejected", "failed")
"""What became of an act that an old page asks for again."""
UNTIL: Final = {"snooze": "until", "declare": "valid_to", "list": "valid_to"}
"""Fields by which an act says when it ends, from a number of days."""
MOST_DAYS: Final = 3650
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000


class Acting:
    """Handlers of what is posted.

    Parameters
    ----------
    shell : Shell
    desk : Desk
    reader : callable
        Finds what reads a program, by its id.
    next_path : callable
        Path of the case to work after one, for who makes a request.
    """

    def __init__(self, shell: Shell, desk: Desk, reader: Callable[[str], Reader],
                 next_path: Callable[[Request, str, str], str]) -> None:
        self._shell = shell
        self._desk = desk
        self._reader = reader
        self._next_path = next_path

    async def act(self, request: Request) -> Response:
        """Do what a form asks for, then show the next case, or the same."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, "/review", form.get("program", ""))
        reader = await run_in_threadpool(self._reader, program_id)
        body = asked(form, reader.now(self._shell.clock()))
        if body["act"] == "decide":
            words = self._shell.look.words(self._shell.look.language(request))
            body.setdefault("reason", words.say(f"review.reason.{body.get('decision', '')}"))
        done = await self._desk.act(request, program_id, body)
        if body["act"] not in TURNS and done["status"] in OVER:
            raise Conflict("a page that was not acted on", "one whose act was taken back",
                           "open the case again")
        path = await run_in_threadpool(self._then, request, program_id, form, body, done)
        answer = RedirectResponse(path, 303)
        is_waiting = done["status"] == "waiting"
        said = "waiting" if is_waiting else body.get("decision") or body["act"]
        return self._shell.tell(request, answer, f"review.done.{said}",
                                "warn" if is_waiting else "good", points=done["points"],
                                events=done["events"])

    def _then(self, request: Request, program_id: str, form: Fields, body: dict[str, Any],
              done: dict[str, Any]) -> str:
        """Path to go to after an act; it carries what can be undone, and how long."""
        case_id = str(body.get("case_id") or "")
        if body["act"] in ONWARDS:
            path = self._next_path(request, program_id, case_id)
        else:
            path = local_path(form.get("next", "")) if form.get("next") else (
                case_path(program_id, case_id) if case_id else "/review")
        if done["status"] == "due" and done["due_at"] and body["act"] != "undo":
            left = seconds_left(done["due_at"],
                                self._reader(program_id).now(self._shell.clock()))
            more = urlencode({"undo": done["action_id"], "left": left})
            path += f"{'&' if '?' in path else '?'}{more}"
        return path

    async def preview(self, request: Request) -> Response:
        """Say what the acts of a form would do; nothing is written."""
        form = await self._shell.form(request)
        program_id = await self._shell.program(request, "/review", form.get("program", ""))
        reader = await run_in_threadpool(self._reader, program_id)
        program, now_ms = reader.journal.program, reader.now(self._shell.clock())
        found: list[tuple[str, dict[str, Any] | None, str]] = []
        wanted = DECISIONS if form.get("act") == "decide" and not form.get("decision") else (
            form.get("decision", ""),)
        for decision in wanted:
            try:
                body = asked(form, now_ms) | (
                    {"decision": decision} if decision else {})
                body.pop("action_id", None)
                if body["act"] == "decide":
                    body.setdefault("reason", "-")
                told = await self._desk.preview(request, program_id, body)
                found.append((decision, told, ""))
            except JagaError as error:
                found.append((decision, None, str(error)[:300]))
        return self._shell.render(
            request, "_case-effects.html" if is_part(request) else "review-effects.html", program,
            here="/review", act=form.get("act", ""), effects=found,
            back=case_path(program_id, form.get("case_id", "")))


def asked(form: Fields, now_ms: int) -> dict[str, Any]:
    """Make the body of an act out of a form.

    Raises
    ------
    BadInput
        Where a decision is none, or a number of days.
    """
    body: dict[str, Any] = {"act": form.get("act", ""), "event_ids": form.all("event")}
    for name in COPIED:
        if form.get(name, "").strip():
            body[name] = form[name].strip()
    if form.get("case_id"):
        body["case_id"] = form["case_id"]
    if body["act"] == "decide" and body.get("decision") not in (*DECISIONS, None):
        raise BadInput(f"one of {', '.join(DECISIONS)}", "another decision", "open the case again")
    body["action_id"] = form.get("action_id") or secrets.token_hex(8)
    if body["act"] == "decide" and form.get("reason_code"):
        body["reason"] = ": ".join(part for part in (form["reason_code"], body.get("reason", ""))
                                   if part)
    if body["act"] == "ask" and form.get("days"):
        body["days"] = days_of(form["days"])
    if body["act"] in UNTIL and form.get("days"):
        until_ms = begins(form.get("shown_ms", ""), now_ms) + days_of(form["days"]) * DAY_MS
        body[UNTIL[body["act"]]] = rfc3339(until_ms)
    return body


def begins(shown: str, now_ms: int) -> int:
    """Read from when days count: the moment a page was made, so that a second click asks the same.

    Of a page that is older than an hour they count from now.

    >>> begins("1000", 2000), begins("1000", 4_000_000), begins("", 2000)
    (1000, 4000000, 2000)
    """
    shown_ms = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 16 else now_ms
    return shown_ms if 0 <= now_ms - shown_ms < HOUR_MS else now_ms


def days_of(text: str) -> int:
    """Read a number of days.

    >>> days_of("30")
    30
    """
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MOST_DAYS:
        raise BadInput(f"a number of days from 1 to {MOST_DAYS}", repr(text)[:20],
                       "write it in figures")
    return int(text)


def seconds_left(due_at: str, now_ms: int) -> int:
    """Whole seconds left to undo, not below 0.

    >>> seconds_left("1970-01-01T00:00:30Z", 1000)
    29
    """
    due_ms = dt.datetime.fromisoformat(due_at).timestamp() * 1000
    return max(int((due_ms - now_ms) / 1000), 0)
