"""One nudge, whatever it comes from: what is shown, what it is worth, and its key over nights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

KEY_CHARACTERS: Final = 12


@dataclass(frozen=True)
class Nudge:
    """One thing to look at.

    Parameters
    ----------
    key : str
        The same for one cause from night to night, without the name of anybody.
    nudge_id : str
        As the contract names it.
    kind : str
        ``alarm.*``, ``insider.*``, or a kind of `models.nudges.KINDS`.
    text, why_now, innocent, next_step : str
    evidence : list of str
    link : str
        Path of the page of the next step; empty: there is none.
    subject : dict
        ``kind`` and ``id``.
    since : str
        RFC 3339.
    members : int
    events, points : int or None
    money : float
        What it costs or brings, in the program's currency; 0 where nobody can say.
    size : float
        By which it is seen to grow: its money, else how many it touches.
    figures : dict or None
        ``size, low, high, expected, observed`` of a finding.
    is_urgent : bool
        Told before all that is worth more.
    """

    key: str
    nudge_id: str
    kind: str
    text: str
    innocent: str
    next_step: str
    subject: dict[str, str]
    since: str
    members: int
    events: int | None
    points: int | None
    money: float = 0.0
    size: float = 0.0
    why_now: str = ""
    evidence: list[str] = field(default_factory=list)
    link: str = ""
    figures: dict[str, float | None] | None = None
    is_urgent: bool = False

    def to_json(self) -> dict[str, Any]:
        """As the wire has it."""
        return {
            "nudge_id": self.nudge_id, "key": self.key, "kind": self.kind, "text": self.text,
            "why_now": self.why_now, "evidence": self.evidence, "innocent": self.innocent,
            "next_step": self.next_step, "link": self.link, "subject": self.subject,
            "since": self.since, "members": self.members, "events": self.events,
            "points": self.points, "money": round(self.money, 2), "figures": self.figures,
        }


def hidden(*parts: str) -> str:
    """A part of a key in place of a name: whoever reads the key learns nobody's id.

    >>> hidden("acme", "agent", "c2")
    '5c164fe0aa80'
    """
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:KEY_CHARACTERS]
