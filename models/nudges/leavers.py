"""Partners who leave after a campaign: fewer come back than after other weeks just as long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.segments.drives import SEASON, parts_of, spans
from features.segments.past import daily_members
from models.nudges.activity import points_a_day
from models.nudges.finding import LEFT, Finding
from models.nudges.starts import STARTED_WORTH
from models.nudges.tails import tails

if TYPE_CHECKING:
    from features.segments.past import Past

BACK_DAYS: Final = 21
"""Days after a campaign within which a partner comes back who was not only there for it."""
TOLD_DAYS: Final = 14
"""Days for which it is told."""
CONTROLS: Final = 12
"""Earlier stretches as long as the campaign, a week apart, that say how many usually come back."""
FEWEST_CONTROLS: Final = 6
FEWEST: Final = 50
"""Partners without whom nothing is said."""
OFF: Final = 0.15
Z95: Final = 1.96


def left_after(past: Past, today: int, point_value: float) -> list[Finding]:
    """Weigh every campaign that was over `BACK_DAYS` ago; all of them, remarkable or not.

    Who was meant and came during it is followed; the same is done with earlier weeks, and what
    others did differently this time is taken off.
    """
    members = past.events.iloc[daily_members(past.events)]
    worth = STARTED_WORTH * points_a_day(past.events) * point_value
    found = []
    for row in spans(past).itertuples():
        if row.kind == SEASON or not 0 <= today - row.last - BACK_DAYS < TOLD_DAYS:
            continue
        meant = (row.persona < 0) | (parts_of(members) == row.persona)
        meant &= (row.region <= 0) | (members["region"] == row.region).to_numpy()
        if row.sku > 0 or row.last <= row.first:
            continue
        weighed = _weighed(members, meant, row.first, row.last)
        if weighed is not None:
            found.append(_finding(row.campaign, row.last, weighed, worth))
    return found


def _weighed(members: Any, meant: Any, first: int, last: int) -> tuple[float, ...] | None:
    """Those who came, came back, were to come back, and how much that varies."""
    member, day = members["member"].to_numpy(), members["day"].to_numpy()

    def back(who: Any, until: int, length: int) -> tuple[int, int]:
        there = np.unique(member[who & (day >= until - length) & (day < until)])
        again = np.unique(member[who & (day >= until) & (day < until + BACK_DAYS)])
        return len(there), int(np.isin(there, again).sum())

    length, begun = last - first, int(day.min(initial=first))
    ends = [first - BACK_DAYS - 7 * step for step in range(CONTROLS)]
    ends = [end for end in ends if end - length >= begun]
    came, again = back(meant, last, length)
    pairs = [pair for end in ends if (pair := back(meant, end, length))[0] >= FEWEST]
    if came < FEWEST or len(pairs) < FEWEST_CONTROLS:
        return None
    shares = np.array([hits / count for count, hits in pairs])
    count, hits = back(~meant, last, length)
    others = [back(~meant, end, length) for end in ends]
    usual = [h / c for c, h in others if c >= FEWEST]
    moved = hits / count / float(np.mean(usual)) if count >= FEWEST and usual else 1.0
    expected = came * min(float(shares.mean()) * moved, 1.0)
    spread = max(came * float(shares.var(ddof=1)) / float(shares.mean()), 1.0)
    return float(came), float(again), expected, spread


def _finding(campaign: int, last: int, weighed: tuple[float, ...], worth: float) -> Finding:
    came, again, expected, spread = weighed
    low, _ = tails(np.array([again]), np.array([expected]), np.array([spread]))
    gap = expected - again
    p = float(low[0]) if gap >= OFF * expected else 1.0
    error = Z95 * float(np.sqrt(spread * expected)) / expected
    size = again / expected - 1
    return Finding(LEFT, "campaign", campaign, last, last + BACK_DAYS, size, max(size - error, -1),
                   size + error, expected, again, p, 1.0, max(gap, 0.0) * worth, "came_back",
                   {"came": came})
