"""What a nudge says in figures: who, since when, how much, how sure, worth what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

DROP: Final = "drop"
LEFT: Final = "left_after_campaign"
NEVER_STARTED: Final = "never_started"
LEAK: Final = "leak"
REPEATS: Final = "repeats"
SURGE: Final = "surge"
RING: Final = "ring_grows"
REFUSED: Final = "redemptions_refused"
FAILED: Final = "redemptions_failed"
LATE: Final = "redemptions_late"
WORKS: Final = "mission_works"
FAILS: Final = "mission_fails"
KINDS: Final = (DROP, LEFT, NEVER_STARTED, LEAK, REPEATS, SURGE, RING, REFUSED, FAILED, LATE,
                WORKS, FAILS)
"""Every kind of finding: members who come less, who left after a campaign, who never start; points
above their price, codes credited again, more scans than usual; a ring that grows; redemptions
refused, failed, late; missions that work, and that cost more than they bring."""
FAMILIES: Final = {DROP: "activity", SURGE: "activity", LEAK: "points", REPEATS: "points"}
"""Kinds that one cause may show in many segments at once: it is told at one of them."""


@dataclass(frozen=True)
class Finding:
    """One segment that is off, after all that was tested is counted.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    segment_kind : str
        One of `features.segments.grid.KINDS`, ``campaign``, ``ring`` or ``mission``.
    segment : int or str
        Its number in the journal, or position of a word; of a mission or ring its id.
    since_day : int
        First day of the stretch that shows it best; local days since 1970.
    until_day : int
        The day after the last.
    size, low, high : float
        How far off it is, as a share of what was expected (-0.3: less by three tenths), and its
        95 % interval. Of a mission: the effect on the chance of coming.
    expected, observed : float
        Of `what` in the stretch.
    p_value : float
        Chance of figures at least as odd, before the others tested are counted.
    q_value : float
        Share of false ones among findings at least as odd.
    money : float
        What it costs or brings in the stretch, in the program's currency; never below 0.
    what : str
        What was counted: ``active_days``, ``scans``, ``dear_days``, ``starts`` and so on.
    evidence : dict of str to float
        Figures behind it.
    also : tuple of (segment_kind, segment)
        Other segments that looked odd and are explained by this one.
    """

    kind: str
    segment_kind: str
    segment: int | str
    since_day: int
    until_day: int
    size: float
    low: float
    high: float
    expected: float
    observed: float
    p_value: float
    q_value: float
    money: float
    what: str
    evidence: dict[str, float] = field(default_factory=dict)
    also: tuple[tuple[str, int | str], ...] = ()

    @property
    def key(self) -> str:
        """What stays the same from night to night: the kind, and the segment.

        >>> Finding("drop", "region", 4, 9, 16, -.3, -.4, -.2, 10, 7, 1e-6, 1e-4, 3., "x").key
        'drop:region:4'
        """
        return f"{self.kind}:{self.segment_kind}:{self.segment}"
