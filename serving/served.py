"""One program as this process serves it: what all that acts on it works with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from serving.commits import Work
    from serving.live import Live

    Do = Callable[[Work], Awaitable[Any]]


class Served(NamedTuple):
    """A program's heart, who writes for it, and its clock.

    Parameters
    ----------
    live : Live
    do : callable
        Has a work done by the writing thread.
    clock : callable
        Milliseconds since 1970 UTC.
    """

    live: Live
    do: Do
    clock: Callable[[], int]
