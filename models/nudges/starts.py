"""Partners who never start, and partners who leave after a campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.segments.grid import Grid
from features.segments.past import ACTIVITY, MEMBER_KINDS
from models.nudges.activity import points_a_day
from models.nudges.expected import of_trials
from models.nudges.finding import NEVER_STARTED
from models.nudges.series import Series

if TYPE_CHECKING:
    from features.segments.past import Past

START_DAYS: Final = 14
"""Days after joining within which a partner is to have claimed for the first time: beyond them
the share of those who ever do hardly grows in trade programs. A judgement."""
BASE: Final = 112
STRETCHES: Final = (7, 28)
"""Few join on a day: weeks are looked at."""
LEAST_JOINED: Final = 20
LEAST: Final = 1.0
OFF: Final = 0.2
BINOMIAL: Final = 0.6
"""Least variance over expectation: of hits among trials it is less than one."""
STARTED_WORTH: Final = 5.0
"""Days of a member that one who never starts would have brought, at the least: what those who do
start bring in their first month or so. A judgement."""


def starts(past: Past, first: int) -> list[Series]:
    """Members who had a first claim within `START_DAYS`, of those who joined, by segment.

    A member counts on the day on which his days are over.
    """
    claims = past.events[past.events["kind"] < ACTIVITY]
    begun = claims.drop_duplicates("member").set_index("member")["day"]
    new = past.members.assign(day=past.members["day"] + START_DAYS)
    began = begun.reindex(new["member"]).to_numpy(dtype=float)
    new = new.assign(started=began < new["day"].to_numpy(), missed=~(
        began < new["day"].to_numpy()))
    new = new[(new["day"] >= first) & (new["day"] < past.today)]
    worth, found = STARTED_WORTH * points_a_day(past.events), []
    for kind in ("program", *MEMBER_KINDS):
        grid = Grid.of(kind, new, first, past.today, LEAST_JOINED)
        if not len(grid.segments):
            continue
        hits, tries = grid.count(new, new["missed"]), grid.count(new)
        found.append(Series(
            NEVER_STARTED, kind, grid.segments, hits,
            (of_trials(hits, tries, BASE, max(STRETCHES)),), 1, "missed_starts",
            np.full(len(grid.segments), worth), new, "missed", least=LEAST, off=OFF,
            spread=BINOMIAL, stretches=STRETCHES))
    return found
