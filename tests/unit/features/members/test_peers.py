"""What the others tell: their season, and whether goods flow; against a slow reckoning."""

import numpy as np
import pandas as pd
import pytest

from features.members.cadence import Runs
from features.members.peers import flow_features, peer_season_features
from features.members.rhythm import member_features
from features.places import MISSING

TODAY = 1000


def by_hand(members, days, column):
    """Flow of each member's place, one member at a time."""
    told = []
    for me in members.itertuples():
        place = getattr(me, column)
        others = members[(members[column] == place) & (members["member_id"] != me.member_id)]
        now, usual = 0.0, 0.0
        for other in others.itertuples():
            now += recent(days, [other.member_id])
            peers = members[members["persona"] == other.persona]["member_id"].tolist()
            change = recent(days, peers) / max(before(days, peers), 1e-12)
            usual += before(days, [other.member_id]) * change
        told.append((now + 1) / (usual + 1) if place else np.nan)
    return told


def recent(days, owners):
    mine = days[days["member"].isin(owners)]
    return int((mine["day"] >= TODAY - 14).sum())


def before(days, owners):
    mine = days[days["member"].isin(owners)]
    return ((mine["day"] < TODAY - 14) & (mine["day"] >= TODAY - 104)).sum() * 14 / 90


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_flow_is_that_of_a_slow_reckoning(seed):
    """Every member, outlet and region, those without a place left out."""
    rng = np.random.default_rng(seed)
    members = pd.DataFrame({"member_id": np.arange(1, 31), "persona": rng.integers(0, 2, 30),
                            "outlet_id": rng.integers(0, 5, 30), "region": rng.integers(0, 3, 30)})
    days = pd.DataFrame({"member": rng.integers(1, 31, 900),
                         "day": TODAY - rng.integers(1, 200, 900)})
    days = days.drop_duplicates().sort_values(["member", "day"], ignore_index=True)
    flow = flow_features(members, Runs.of(days), TODAY)
    np.testing.assert_allclose(flow["outlet_flow"], by_hand(members, days, "outlet_id"))
    np.testing.assert_allclose(flow["region_flow"], by_hand(members, days, "region"))


def test_a_holiday_of_everybody_is_no_empty_shelf():
    """Where the whole persona rests for two weeks, every place is as usual."""
    rows = [(m, d) for m in range(1, 9) for d in range(TODAY - 104, TODAY - 14)]
    members = pd.DataFrame({"member_id": np.arange(1, 9), "persona": 0, "region": 1,
                            "outlet_id": np.repeat([1, 2], 4)})
    flow = flow_features(members, Runs.of(pd.DataFrame(rows, columns=["member", "day"])), TODAY)
    np.testing.assert_array_equal(flow["outlet_flow"], 1.0)


def test_peers_speak_by_what_they_declared():
    """A learnt season speaks for nobody else, and who has no persona has no peers."""
    members = pd.DataFrame({"persona": [0, 0, 0, 1, MISSING], "trade": [5, 5, 5, 5, 5],
                            "off_season": [1, 0, -1, 1, 1]})
    off = {"off_season_now": np.ones(5), "off_season_ahead": np.full(5, 0.5)}
    told = peer_season_features(members, off)
    np.testing.assert_array_equal(told["peers_off_season"], [0, 0.5, 0.5, np.nan, np.nan])
    np.testing.assert_array_equal(told["peers_off_ahead"], [0, 0.25, 0.25, np.nan, np.nan])


def test_what_was_held_is_no_activity_of_the_others(memory):
    """A shop whose claims are all held has no flow: only credited activity counts."""
    held = 1
    scans = [memory.scan(100 * m + d, m, d, outcome=held if m < 3 and d > 85 else 0)
             for m in (1, 2, 3, 4) for d in range(0, 100, 2)]
    journal = memory.journal({
        "members": [memory.member(m, outlet_id=1 + (m > 2), persona=0) for m in (1, 2, 3, 4)],
        "scans": scans})
    flow = member_features(journal, memory.at(100))["outlet_flow"]
    assert flow[1] < 0.5 < 1 < flow[3]
