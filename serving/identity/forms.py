"""What guards a form: a token that only its own session could have made, and where it came from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from features.errors import BadInput
from serving.errors import Forbidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request

FIELD: Final = "csrf"
HEADER: Final = "x-jaga-form"
"""Where a request that a page's script makes carries the token of its forms."""
MOST_FIELDS: Final = 50
FORM: Final = "application/x-www-form-urlencoded"
HOME: Final = "/"


def form_token(secret: str) -> str:
    """Make the token of the forms of a session, or of a browser that has none yet.

    >>> len(form_token("a session's token"))
    64
    """
    return hmac.new(secret.encode(), b"jaga form", hashlib.sha256).hexdigest()


def new_secret() -> str:
    """Make the secret of a browser that has no session yet."""
    return secrets.token_urlsafe()


async def read_form(request: Request) -> dict[str, str]:
    """Read the fields of a form; of fields with one name the last counts.

    Raises
    ------
    BadInput
        A body that is no form.
    """
    return dict(await read_pairs(request))


async def read_pairs(request: Request, most: int = MOST_FIELDS) -> list[tuple[str, str]]:
    """Read names and values of a form in their order; BadInput where it has more than ``most``."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadInput("a form", "another kind of body", "send the page's own form")
    try:
        text = (await request.body()).decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=most)
    except ValueError as error:
        raise BadInput("a form", "one that can not be read", "send the page's own form") from error


def check_form(headers: Any, fields: Mapping[str, str], secret: str, origins: Iterable[str]
               ) -> None:
    """Refuse a form that another site sent, or that another session made.

    Parameters
    ----------
    headers : mapping
        Of the request, names in lower case.
    fields : mapping of str to str
        Its ``csrf`` is the token; a script of ours may send it as the header ``X-Jaga-Form``.
    secret : str
        The session's token, or the browser's secret; empty: none.
    origins : iterable of str
        Where the pages are, such as ``https://jaga.acme.example``.

    Raises
    ------
    Forbidden
    """
    sent = (fields.get(FIELD) or headers.get(HEADER) or "").encode()
    is_of_session = bool(secret) and hmac.compare_digest(sent, form_token(secret).encode())
    if not is_ours(headers, origins) or not is_of_session:
        raise Forbidden("a form of this page", "one that is too old, or of another site",
                        "open the page again and send its form")


def is_ours(headers: Any, origins: Iterable[str]) -> bool:
    """Whether a request came from these pages, as far as its browser says.

    >>> is_ours({"origin": "https://evil.example"}, ["https://jaga.acme.example"])
    False
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    return (origin is None or origin.lower() in {one.lower() for one in origins}) and (
        site in (None, "same-origin", "none"))


def local_path(path: str) -> str:
    r"""Keep a path of these pages; anything else becomes the first page.

    >>> local_path("/review?page=2"), local_path("//evil.example/"), local_path("/\\evil.example")
    ('/review?page=2', '/', '/')
    """
    try:
        parts = urlsplit(path)
    except ValueError:
        return HOME
    is_local = path.startswith("/") and not path.startswith(("//", "/\\")) and not (
        parts.scheme or parts.netloc)
    return path if is_local and path.isprintable() and "\\" not in path else HOME
