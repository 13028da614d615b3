"""Campaign calendar, declared off season and the same dates last year."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from features.errors import BadInput
from features.members.cadence import Runs
from features.members.known import Known
from features.members.seasons import (
    campaign_features,
    last_year,
    off_days,
    off_season_features,
    season_clock,
    share_of_others,
)
from features.places import MISSING

TODAY = (dt.date(2026, 1, 15) - dt.date(1970, 1, 1)).days


def day(text):
    return (dt.date.fromisoformat(text) - dt.date(1970, 1, 1)).days


def members(count, **columns):
    unknown = {"persona": MISSING, "region": 0, "off_season": 0, "trade": 0}
    return pd.DataFrame({"member_id": range(1, count + 1), **unknown, **columns})


@pytest.mark.parametrize(("text", "date", "off"), [
    ("11-01/02-15", "2026-01-15", True), ("11-01/02-15", "2026-02-15", True),
    ("11-01/02-15", "2026-02-16", False), ("11-01/02-15", "2025-11-01", True),
    ("06-01/06-30", "2026-01-15", False), ("06-01/06-30;01-10/01-20", "2026-01-15", True),
    ("02-29/02-29", "2024-02-29", True), ("", "2026-01-15", False),
])
def test_off_days(text, date, off):
    """Both ends count, spans cross the new year, and several may be given."""
    assert off_days(text, np.array([day(date)])).tolist() == [off]


def test_an_unreadable_off_season_says_how_to_write_it():
    """A text that is no span names the form wanted."""
    with pytest.raises(BadInput, match="MM-DD/MM-DD"):
        off_days("winter", np.array([0]))


def test_an_unreadable_off_season_does_not_stop_the_others():
    """In the member frame a bad cell counts as no declaration."""
    known = Known(TODAY, pd.DataFrame(), pd.DataFrame(), off_seasons={1: "winter",
                                                                     2: "11-01/02-15"})
    found = off_season_features(known, members(3, off_season=[1, 2, 0]))
    assert found["off_season_now"].tolist() == [0, 1, 0]
    assert found["off_season_left"].tolist() == [0, 32, 0]
    np.testing.assert_equal(found["off_season_start"], [np.nan, 0, np.nan])


def test_the_clock_stands_still_in_the_declared_off_season():
    """Of a silence since mid October, only the days before 1 November are silence."""
    active = [day("2025-10-01"), day("2025-10-15"), day("2025-12-24")]
    days = pd.DataFrame({"member": [1, 1, 1, 2, 2, 2], "day": active * 2})
    known = Known(TODAY, days, pd.DataFrame(), off_seasons={2: "11-01/02-15"})
    clock, today = season_clock(known, members(2, off_season=[2, 0]), Runs.of(days))
    assert (today - clock[[2, 5]]).tolist() == [0, TODAY - active[2]]
    assert (today - clock[[1, 4]]).tolist() == [17, TODAY - active[1]]
    assert clock[1] - clock[0] == 14


def test_last_year_sees_the_gap_over_this_date():
    """Silent from 1 December to 20 February last year: 81 days, 36 of them after mid January."""
    active = [day("2024-12-01"), day("2025-02-20"), day("2025-05-01")]
    runs = Runs.of(pd.DataFrame({"member": 1, "day": active}))
    found = {name: values[0] for name, values in last_year(runs, TODAY).items()}
    assert found["gap_last_year"] == 81
    assert found["gap_last_year_left"] == 36
    assert found["same_window_last_year"] == 1
    assert found["before_last_year"] == 1


def test_last_year_is_unknown_to_those_who_were_not_there():
    """Whoever began after this date last year has no last year."""
    runs = Runs.of(pd.DataFrame({"member": [1], "day": [day("2025-03-01")]}))
    assert all(np.isnan(values[0]) for values in last_year(runs, TODAY).values())


def test_campaigns_of_another_persona_do_not_count():
    """A campaign is met by its persona and region, or by all where it names none."""
    campaigns = pd.DataFrame({
        "start": [TODAY - 50, TODAY + 10], "end": [TODAY - 20, TODAY + 19],
        "persona": [0, MISSING], "region": [0, 7],
    })
    days = pd.DataFrame({"member": [1, 1, 2], "day": [TODAY - 60, TODAY - 30, TODAY - 30]})
    known = Known(TODAY, days, pd.DataFrame(), campaigns)
    found = campaign_features(known, members(3, persona=[0, 1, 0], region=[7, 0, 0]),
                              Runs.of(days))
    np.testing.assert_equal(found["days_since_campaign"], [20, np.nan, 20])
    np.testing.assert_equal(found["days_to_campaign"], [10, np.nan, np.nan])
    np.testing.assert_equal(found["campaign_days_ahead"], [10, 0, 0])
    np.testing.assert_equal(found["campaign_share"], [0.5, 0, np.nan])


def test_share_of_others_leaves_oneself_out():
    """Alone in a group there is nobody to compare with."""
    share = share_of_others(np.array([1, 1, 2]), np.array([True, False, True]), np.full(3, True))
    np.testing.assert_equal(share, [0, 1, np.nan])
