"""The established usual of a price: points per unit, as many members had it before.

A value far from the usual does not vote, so that an error does not become the usual while it
lasts. As many faithful members as strays end a stray spell; where a spell lasts `SETTLED_MS` with
nearly nobody faithful, it was no error: the new level is taken over.
"""

from __future__ import annotations

from typing import Final

from features.alarms.votes import Votes

FAR: Final = 3.0
"""Values beyond so many times the usual, or below one so-manieth, are strays. Declared campaigns
double, seldom treble; a decimal point slipped makes ten."""
ESTABLISHED: Final = 12
"""Distinct members after whom a usual is one."""
SETTLED_MS: Final = 14 * 86_400_000
_WON: Final = 2
"""Strays that outnumber the faithful so many times have become the usual."""


class Usual:
    """Votes at the usual level, and those that stray from it.

    Examples
    --------
    >>> usual = Usual()
    >>> for member in range(1, 13):
    ...     usual.note(member, 50.0, 0)
    >>> usual.note(13, 500.0, 1)
    >>> usual.level
    50.0
    """

    def __init__(self) -> None:
        self.votes = Votes()
        self.strays = Votes()
        self.faithful: set[int] = set()
        self.stray_since = 0

    @property
    def level(self) -> float:
        """The usual value, 0 while not established."""
        return self.votes.level if len(self.votes.values) >= ESTABLISHED else 0.0

    def note(self, member: int, value: float, ms: int) -> None:
        """Take a member's value in."""
        level = self.level
        if level and not level / FAR < value < level * FAR:
            self._stray(member, value, ms)
            return
        self.votes.cast(member, value)
        if self.strays.values:
            self.faithful.add(member)
            if len(self.faithful) >= len(self.strays):
                self._forget_strays()

    def _stray(self, member: int, value: float, ms: int) -> None:
        if not len(self.strays):
            self.stray_since = ms
        self.strays.cast(member, value)
        if ms - self.stray_since < SETTLED_MS:
            return
        if len(self.strays) >= ESTABLISHED and len(self.strays) > _WON * len(self.faithful):
            self.votes = self.strays
        self._forget_strays()

    def _forget_strays(self) -> None:
        self.strays = Votes()
        self.faithful = set()
