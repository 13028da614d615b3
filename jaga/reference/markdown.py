"""Markdown of tables and of words that stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def code(text: str) -> str:
    """Write something as code; empty stays empty.

    >>> code("qr"), code("")
    ('`qr`', '')
    """
    return f"`{plain(text)}`" if text else ""


def plain(text: str) -> str:
    """Write a text on one line, so that it fits into a cell.

    >>> plain("one   two")
    'one two'
    """
    return " ".join(text.split()).replace("|", "\\|")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows of cells under a header.

    >>> print(table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(row)} |" if row[0] != "---" else f"|{'|'.join(row)}|"
                     for row in lines)
