"""Doors from the service to the pages, which live in a process of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from features.errors import NotFound
from serving.errors import body_of

if TYPE_CHECKING:
    from starlette.requests import Request

DESKS = ("/review", "/retention", "/copilot")
"""Pages for people; the service sends a browser on to where they are."""


def door(desk: str, pages_url: str, *, exact: bool = False) -> Starlette:
    """Build an application that redirects a desk's paths to the pages.

    Parameters
    ----------
    desk : str
        One of ``DESKS``; empty for the first page.
    pages_url : str
        Origin of the pages; ``{host}`` in it stands for the host the browser asked. Empty: none.
    exact : bool
        Redirect the desk's own path only, not what lies below it.
    """

    async def go(request: Request) -> Response:
        if not pages_url:
            missing = NotFound("a service started with its pages", "one without",
                               "start it with jaga serve, or set JAGA_PAGES_URL")
            return JSONResponse(body_of(missing), 404)
        host = request.url.hostname or "127.0.0.1"
        origin = pages_url.replace("{host}", f"[{host}]" if ":" in host else host)
        rest = request.path_params.get("rest", "")
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{origin}{desk}{'/' + rest if rest else ''}{query}")

    return Starlette(routes=[Route("/" if exact else "/{rest:path}", go)])
