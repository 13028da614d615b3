"""How a page is made: a template, who looks at it, and words in his language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, Response

from models.texts import Texts
from serving.doors import DESKS
from serving.errors import LONGEST, headers_of, shown, status_of
from serving.identity.forms import form_token

if TYPE_CHECKING:
    from starlette.requests import Request

    from features.errors import JagaError
    from serving.identity.users import Person

HERE: Final = Path(__file__).parent
NAMES: Final = {"/review": "Review", "/retention": "Retention", "/copilot": "Copilot"}
MOST_LANGUAGES: Final = 20


class Look:
    """Renders the pages' templates."""

    def __init__(self) -> None:
        self.texts = Texts.read(HERE / "catalogues")
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True), undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )

    def render(self, request: Request, name: str, status: int = 200, language: str = "en",
               **context: Any) -> Response:
        """Render a template as an answer; it shows the desks of who looks at it, and no others."""
        person, session = person_of(request), session_of(request)

        def say(code: str, **params: Any) -> str:
            return self.texts.text(code, language, **params)

        shown = {
            "here": "", "program": "", "person": person, "language": language, "say": say,
            "csrf": form_token(session) if session else "",
            "desks": [(path, NAMES[path]) for path in DESKS if person and person.may_see(path)],
            **context,
        }
        return HTMLResponse(self._templates.get_template(name).render(**shown), status)

    def wrong(self, request: Request, error: JagaError) -> Response:
        """Answer a domain error with a page."""
        status = status_of(error)
        title = {403: "Not yours", 404: "Not here"}.get(status, "Not now")
        answer = self.render(request, "error.html", status, title=title,
                             message=str(shown(error))[:LONGEST])
        answer.headers.update(headers_of(status))
        return answer

    def closed(self, request: Request) -> Response:
        """Answer somebody whose role does not see a desk, in his language."""
        language = self.language(request)
        return self.render(request, "error.html", 403, language,
                           title=self.texts.text("entry.closed", language),
                           message=self.texts.text("entry.closed.told", language))

    def language(self, request: Request) -> str:
        """Find the language that a browser asks for, else English."""
        words = request.headers.get("accept-language", "").split(",")[:MOST_LANGUAGES]
        wanted = sorted((_weighed(word) for word in words), key=lambda pair: -pair[0])
        return self.texts.language(request.query_params.get("language"),
                                   *(name for weight, name in wanted if weight > 0))


def person_of(request: Request) -> Person | None:
    """Say who looks; None before he has signed in."""
    return getattr(request.state, "person", None)


def sure_person(request: Request) -> Person:
    """Say who looks at a page behind the guard, which lets nobody else through."""
    person = person_of(request)
    assert person is not None
    return person


def session_of(request: Request) -> str:
    """Return the token of who looks; empty before he has signed in."""
    return str(getattr(request.state, "session", ""))


def _weighed(word: str) -> tuple[float, str]:
    """Read one language of Accept-Language with its weight (RFC 9110, section 12.5.4).

    >>> _weighed("id;q=0.8"), _weighed("es"), _weighed("en;q=much")
    ((0.8, 'id'), (1.0, 'es'), (0.0, 'en'))
    """
    name, _, weight = word.strip().partition(";q=")
    try:
        return (float(weight) if weight else 1.0), name
    except ValueError:
        return 0.0, name
