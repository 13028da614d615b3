"""Rings by week, as the night's watch weighs how they grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from features.links.jobs import LIKELY
from features.links.weeks import known_again
from features.segments.past import ACTIVITY, REDEMPTION
from models.nudges.given import DAYS, RINGS

if TYPE_CHECKING:
    from features.links.rings import Rings
    from features.segments.past import Past


MEMBER: Final = "member"


def ring_table(
    weeks: list[Rings], past: Past, names: dict[int, int] | None = None, least: float = LIKELY
) -> tuple[pd.DataFrame, dict[int, list[int]]]:
    """Tell the size of each likely ring week by week, and what it claimed in the last one.

    Parameters
    ----------
    weeks : list of Rings
        As `features.links.weeks.ring_weeks`.
    past : Past
        As of the night.
    names : dict of member to name, optional
        As of `features.links.weeks.known_again`: names that were told in nights before.
    least : float
        Score from which a ring is looked at; by default it is one hand as likely as not.

    Returns
    -------
    DataFrame, dict of ring to members
        Columns `models.nudges.given.RINGS`, of rings with that score at the last midnight; and
        who is in them then.
    """
    tables = known_again(weeks, names)
    last = tables[-1]
    likely = last[last["score"] >= least]
    wanted = set(likely["name"].tolist())
    claimed = _claimed(likely, past)
    today, parts = past.whole_days, []
    for back, table in enumerate(reversed(tables)):
        seen = table[table["name"].isin(wanted)].drop_duplicates("name")
        points = seen["name"].map(claimed).fillna(0) if not back else 0
        parts.append(pd.DataFrame({"ring": seen["name"], "day": today - 1 - back * DAYS,
                                   "size": seen["size"], "points": points}))
    members = likely.groupby("name")[MEMBER].apply(list).to_dict()
    return pd.concat(parts, ignore_index=True)[list(RINGS)], members


def _claimed(likely: pd.DataFrame, past: Past) -> dict[int, int]:
    """Points that the members of each ring claimed in the last week, by the ring's name."""
    events, today = past.events, past.whole_days
    recent = events[(events["day"] >= today - DAYS) & (events["day"] < today)
                    & (events["kind"] != REDEMPTION) & (events["kind"] != ACTIVITY)]
    ring = recent[MEMBER].map(dict(zip(likely[MEMBER], likely["name"], strict=True)))
    known = ring.notna().to_numpy()
    totals = recent["points"].to_numpy()[known]
    found = pd.Series(totals).groupby(ring[known].to_numpy(dtype=np.int64)).sum()
    return {int(name): int(points) for name, points in found.items()}
