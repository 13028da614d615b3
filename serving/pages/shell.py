"""What every desk's pages are handed: the shelf they read, how they look, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool

from serving.identity import forms
from serving.pages.guard import chosen_program
from serving.pages.look import session_of, sure_person
from serving.pages.told import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from features.exports.program import Program
    from serving.pages.entry import Entry
    from serving.pages.look import Look
    from serving.pages.shelf import Shelf

MOST_FIELDS: Final = 2_000
"""Of a desk's form; a ring's events are ticked one by one."""


class Fields(dict[str, str]):
    """Fields of a form; of those with one name the last counts, `all` has every one."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def all(self, name: str) -> list[str]:
        """Values of every field of a name, in their order.

        >>> Fields([("event", "a"), ("event", "b")]).all("event")
        ['a', 'b']
        """
        return [value for key, value in self._pairs if key == name]


@dataclass(frozen=True)
class Shell:
    """What a desk's pages are made with.

    Parameters
    ----------
    shelf : Shelf
        Reads the home.
    look : Look
    entry : Entry
        Knows sessions, origins and the clock.
    api_url : str
        Origin of the service, which alone writes.
    firsts : list of callable
        What desks read of a program, told by its id, before their pages are opened.
    """

    shelf: Shelf
    look: Look
    entry: Entry
    api_url: str = ""
    firsts: list[Callable[[str], object]] = field(default_factory=list)

    @property
    def clock(self) -> Callable[[], int]:
        """Milliseconds since 1970 UTC."""
        return self.entry.clock

    async def program(self, request: Request, desk: str, wanted: str | None = None) -> str:
        """Find the id of the program asked for, by ``?program=`` or by name.

        Raises
        ------
        NotFound
            He does not see that program at this desk.
        """
        wanted = wanted if wanted is not None else request.query_params.get("program")
        home = await run_in_threadpool(self.shelf.programs)
        return chosen_program(sure_person(request), desk, wanted, home)

    async def form(self, request: Request) -> Fields:
        """Read a form, and refuse one that this session's own page did not make.

        Raises
        ------
        BadInput, Forbidden
        """
        fields = Fields(await forms.read_pairs(request, MOST_FIELDS))
        forms.check_form(request.headers, fields, session_of(request),
                         self.entry.origins(request))
        return fields

    def render(self, request: Request, template: str, /, program: Program | None = None,
               status: int = 200, **context: Any) -> Response:
        """Render a template for who asks."""
        return self.look.render(request, template, status, program=program, **context)

    def tell(self, request: Request, answer: Response, code: str, tone: str = "good",
             **params: Any) -> Response:
        """Have the page after a redirect say a code's words."""
        tell(request, answer, code, tone, **params)
        return answer
