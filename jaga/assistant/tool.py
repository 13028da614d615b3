"""What an assistant may ask for, as data: a name, words, arguments, and the one route behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import BadCell

if TYPE_CHECKING:
    from jaga.assistant.asking import Service

Json = dict[str, Any]
Told = Mapping[str, Any]
Id = Annotated[str, Field(min_length=1, max_length=200)]
SHOWN = 60
"""Characters of a wrong value that are told."""


class Asked(BaseModel):
    """Arguments of a tool; one that is not known is an error, so that no wish is lost."""

    model_config = ConfigDict(extra="forbid", strict=True)
    ours: ClassVar[tuple[str, ...]] = ()
    """Arguments that are not the service's."""


@dataclass(frozen=True)
class Pages:
    """Where people find the pages.

    Parameters
    ----------
    url : str
        Their origin, or that of the service, which leads there.

    Examples
    --------
    >>> Pages("http://127.0.0.1:3000").link("/review/acme/s-1")
    'http://127.0.0.1:3000/review/acme/s-1'
    """

    url: str

    def link(self, path: str) -> str:
        """Address of a page."""
        return f"{self.url}{path}"


Shape = Callable[["Service", Pages, Json, Json], Awaitable[Json]]


async def as_it_is(service: Service, pages: Pages, given: Json, answer: Json) -> Json:
    """Give what the service answered, and nothing more."""
    return answer


@dataclass(frozen=True)
class Tool:
    """One tool.

    Parameters
    ----------
    name, title, says : str
        ``says`` is what the assistant reads to choose it.
    act : str
        One of `serving.roles.ACTS`, which the key's role must have.
    route : str
        Of `jaga.assistant.asking.ROUTES`; a tool asks for no other, but for the key's role.
    takes : type
        Its arguments.
    shape : callable
        Makes the result of service, pages, arguments and the service's answer.
    """

    name: str
    title: str
    says: str
    act: str
    route: str
    takes: type[Asked] = Asked
    shape: Shape = as_it_is

    def read(self, arguments: Told) -> Json:
        """Check arguments; those that were left out are absent.

        Raises
        ------
        BadCell
            The first that is wrong.

        Examples
        --------
        >>> Tool("t", "T", "", "read", "/nudges").read({"limit": 5})
        Traceback (most recent call last):
        features.errors.BadCell: Wanted no argument of that name in limit; came 5. To do: ...
        """
        try:
            return self.takes.model_validate(dict(arguments)).model_dump(exclude_none=True)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            wanted = ("no argument of that name" if first["type"] == "extra_forbidden"
                      else first["msg"])
            came = "nothing" if first["type"] == "missing" else repr(first["input"])[:SHOWN]
            raise BadCell(".".join(map(str, first["loc"])) or "arguments", wanted, came) from None

    async def ask(self, service: Service, pages: Pages, arguments: Told) -> Json:
        """Ask the service, and shape its answer.

        Raises
        ------
        BadCell
            As `read`.
        NotGiven
            As `Service.get`.
        """
        given = self.read(arguments)
        wanted = {name: value for name, value in given.items()
                  if name not in self.takes.ours}
        return await self.shape(service, pages, given, await service.get(self.route, wanted))
