"""When an alarm opens and when it is over, in numbers; all of them are judgements, none is learnt.

Measured on simulated years of 3,000 members: see docs/insiders-and-alarms.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from features.alarms.finding import CODE_FILE_STALE, POINTS_JUMP

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR


@dataclass(frozen=True)
class Rule:
    """Thresholds of one kind of alarm.

    Parameters
    ----------
    code : str
    window_ms : int
        How long a member counts as seen.
    parties : float
        Independent parties that must be odd within the window.
    share : float
        Share of the members seen that must be odd.
    times : float
        How many times the usual share it must be, too; 0 where odd is measured against a usual
        of its own.
    quiet_ms, longest_ms : int
        An alarm is over so long after it last touched somebody new or many at a time, and so
        long after it began.
    """

    code: str
    window_ms: int
    parties: float
    share: float
    times: float
    quiet_ms: int
    longest_ms: int


JUMP: Final = Rule(POINTS_JUMP, 24 * HOUR, parties=6.0, share=0.6, times=0.0, quiet_ms=2 * DAY,
                   longest_ms=14 * DAY)
"""Six parties within a day who are also most of those who claim the product: a ring of bought
identities that large would have to be alone with it."""
STALE: Final = Rule(CODE_FILE_STALE, 7 * DAY, parties=5.0, share=0.2, times=4.0,
                    quiet_ms=5 * DAY, longest_ms=30 * DAY)
"""Leaked lists come from two to five accounts, a carton in doubt reaches few; a file does many.
Members scan old stock beside the new, so a fifth is a lot. What an alarm on codes changes is only
that one case is opened and not many, so it may come early."""
OVER: Final = 0.3
"""An alarm is back to usual when the share fell below this part of the share that opens it."""
