"""What an alarm says to people: one finding, whoever it touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

POINTS_JUMP: Final = "points_jump"
CODE_FILE_STALE: Final = "code_file_stale"
ALARMS: Final = (POINTS_JUMP, CODE_FILE_STALE)
"""Every code of an alarm; each has the words ``alarm.<code>`` and ``alarm.<code>.innocent``."""
SUBJECTS: Final = ("batch", "campaign", "mission", "sku", "region", "program")
"""What an alarm may be about, the narrowest first: the first that explains it is named."""


@dataclass(frozen=True)
class Finding:
    """One error of the program, open or over.

    Parameters
    ----------
    code : str
        One of `ALARMS`.
    subject_kind : str
        One of `SUBJECTS`.
    subject : int
        Number of the entity in the journal; of a campaign the ``seq`` of its row; 0 for the
        program.
    since_ms : int
        The first event that showed it.
    until_ms : int or None
        The last event that showed it; None while the alarm is open.
    members, events, points : int
        Distinct members touched (the first `features.alarms.alarm.MOST_MEMBERS` of them), their
        events, and the points these ask for.
    usual, now : float
        Points per unit as a multiple of what is usual, 1 by definition, and now; or the share of
        members with a code in doubt, usually and now.
    """

    code: str
    subject_kind: str
    subject: int
    since_ms: int
    until_ms: int | None
    members: int
    events: int
    points: int
    usual: float
    now: float
