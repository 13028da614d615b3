"""How a page is made: a template, who looks at it, and words in his language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)
from starlette.responses import HTMLResponse, Response

from models.texts import Texts
from serving.errors import LONGEST, headers_of, shown, status_of
from serving.identity.forms import form_token
from serving.pages import cookies
from serving.pages.statics import Statics
from serving.pages.told import read_told
from serving.pages.words import NAMES, Words, foreign
from serving.roles import DESKS

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from starlette.requests import Request

    from features.errors import JagaError
    from features.exports.program import Program
    from serving.identity.users import Person

HERE: Final = Path(__file__).parent
MOST_LANGUAGES: Final = 20
THEMES: Final = ("light", "dark")
"""What somebody may choose; else a page follows his system."""
FILTERS: Final = ("number", "short", "share", "worth", "money", "day", "moment", "iso", "span",
                  "since")
"""Methods of `Words` that a template uses as filters: ``{{ case.points | number }}``."""
PROBLEMS: Final = {400: "problem.bad", 403: "problem.forbidden", 404: "problem.missing",
                   409: "problem.conflict", 413: "problem.large"}


class Problem(NamedTuple):
    """What went wrong: the code of its words, and what the system says of it, in English."""

    code: str
    detail: str

    @classmethod
    def of(cls, error: JagaError) -> Problem:
        """What a page says of a domain error."""
        return cls(PROBLEMS.get(status_of(error), "problem.failed"), str(shown(error))[:LONGEST])


class Look:
    """Renders the pages' templates."""

    def __init__(self) -> None:
        folders = sorted(path for path in (HERE / "catalogues").iterdir()
                         if any(path.glob("*.po")))
        self.texts = Texts.read_all(folders)
        self.statics = Statics()
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True), undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )
        self._templates.globals |= {"asset": self.statics.url, "foreign": foreign,
                                    "language_names": NAMES}
        self._templates.filters |= {name: _filter(name) for name in FILTERS}

    def render(self, request: Request, name: str, /, status: int = 200, language: str = "",
               program: Program | None = None, **context: Any) -> Response:
        """Render a template as an answer; it shows the desks of who looks at it, and no others.

        Parameters
        ----------
        request : Request
        name : str
            Of the template.
        status : int
        language : str
            Empty: the one of who looks.
        program : Program or None
            Whose page it is; its time zone and currency write times and money.
        context : names of the template
        """
        language = language or self.language(request)
        words = self.words(language, program)
        person, session = person_of(request), session_of(request)
        told = read_told(request, self.texts)
        here = str(context.get("here", ""))
        page = {
            "here": here, "program": program, "person": person, "language": language,
            "languages": self.texts.languages, "theme": self.theme(request), "told": told,
            "words": words, "say": words.say, "say_many": words.say_many, "tell": words.tell,
            "csrf": form_token(session) if session else "",
            "path": request.scope["path"], "query": request.url.query,
            "desks": [path for path in DESKS if person and person.may_see(path)],
            "to": _links(person, program), "is_part": is_part(request),
            "others": _others(person, program, here), **context,
        }
        body = self._templates.get_template(name).render(page)
        answer = HTMLResponse(body, status, headers={"Vary": "HX-Request"})
        if told is not None:
            cookies.drop(request, answer, cookies.TOLD)
        return answer

    def words(self, language: str, program: Program | None = None) -> Words:
        """Words in a language, numbers and times as a program writes them."""
        return Words(self.texts, language, program)

    def wrong(self, request: Request, error: JagaError) -> Response:
        """Answer a domain error with a page, or with a note where a part of one was asked for."""
        status, told = status_of(error), Problem.of(error)
        answer = self.problem(request, status, told.code, told.detail)
        answer.headers.update(headers_of(status))
        return answer

    def problem(self, request: Request, status: int, code: str, detail: str = "") -> Response:
        """Answer with what went wrong: its title is ``code``, its sentence ``code.told``."""
        if not is_part(request):
            return self.render(request, "error.html", status, code=code, detail=detail)
        answer = self.render(request, "_problem.html", status, code=code, detail=detail)
        answer.headers.update({"HX-Retarget": "#toasts", "HX-Reswap": "beforeend"})
        return answer

    def closed(self, request: Request) -> Response:
        """Answer somebody whose role does not see a desk."""
        return self.problem(request, 403, "entry.closed")

    def language(self, request: Request) -> str:
        """Find the language somebody chose, else the one his browser asks for, else English."""
        words = request.headers.get("accept-language", "").split(",")[:MOST_LANGUAGES]
        wanted = sorted((_weighed(word) for word in words), key=lambda pair: -pair[0])
        return self.texts.language(request.query_params.get("language"),
                                   cookies.read(request, cookies.LANGUAGE),
                                   *(name for weight, name in wanted if weight > 0))

    def theme(self, request: Request) -> str:
        """Find the theme somebody chose; empty: his system's."""
        chosen = cookies.read(request, cookies.THEME)
        return chosen if chosen in THEMES else ""


def is_part(request: Request) -> bool:
    """Whether a part of a page is asked for, by htmx, rather than a whole one."""
    return request.headers.get("hx-request") == "true" and (
        request.headers.get("hx-boosted") != "true")


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


def _filter(name: str) -> Any:
    """Make the filter of a method of `Words`; a macro needs ``import ... with context``."""

    @pass_context
    def written(context: Context, value: Any, *more: Any) -> str:
        return str(getattr(context["words"], name)(value, *more))

    return written


def _links(person: Person | None, program: Program | None) -> Any:
    """Make the function ``to`` of templates: a path with its query, the program in it."""
    has_several = person is not None and len(person.programs()) > 1

    def to(path: str, **query: Any) -> str:
        if has_several and program is not None:
            query = {"program": program.program_id, **query}
        kept = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{path}?{urlencode(kept)}" if kept else path

    return to


def _others(person: Person | None, program: Program | None, here: str) -> list[str]:
    if person is None or program is None:
        return []
    desk = next((desk for desk in DESKS if here == desk), None)
    return [other for other in person.programs(desk) if other != program.program_id]


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
