"""One alarm while it is open: what it is about, whom it touched, and when it will be over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.alarms.finding import SUBJECTS, Finding
from features.alarms.rules import OVER
from features.alarms.votes import Votes

if TYPE_CHECKING:
    from features.alarms.rules import Rule
    from features.alarms.window import Sighting, Window

MOST_MEMBERS: Final = 100_000
"""Members remembered as touched; later ones still count as events."""
ABOVE: Final = 2.0
"""An event further off than so many times the alarm's own size is not explained by it."""
Subject = tuple[int, int]


class Alarm:
    """An open alarm on one subject.

    Parameters
    ----------
    rule : Rule
    subject : tuple of int
        Position in `SUBJECTS`, and number.
    usual : float
        What was usual when it opened.
    window : Window
        What opened it.
    """

    def __init__(self, rule: Rule, subject: Subject, usual: float, window: Window) -> None:
        self.rule = rule
        self.subject = subject
        self.usual = usual
        self.window = window
        self.since = self.last = self.fresh = 0
        self.events = self.points = 0
        self.members: set[int] = set()
        self.sizes = Votes()
        self.common: tuple[Subject, ...] = ()

    def begin(self) -> None:
        """Count those whose events opened it."""
        seen = list(self.window.odd.values())
        self.since = min(each.ms for each in seen)
        shared = set(seen[0].subjects).intersection(*(each.subjects for each in seen))
        self.common = tuple(sorted(shared))
        for each in seen:
            self._touch(each)

    def note(self, seen: Sighting) -> None:
        """Take an event of the subject in."""
        self.window.add(seen)
        self.window.expire(seen.ms)
        if seen.size:
            self._touch(seen)

    def _touch(self, seen: Sighting) -> None:
        self.last = max(self.last, seen.ms)
        self.events += 1
        self.points += seen.points
        self.sizes.cast(seen.member, seen.size)
        is_new = seen.member not in self.members
        if is_new or len(self.window.odd) >= self.rule.parties:
            self.fresh = max(self.fresh, seen.ms)
        if is_new and len(self.members) < MOST_MEMBERS:
            self.members.add(seen.member)

    def absorb(self, other: Alarm) -> None:
        """Take a narrower alarm in: it was about the same error."""
        self.since, self.last = min(self.since, other.since), max(self.last, other.last)
        self.fresh = max(self.fresh, other.fresh)
        self.events += other.events
        self.points += other.points
        self.members |= other.members
        for member, seen in other.window.odd.items():
            self.window.odd.setdefault(member, seen)

    @property
    def deadline(self) -> int:
        """The moment after which it is over whatever comes; a few alone can't put it off."""
        return min(self.fresh + self.rule.quiet_ms, self.since + self.rule.longest_ms)

    @property
    def is_calm(self) -> bool:
        """Whether its subject is back to usual."""
        return self.window.share < OVER * self.rule.share

    def explains(self, size: float) -> bool:
        """Whether an event so far off may be due to it: not one far beyond all others."""
        return 0 < size <= ABOVE * self.sizes.level

    def finding(self, until_ms: int | None = None) -> Finding:
        """What people read."""
        kind, number = self.subject
        now = self.window.share if self.rule.times else self.sizes.level
        return Finding(self.rule.code, SUBJECTS[kind], number, self.since, until_ms,
                       len(self.members), self.events, self.points, self.usual, now)
