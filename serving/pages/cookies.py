"""Cookies of the pages: out of reach of scripts, of other sites, and of unsafe ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SESSION: Final = "jaga"
FORM: Final = "jaga-form"
FLOW: Final = "jaga-flow"
LANGUAGE: Final = "jaga-language"
THEME: Final = "jaga-theme"
TOLD: Final = "jaga-told"
YEAR_S: Final = 31_536_000
ONLY_HERE: Final = "__Host-"
"""A browser takes a cookie of this prefix by TLS alone, for this host alone (RFC 6265bis)."""


def read(request: Request, cookie: str) -> str:
    """Read a cookie; empty where there is none."""
    return request.cookies.get(_name(request, cookie), "")


def put(request: Request, response: Response, cookie: str, value: str,
        seconds: int | None = None) -> None:
    """Have the browser keep a value; until it closes where no time is given."""
    response.set_cookie(_name(request, cookie), value, max_age=seconds, path="/", httponly=True,
                        secure=is_secure(request), samesite="lax")


def drop(request: Request, response: Response, cookie: str) -> None:
    """Have the browser forget a value."""
    response.delete_cookie(_name(request, cookie), path="/", httponly=True,
                           secure=is_secure(request), samesite="lax")


def is_secure(request: Request) -> bool:
    """Whether the browser came by TLS, to us or to a proxy that is believed."""
    return request.url.scheme == "https"


def _name(request: Request, cookie: str) -> str:
    return f"{ONLY_HERE}{cookie}" if is_secure(request) else cookie
