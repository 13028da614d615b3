"""Each state spares somebody: rules on a frame of one member."""

import numpy as np
import pandas as pd
import pytest

from models.inactivity.states import states

USUAL = {"today": 1000.0, "last_day": 995.0, "days_since_last": 5.0, "tenure": 400.0,
         "days_since_joined": 500.0, "cadence": 10.0, "gap_median": 9.0, "blocked": 0.0,
         "off_season_now": 0.0, "season_learnt": 0.0, "gap_last_year": np.nan,
         "gap_last_year_left": np.nan, "gap_second": np.nan, "off_season_start": np.nan,
         "peers_off_season": 0.0, "outlet_flow": 1.0, "region_flow": np.nan}


def state(p=0.9, horizon=60, **changes):
    row = USUAL | changes
    if "days_since_last" in changes and "last_day" not in changes:
        row["last_day"] = row["today"] - row["days_since_last"]
    word, segment = states(pd.DataFrame([row]), np.array([p]), np.array([horizon]))
    return f"{word[0]}:{segment[0]}".rstrip(":")


@pytest.mark.parametrize(("p", "changes", "wanted"), [
    (0.1, {}, "active"),
    (0.9, {}, "active"),
    (0.9, {"days_since_last": 30.0}, "slipping"),
    (0.49, {"days_since_last": 30.0}, "active"),
    (0.9, {"days_since_last": 121.0}, "lapsed"),
    (0.9, {"days_since_last": 121.0, "cadence": 40.0}, "slipping"),
    (0.3, {"days_since_last": 121.0}, "active"),
    (0.9, {"days_since_last": 121.0, "blocked": 1.0}, "blocked"),
    (0.9, {"days_since_last": 20.0, "tenure": 20.0, "days_since_joined": 25.0}, "new"),
    (0.9, {"days_since_last": np.nan, "last_day": np.nan, "cadence": np.nan, "tenure": np.nan},
     "new:never_started"),
    (0.9, {"days_since_last": 30.0, "last_day": 880.0, "off_season_now": 1.0},
     "off_season:declared"),
    (0.9, {"days_since_last": 30.0, "last_day": 880.0, "off_season_now": 1.0,
           "season_learnt": 1.0}, "off_season:learnt"),
    (0.9, {"days_since_last": 200.0, "last_day": 700.0, "off_season_now": 1.0}, "lapsed"),
    (0.1, {"days_since_last": 3.0, "last_day": 997.0, "off_season_now": 1.0}, "active"),
    (0.9, {"days_since_last": 80.0, "gap_last_year": 120.0, "gap_last_year_left": 40.0},
     "off_season:learnt"),
    (0.9, {"days_since_last": 110.0, "gap_last_year": 120.0, "gap_last_year_left": 40.0},
     "slipping"),
    (0.9, {"days_since_last": 20.0, "gap_last_year": 30.0, "gap_last_year_left": 10.0},
     "slipping"),
])
def test_states(p, changes, wanted):
    """Blocked did not leave, off season is no silence, lapsed is longer than slipping."""
    assert state(p, **changes) == wanted


@pytest.mark.parametrize(("changes", "wanted"), [
    ({"days_since_last": 40.0, "gap_second": 38.0}, "slipping"),
    ({"days_since_last": 40.0, "gap_second": 45.0}, "active"),
    ({"days_since_last": 130.0, "gap_second": 150.0}, "active"),
    ({"days_since_last": 160.0, "gap_second": 150.0}, "lapsed"),
])
def test_the_pause_between_two_projects_is_rhythm(changes, wanted):
    """A silence he came back from twice is no sign of leaving, however sure the chance."""
    assert state(0.9, **changes) == wanted


@pytest.mark.parametrize(("changes", "wanted"), [
    ({"peers_off_season": 0.5}, "off_season:peers"),
    ({"peers_off_season": 0.2}, "slipping"),
    ({"peers_off_season": np.nan}, "slipping"),
    ({"peers_off_season": 0.5, "off_season_start": 90.0}, "slipping"),
    ({"peers_off_season": 0.5, "off_season_start": 90.0, "season_learnt": 1.0},
     "off_season:peers"),
    ({"peers_off_season": 0.5, "days_since_last": 300.0}, "lapsed"),
    ({"peers_off_season": 0.5, "blocked": 1.0}, "blocked"),
])
def test_those_who_declared_nothing_rest_with_their_peers(changes, wanted):
    """Many of the persona and trade are off season: silence is theirs too, unless it is old."""
    assert state(0.9, **({"days_since_last": 40.0} | changes)) == wanted


@pytest.mark.parametrize(("changes", "wanted"), [
    ({"outlet_flow": 0.15}, "slipping:supply"),
    ({"region_flow": 0.05}, "slipping:supply"),
    ({"outlet_flow": 0.5, "region_flow": 0.9}, "slipping"),
    ({"outlet_flow": np.nan}, "slipping"),
    ({"outlet_flow": 0.1, "days_since_last": 5.0}, "active"),
])
def test_an_empty_shelf_is_told_apart_from_leaving(changes, wanted):
    """Slipping where the whole outlet or region stopped is a matter of supply."""
    assert state(0.9, **({"days_since_last": 40.0} | changes)) == wanted


def test_more_recent_activity_never_worsens_the_state():
    """At the same chance, fewer silent days never turn active into slipping or lapsed."""
    order = ["active", "slipping", "lapsed"]
    ranks = [order.index(state(0.9, days_since_last=float(d))) for d in range(1, 300, 7)]
    assert ranks == sorted(ranks)
