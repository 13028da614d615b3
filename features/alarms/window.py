"""Who was seen with a subject of late: the odd ones, and how many of the last were odd."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from features.alarms.parties import count_parties

MOST: Final = 256
"""Odd members kept, the newest: memory is bounded whatever the traffic."""
RECENT: Final = 30
"""Members whose last events make the share: few, so that it follows an error within hours."""


class Sighting(NamedTuple):
    """One event as an alarm sees it.

    ``keys`` are what the member may share with others, his own first; ``subjects`` are
    (position in `features.alarms.finding.SUBJECTS`, number); ``size`` is how far off the event
    is, 0 where it is as usual.
    """

    ms: int
    member: int
    has_device: bool
    keys: tuple[int, ...]
    subjects: tuple[tuple[int, int], ...]
    size: float
    points: int


class Window:
    """Distinct members of the last ``length_ms``, and the events of the odd ones.

    Parameters
    ----------
    length_ms : int
    """

    def __init__(self, length_ms: int) -> None:
        self.length_ms = length_ms
        self.odd: OrderedDict[int, Sighting] = OrderedDict()
        self.last: OrderedDict[int, bool] = OrderedDict()

    def add(self, seen: Sighting) -> None:
        """Take an event in."""
        member = seen.member
        self.last[member] = odd = seen.size > 0
        self.last.move_to_end(member)
        if len(self.last) > RECENT:
            self.last.popitem(last=False)
        if odd:
            self.odd[member] = seen
            self.odd.move_to_end(member)
            if len(self.odd) > MOST:
                self.odd.popitem(last=False)

    def expire(self, ms: int) -> None:
        """Let go of what is too old at a moment."""
        oldest = ms - self.length_ms
        while self.odd and next(iter(self.odd.values())).ms < oldest:
            self.odd.popitem(last=False)

    @property
    def share(self) -> float:
        """Share of the last `RECENT` members whose last event was odd."""
        return sum(self.last.values()) / len(self.last) if self.last else 0.0

    @property
    def parties(self) -> float:
        """Independent parties among the odd."""
        return count_parties((seen.has_device, seen.keys) for seen in self.odd.values())

    def drop(self, subject: tuple[int, int]) -> None:
        """Forget the odd ones that belong to a subject: something else explains them."""
        gone = [member for member, seen in self.odd.items() if subject in seen.subjects]
        for member in gone:
            del self.odd[member]
            self.last.pop(member, None)
