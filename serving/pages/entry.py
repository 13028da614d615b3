"""The door of the pages: how people come in and go, and change their password."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from features.errors import BadInput, JagaError, NotFound
from features.store.chain import HOME, Chain
from serving.errors import Forbidden, Unauthorised, status_of
from serving.identity import forms
from serving.identity.passwords import SHORTEST, check_strength, hash_password
from serving.identity.sessions import Sessions
from serving.identity.signin import SignIn, TooManyAttempts
from serving.identity.users import Users
from serving.keys import now_ms
from serving.pages import cookies
from serving.pages.look import is_part, session_of, sure_person
from serving.pages.paths import PASSWORD, SIGN_IN

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from serving.identity.users import Person
    from serving.pages.look import Look
    from serving.pages.shelf import Shelf
    from serving.settings import Settings

SEE_OTHER: Final = 303


class Entry:
    """Lets people in and out.

    Parameters
    ----------
    shelf : Shelf
    look : Look
    settings : Settings
    clock : callable
        Milliseconds since 1970 UTC.
    seconds : callable
        Seconds that never go back.
    """

    def __init__(self, shelf: Shelf, look: Look, settings: Settings,
                 clock: Callable[[], int] = now_ms,
                 seconds: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self.clock = clock
        self.look = look
        self._shelf = shelf
        self._seconds = seconds

    @cached_property
    def sessions(self) -> Sessions:
        """The sessions of the home."""
        return Sessions(self._shelf.database, self.settings.session_idle_minutes,
                        self.settings.session_hours)

    @cached_property
    def sign_in(self) -> SignIn:
        """What checks names and passwords."""
        return SignIn(self._shelf.database, self.sessions, self._seconds)

    def find(self, token: str) -> Person | None:
        """Find who has a session; nobody in a home that is not there yet."""
        return self.sessions.find(token, self.clock()) if self._shelf.exists else None

    def origins(self, request: Request) -> list[str]:
        """List where forms of these pages may come from."""
        return [own_origin(request), self.settings.pages_url.rstrip("/")]

    async def turn_away(self, request: Request) -> Response:
        """Send somebody without a session to where he gets one, the whole page with him."""
        if is_part(request):
            return Response(status_code=204, headers={"HX-Redirect": SIGN_IN})
        if request.method not in ("GET", "HEAD"):
            return await self.door(request, 401, "signin.expired")
        path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
        query = f"?{request.url.query}" if request.url.query else ""
        then = quote(forms.local_path(f"{path}{query}"), safe="")
        return RedirectResponse(f"{SIGN_IN}?next={then}" if then != "%2F" else SIGN_IN, SEE_OTHER)

    async def show(self, request: Request) -> Response:
        """Show the form; who has a session goes on at once."""
        token = cookies.read(request, cookies.SESSION)
        if token and await run_in_threadpool(self.find, token) is not None:
            return RedirectResponse(forms.local_path(request.query_params.get("next", "/")),
                                    SEE_OTHER)
        return await self.door(request)

    async def door(self, request: Request, status: int = 200, problem: str = "",
                   then: str | None = None, **params: object) -> Response:
        """Show the form, with what is wrong."""
        secret = cookies.read(request, cookies.FORM) or forms.new_secret()
        language = self.look.language(request)
        home = await run_in_threadpool(self._shelf.inhabited) if status == 200 else (True, True)
        wanted = request.query_params.get("next", "/") if then is None else then
        provider = self.settings.provider
        answer = self.look.render(
            request, "sign-in.html", status, language, problem=problem, params=params,
            csrf=forms.form_token(secret), then=forms.local_path(wanted),
            has_programs=home[0], has_people=home[1],
            label=provider.label if provider else "")
        cookies.put(request, answer, cookies.FORM, secret)
        return answer

    async def enter(self, request: Request) -> Response:
        """Take name and password."""
        fields = await forms.read_form(request)
        then = forms.local_path(fields.get("next", "/"))
        try:
            forms.check_form(request.headers, fields, cookies.read(request, cookies.FORM),
                             self.origins(request))
            if not self._shelf.exists:
                raise Unauthorised("a home", "none", "run jaga demo, or jaga ingest DIR")
            token = await run_in_threadpool(
                self.sign_in.enter, fields.get("name", ""), fields.get("password", ""),
                address_of(request), self.clock(), cookies.read(request, cookies.SESSION))
        except TooManyAttempts as error:
            answer = await self.door(request, status_of(error), "signin.slow", then,
                                     seconds=error.wait_s)
            answer.headers["Retry-After"] = str(error.wait_s)
            return answer
        except (Forbidden, Unauthorised) as error:
            code = "signin.expired" if isinstance(error, Forbidden) else "signin.wrong"
            return await self.door(request, status_of(error), code, then)
        return self.welcome(request, token, then)

    def welcome(self, request: Request, token: str, then: str) -> Response:
        """Send somebody who came in to the page he wanted."""
        answer = RedirectResponse(then, SEE_OTHER)
        cookies.put(request, answer, cookies.SESSION, token)
        cookies.drop(request, answer, cookies.FORM)
        return answer

    async def leave(self, request: Request) -> Response:
        """End the session."""
        await self._checked(request)
        await run_in_threadpool(self.sessions.end, session_of(request))
        answer = RedirectResponse(SIGN_IN, SEE_OTHER)
        cookies.drop(request, answer, cookies.SESSION)
        return answer

    async def password(self, request: Request) -> Response:
        """Show the form by which somebody changes his password."""
        changed = "account.changed" if request.query_params.get("done") else ""
        return self._password(request, done=changed)

    async def change(self, request: Request) -> Response:
        """Change the password; every session ends, and this browser gets a new one."""
        fields = await self._checked(request)
        person = sure_person(request)
        try:
            await run_in_threadpool(self.sign_in.confirm, person, fields.get("current", ""),
                                    address_of(request))
            if fields.get("new", "") != fields.get("again", ""):
                return self._password(request, 400, "account.differ")
            check_strength(fields.get("new", ""), person.name)
        except JagaError as error:
            code = {BadInput: "account.weak", Unauthorised: "account.wrong"}.get(type(error))
            if code is None:
                raise
            return self._password(request, status_of(error), code)
        token = await run_in_threadpool(self._renew, person.user_id, fields["new"])
        return self.welcome(request, token, f"{PASSWORD}?done=1")

    def _renew(self, user_id: int, password: str) -> str:
        hashed = hash_password(password)
        with self._shelf.database.writing() as store:
            Users(store).set_password(user_id, hashed)
            Chain(store, HOME).add("password_changed", f"user {user_id}", self.clock(),
                                   {"user": user_id})
        return self.sessions.open(user_id, self.clock())

    def _password(self, request: Request, status: int = 200, problem: str = "",
                  done: str = "") -> Response:
        if sure_person(request).password_hash is None:
            raise NotFound("somebody who has a password", "one who signs in by a provider",
                           "change it there")
        language = self.look.language(request)
        rule = self.look.texts.text("account.rule", language, shortest=SHORTEST)
        return self.look.render(request, "password.html", status, language, problem=problem,
                                done=done, rule=rule)

    async def _checked(self, request: Request) -> dict[str, str]:
        fields = await forms.read_form(request)
        forms.check_form(request.headers, fields, session_of(request), self.origins(request))
        return fields


def own_origin(request: Request) -> str:
    """Say where the browser believes to be."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def address_of(request: Request) -> str:
    """Say where a request comes from."""
    return request.client.host if request.client else ""
