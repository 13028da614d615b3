"""How long work tells its caller how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with a label, how much is done and how much there is; a total of 0 is unknown."""


def silent(label: str, done: int, total: int) -> None:
    """Tell nobody.

    >>> silent("scans", 1, 2)
    """
