"""Off seasons learnt from a trade that falls silent as a whole."""

import numpy as np
import pandas as pd
import pytest

from features.members.known import Known
from features.members.learnt_seasons import off_weeks, week_of, with_learnt_seasons
from features.members.rhythm import bare_members
from features.members.seasons import off_days
from features.places import MISSING

TODAY = 19_800
FARMER, SHOP = 3, 0


def program(farmers=40, shops=40, off="12-01/03-31", history=700, **columns):
    """Members who come on a third of the days, farmers never in their off season."""
    rng = np.random.default_rng(0)
    parts = []
    for member in range(1, farmers + shops + 1):
        days = np.flatnonzero(rng.random(history) < 0.3) + TODAY - history
        if member <= farmers:
            days = days[~off_days(off, days)]
        parts.append(pd.DataFrame({"member": member, "day": days}))
    days = pd.concat(parts, ignore_index=True)
    members = bare_members(days)
    members["persona"] = np.where(members["member_id"] <= farmers, FARMER, SHOP)
    return Known(TODAY, days, members.assign(**columns))


def test_a_trade_that_vanishes_has_an_off_season():
    """The learnt weeks cover the true ones to within a week, for farmers and nobody else."""
    known, learnt = with_learnt_seasons(program())
    assert learnt.tolist() == [True] * 40 + [False] * 40
    text, = known.off_seasons.values()
    year = np.arange(TODAY - 365, TODAY)
    told, true = off_days(text, year), off_days("12-01/03-31", year)
    assert (told & ~true).sum() == 0
    assert (true & ~told).sum() <= 14


@pytest.mark.parametrize("changes", [
    {"farmers": 20}, {"history": 300}, {"persona": MISSING}, {"off": "03-01/03-20"},
    {"off": "01-15/12-15"},
])
def test_nothing_is_learnt_without_ground(changes):
    """Too few members, less than a year, no persona, a short lull, or a trade that is gone."""
    known, learnt = with_learnt_seasons(program(**changes))
    assert not learnt.any()
    assert known.off_seasons == {}


def test_a_declaration_stands():
    """Members who declared an off season keep it; the others of the trade learn theirs."""
    declared = program(off_season=np.where(np.arange(80) < 10, 7, 0))
    known, learnt = with_learnt_seasons(declared)
    assert learnt.sum() == 30
    assert (known.members["off_season"].to_numpy()[:10] == 7).all()


def test_a_steady_year_has_no_off_season():
    """The same activity every week is no season, and neither is none at all."""
    for days in (np.arange(TODAY - 365, TODAY), np.array([], dtype=np.int64)):
        count = np.bincount(week_of(days, TODAY), minlength=52)
        assert off_weeks(count, TODAY) == ""
