"""Who was seen with a subject of late: the odd ones, and how many of the last were odd."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final, NamedTuple

from features.alarms.parties import count_parties

MOST: Final = 256
"""Odd members kept, the newest: memory is bounded whatever the traffic."""
RECENT: Final = 30
"""Members whose last events make the share: few, so that it follows an error within hours."""
SEEN: Final = 4 * RECENT
"""Events looked through for that many members; repeats in a row count once."""


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
        self.recent: deque[int] = deque(maxlen=SEEN)
        """Twice the member's number, and one more where he was odd."""
        self.ms = 0

    def add(self, seen: Sighting) -> None:
        """Take an event in."""
        member, odd = seen.member, seen.size > 0
        self.see(member * 2 + odd, seen.ms)
        if odd:
            self.odd[member] = seen
            self.odd.move_to_end(member)
            if len(self.odd) > MOST:
                self.odd.popitem(last=False)

    def see(self, vote: int, ms: int) -> None:
        """Take in who was seen, as `recent` has it."""
        self.ms = ms
        recent = self.recent
        if not recent or recent[-1] != vote:
            recent.append(vote)

    def expire(self, ms: int) -> None:
        """Let go of what is too old at a moment."""
        oldest = ms - self.length_ms
        while self.odd and next(iter(self.odd.values())).ms < oldest:
            self.odd.popitem(last=False)

    @property
    def share(self) -> float:
        """Share of the last `RECENT` members whose last event was odd."""
        votes: dict[int, int] = {}
        for vote in reversed(self.recent):
            votes.setdefault(vote >> 1, vote & 1)
            if len(votes) == RECENT:
                break
        return sum(votes.values()) / len(votes) if votes else 0.0

    @property
    def parties(self) -> float:
        """Independent parties among the odd."""
        return count_parties((seen.has_device, seen.keys) for seen in self.odd.values())

    def drop(self, subject: tuple[int, int]) -> None:
        """Forget the odd ones that belong to a subject: something else explains them."""
        gone = {member for member, seen in self.odd.items() if subject in seen.subjects}
        for member in gone:
            del self.odd[member]
        if gone:
            self.recent = deque((vote for vote in self.recent if vote >> 1 not in gone), SEEN)
