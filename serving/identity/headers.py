"""Headers that every answer carries: nothing is framed, sniffed, kept or told to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING: Final = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OF_SERVICE: Final = {
    **COMMON,
    "Content-Security-Policy": f"{NOTHING}; form-action 'none'",
    "Referrer-Policy": "no-referrer",
}
"""The service answers programs: a browser that comes by runs, loads and frames nothing."""
EMPTY_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""The hash of no text: plotly makes a style element without any, and fills it by script. It also
tries on an image in a ``data:`` address, which runs nothing, what formats a browser knows."""
PLOTLY_STYLE: Final = "'sha256-gG0b4ixT/IQUp7JJLbyKcpYcYDjq2Wp8NGv3f+aasqo='"
"""The hash of the one style that plotly 2.35.2 writes as text, for maps; see pyproject.toml."""
OF_PAGES: Final = {
    **COMMON,
    "Content-Security-Policy": (
        f"{NOTHING}; script-src 'self'; style-src 'self' {EMPTY_STYLE} {PLOTLY_STYLE}; "
        "img-src 'self' data:; connect-src 'self'; form-action 'self'"),
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
"""Scripts and styles are files of these pages, none is written into a page or made from text;
nothing comes from elsewhere, nobody frames it, and a form goes to these pages alone. The referrer
must stay: without it a browser hides where a form came from."""
SECURE_ONLY: Final = (b"strict-transport-security", b"max-age=31536000")
"""A browser that came by TLS comes by TLS for a year (OWASP, "HTTP Security Response Headers")."""


class SafeHeaders:
    """ASGI middleware that adds the headers to every answer that has none of the name.

    Parameters
    ----------
    app : ASGI application
    headers : mapping of str to str
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode())
                         for name, value in headers.items()]
        self._names = frozenset(name for name, _ in self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, dressing the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, names = self._headers, self._names
        if scope["scheme"] == "https":
            headers = [*headers, SECURE_ONLY]

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                set_already = {name for name, _ in message["headers"]}
                more = headers if names.isdisjoint(set_already) else [
                    header for header in headers if header[0] not in set_already]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, dressed)
