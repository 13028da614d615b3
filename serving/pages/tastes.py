"""What somebody chooses for himself before or after he signs in: a language, and a theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from serving.errors import Forbidden
from serving.identity import forms
from serving.pages import cookies
from serving.pages.look import THEMES
from serving.pages.paths import LANGUAGE, THEME

if TYPE_CHECKING:
    from starlette.requests import Request

    from serving.pages.entry import Entry

SEE_OTHER: Final = 303


class Tastes:
    """Keeps a person's choices in cookies of his browser."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def routes(self) -> list[Route]:
        """List where choices are sent to."""
        return [Route(LANGUAGE, self.language, methods=["POST"]),
                Route(THEME, self.theme, methods=["POST"])]

    async def language(self, request: Request) -> Response:
        """Take a language; one that has no words is none."""
        known = self._entry.look.texts.languages
        return await self._kept(request, cookies.LANGUAGE, "language", known)

    async def theme(self, request: Request) -> Response:
        """Take a theme; anything else follows the system again."""
        return await self._kept(request, cookies.THEME, "theme", THEMES)

    async def _kept(self, request: Request, cookie: str, field: str, known: tuple[str, ...]
                    ) -> Response:
        fields = await forms.read_form(request)
        if not forms.is_ours(request.headers, self._entry.origins(request)):
            raise Forbidden("a form of this page", "one of another site", "open the page again")
        answer = RedirectResponse(forms.local_path(fields.get("next", "/")), SEE_OTHER)
        if fields.get(field) in known:
            cookies.put(request, answer, cookie, fields[field], cookies.YEAR_S)
        else:
            cookies.drop(request, answer, cookie)
        return answer
