"""The front door: one thin command, ``jaga``, that joins the rooms, and `jaga.open` for notebooks.

Nothing is decided here. Each verb parses its options, calls one function of one room and prints
what came back; the room is imported only when its verb runs, so that ``jaga --help`` is quick and
a serving installation never needs the training packages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from jaga.workspace import Workspace

__all__ = ["open"]


def open(
    home: Path | str = "var", program: str | None = None, url: str | None = None
) -> Workspace:
    """Open a program of a home for reading; see `jaga.workspace.Workspace`.

    Raises
    ------
    NotFound
        No such program in this home.

    Examples
    --------
    >>> import jaga
    >>> jaga.open("a-home-that-is-empty")
    Traceback (most recent call last):
    features.errors.NotFound: Wanted the name of a program; ...
    """
    from jaga.workspace import Workspace

    return Workspace(home, program, url)
