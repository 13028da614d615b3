"""A formula's text as a tree, whichever thread asks."""

from __future__ import annotations

import ast
import threading
from contextlib import suppress
from typing import Final

_ONE: Final = threading.Lock()
"""CPython 3.11 counts the depth of a tree in one place for all threads (issue 106905): two that
parse at once may end in a SystemError."""
TRIES: Final = 10
"""Other libraries parse too, and wait for no lock of ours."""


def parsed(text: str) -> ast.expr:
    """Parse one expression.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        As `ast.parse`.

    Examples
    --------
    >>> type(parsed("1 + 2")).__name__
    'BinOp'
    """
    for _ in range(TRIES):
        with suppress(SystemError), _ONE:
            return ast.parse(text, mode="eval").body
    with _ONE:
        return ast.parse(text, mode="eval").body
