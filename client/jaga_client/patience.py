"""How long an answer is waited for, and how often it is asked for again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """Seconds.

    Parameters
    ----------
    within_s : float
        After which no more is tried. The service answers or refuses within a second; the rest is
        for a restart.
    try_s : float
        After which one try is given up; a connection made while a service starts may wait long.
    pause_s, most_pause_s : float
        The first pause between two tries; each is twice the one before, up to the second.

    Raises
    ------
    ValueError
        Where one of them is not above 0.

    Examples
    --------
    >>> Patience(within_s=0)
    Traceback (most recent call last):
    ValueError: Wanted within_s above 0; came 0. To do: name seconds.
    """

    within_s: float = 5.0
    try_s: float = 2.0
    pause_s: float = 0.05
    most_pause_s: float = 1.0

    def __post_init__(self) -> None:
        for name in ("within_s", "try_s", "pause_s", "most_pause_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"Wanted {name} above 0; came {getattr(self, name)}. "
                                 "To do: name seconds.")


USUAL = Patience()
"""Of a points engine that waits for its verdict."""
