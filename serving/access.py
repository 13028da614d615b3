"""From a request to who asks, and to the engine of his program.

The engines themselves are not imported here: BentoML reads the service in a process that never
answers, and they are most of its weight.
"""

import time
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPBase

from features.errors import NotFound
from serving.audit.who import ASKING
from serving.errors import Forbidden, TooMany, Unauthorised
from serving.identity.sessions import Sessions
from serving.roles import may, nudge_act

if TYPE_CHECKING:
    from starlette.types import Scope

    from serving.engine import Engine
    from serving.keys import Caller
    from serving.programs import Programs

bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="`Bearer KEY`")
header = APIKeyHeader(name="X-Api-Key", auto_error=False, scheme_name="key")
session = HTTPBase(scheme="Session", scheme_name="session", auto_error=False,
                   description="`Session TOKEN` of a person who signed in on the pages")
PROGRAM = "x-jaga-program"
"""Header that names the program in which a person acts: he may have roles in several."""
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}]
"""What the document says of a route that reads the headers itself."""


def programs_of(request: Request) -> "Programs":
    """Return the engines this application was built over."""
    programs: Programs = request.app.state.programs
    return programs


def key_in(headers: Any) -> str:
    """Find the key of a request: ``Authorization: Bearer`` or ``X-Api-Key``; empty where none came.

    >>> key_in({"authorization": "Bearer jaga_1"}), key_in({"x-api-key": "jaga_2"}), key_in({})
    ('jaga_1', 'jaga_2', '')
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(token.strip())
    return str(headers.get("x-api-key", ""))


def headers_of_scope(scope: "Scope") -> dict[str, str]:
    """Read a request's headers without a request object; the first of a name counts.

    >>> headers_of_scope({"headers": [(b"x-api-key", b"a"), (b"x-api-key", b"b")]})
    {'x-api-key': 'a'}
    """
    return {name.decode("latin-1"): value.decode("latin-1")
            for name, value in reversed(scope["headers"])}


async def caller_of(programs: "Programs", headers: Any) -> "Caller":
    """Say whose key a request brings; only one that is not in memory is waited for.

    Raises
    ------
    Unauthorised
        No key, or one that is unknown or has expired.
    Unavailable
        One that is not known, while the store does not answer.
    """
    key = key_in(headers)
    caller = programs.keys.check(key) if key else None
    if caller is None and key:
        caller = await programs.keys.seek(key)
    if caller is None:
        raise Unauthorised("a known API key", "an unknown one" if key else "none",
                           "send Authorization: Bearer KEY; jaga key create makes one")
    return caller


def permit(caller: "Caller", act: str) -> None:
    """Raise Forbidden where the caller's role may not do the act.

    >>> from serving.keys import Caller
    >>> permit(Caller("acme", "manager"), "decide")
    """
    if not may(caller.role, act):
        raise Forbidden(f"a key that may {act}", f"one of the role {caller.role}",
                        "ask an admin of the program for another key")


async def admit(programs: "Programs", headers: Any, act: str) -> "Caller":
    """Say who asks, if his role may do the act.

    Raises
    ------
    Unauthorised, Unavailable
        As `caller_of`.
    Forbidden
        A key of another role.
    TooMany
        A key that asks more often than its rate.
    """
    caller = await caller_of(programs, headers)
    permit(caller, act)
    if caller.allowance is not None and not caller.allowance.take():
        raise TooMany("no more requests than the rate of this key", "more",
                      "wait as long as Retry-After says, or ask an admin for a higher rate")
    return caller


def engine_for(act: str) -> Any:
    """Make a dependency: the engine of the caller's program, if his role may do the act."""

    async def engine(
        request: Request,
        _bearer: Annotated[object, Security(bearer)] = None,
        _key: Annotated[object, Security(header)] = None,
    ) -> "Engine":
        programs = programs_of(request)
        caller = await admit(programs, request.headers, act)
        ASKING.set(caller.name)
        return programs.engine(caller.program_id)

    return Depends(engine)


class Acting(NamedTuple):
    """A person who acts in a program: its engine, and his name."""

    engine: "Engine"
    name: str


async def admit_person(programs: "Programs", headers: Any, act: str,
                       lives: tuple[int, int]) -> tuple[str, str]:
    """Say who acts by the session of a request, and in which program.

    Parameters
    ----------
    programs : Programs
    headers : mapping
        ``authorization: Session TOKEN`` and ``x-jaga-program``.
    act : str
        One of `serving.roles.ACTS`.
    lives : tuple of int
        Idle minutes and hours after which a session ends.

    Raises
    ------
    Unauthorised
        No session, or one that has ended.
    NotFound
        A program in which he has no role: to him there is none.
    Forbidden
        Another role.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    sessions = Sessions(programs.home.database, *lives)
    person = None
    if scheme.lower() == "session" and token:
        now_ms = time.time_ns() // 1_000_000  # sessions run by the wall's clock, as on the pages
        person = await run_in_threadpool(sessions.find, token.strip(), now_ms)
    if person is None:
        raise Unauthorised("the session of a person", "none, or one that has ended",
                           "sign in on the pages")
    program_id = headers.get(PROGRAM, "")
    roles = {role for program, role in person.roles if program == program_id}
    if not roles:
        raise NotFound("one of your programs in X-Jaga-Program", "another", "name one of them")
    if not any(may(role, act) for role in roles):
        raise Forbidden(f"a person who may {act}", f"one of the role {', '.join(sorted(roles))}",
                        "ask an admin of the program for another role")
    return program_id, person.name


def person_for(act: str) -> Any:
    """Make a dependency: `Acting` of the person whose session asks, if he may do the act.

    A key opens no such route: a person acts in his own name.
    """

    async def acting(request: Request,
                     _session: Annotated[object, Security(session)] = None) -> Acting:
        programs = programs_of(request)
        program_id, name = await admit_person(programs, request.headers, act,
                                              request.app.state.session_lives)
        return Acting(programs.engine(program_id), name)

    return Depends(acting)


async def snoozing(request: Request, key: str,
                   _session: Annotated[object, Security(session)] = None) -> Acting:
    """Say who puts a nudge to sleep, if his role may: which it asks for follows from the nudge."""
    programs = programs_of(request)
    program_id, name = await admit_person(programs, request.headers, nudge_act(key.split(":")[0]),
                                          request.app.state.session_lives)
    return Acting(programs.engine(program_id), name)


Judging = Annotated["Engine", engine_for("judge")]
Recording = Annotated["Engine", engine_for("record")]
Labelling = Annotated["Engine", engine_for("label")]
Answering = Annotated["Engine", engine_for("answer")]
Reading = Annotated["Engine", engine_for("read")]
ReadingCases = Annotated["Engine", engine_for("read-cases")]
ReadingCampaigns = Annotated["Engine", engine_for("read-campaigns")]
Deciding = Annotated["Engine", engine_for("decide")]
Suggesting = Annotated["Engine", engine_for("suggest")]
Delivering = Annotated["Engine", engine_for("deliver")]
DecidingPerson = Annotated[Acting, person_for("decide")]
ReadingPerson = Annotated[Acting, person_for("read-cases")]
SuggestingPerson = Annotated[Acting, person_for("suggest")]
Snoozing = Annotated[Acting, Depends(snoozing)]
