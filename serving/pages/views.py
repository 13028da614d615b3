"""From stored facts to what a page shows. No HTML in here."""

from __future__ import annotations

from urllib.parse import quote


def quoted(text: str) -> str:
    """Quote a text for a path or a query.

    >>> quoted("a/b?")
    'a%2Fb%3F'
    """
    return quote(text, safe="")
