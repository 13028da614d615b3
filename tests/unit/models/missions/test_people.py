"""What is told of members beside the frame: ignored offers, open cases, hours of quiet."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from features.contract import DELIVERY_STATUSES
from features.exports.messages import QuietHours
from models.missions.people import people_of, quiet_now
from models.missions.suggestions import suggest

DAY = 20_000


def offered(*days, member=1):
    """Offers of streak to a member so many days ago."""
    count = len(days)
    return pd.DataFrame({"decision_id": np.arange(1, count + 1), "member_id": member,
                         "day": [DAY - each for each in days], "mission_id": 1, "holdout": 0,
                         "intended": 1})


def people(scene, offers, came=(), deliveries=None):
    """People of a scene of two after offers, with activity so many days ago of the first."""
    made = scene(count=2)
    days = pd.DataFrame({"member": 1, "day": [DAY - 300, *(DAY - each for each in came)]})
    return people_of(made.frame, made.names, offers, days, deliveries)


@pytest.mark.parametrize(("ago", "came", "wanted"), [
    ((200, 100, 40), (), 3), ((200, 100, 40), (95,), 1), ((200, 100, 40), (38,), 0),
    ((100, 5), (), 1), ((), (), 0),
])
def test_offers_in_a_row_that_he_let_pass(scene, ago, came, wanted):
    """Counted back from the latest whose answer time is over, up to one that was answered."""
    found = people(scene, offered(*ago), came)
    assert found["ignored"].tolist() == [wanted, 0]


def test_what_never_arrived_was_not_ignored(scene):
    """A failed message is no offer; one that failed first and arrived then is."""
    failed, read = (DELIVERY_STATUSES.index(word) for word in ("failed", "read"))
    deliveries = pd.DataFrame({"decision_id": [1, 2, 2], "status": [failed, failed, read]})
    found = people(scene, offered(100, 40), deliveries=deliveries)
    assert found["ignored"].tolist() == [1, 0]


def test_who_ignored_two_is_left_in_peace_for_a_while(scene):
    """The pause ends after so many days; a program may set both."""
    made = scene(count=2, days_since_mission=40.0, last_mission=1.0)
    asked = scene.change(made, offers=offered(100, 40), people=pd.DataFrame())
    assert suggest(asked).excluded.tolist() == ["ignored"]
    late = scene.change(made, offers=offered(130, 70), people=pd.DataFrame())
    assert suggest(late).excluded.empty
    patient = scene(count=2, settings={"messages": {"pause_after_ignored": 3}})
    asked = scene.change(patient, offers=offered(100, 40), people=pd.DataFrame())
    assert suggest(asked).excluded.empty


def test_an_open_case_and_farming_exclude(scene):
    """Neither is asked, each under its own code."""
    made = scene(count=3)
    made.people.loc[2, "open_case"] = True
    made.people.loc[3, "farmer"] = True
    assert suggest(made).excluded.to_dict() == {2: "open_case", 3: "farmer"}


def test_quiet_hours_exclude_where_the_program_says_skip(scene):
    """At nine in the evening in Jakarta it is afternoon in UTC; waiting excludes nobody."""
    at = 1_751_378_400_000  # 2025-07-01T14:00Z, 21:00 in Jakarta
    hours = {"from": "21:00", "to": "08:00", "then": "skip"}
    made = scene(count=2, settings={"messages": {"quiet_hours": hours}})
    made.people.loc[1, "zone"] = "Asia/Jakarta"
    assert suggest(made, sending_ms=at).excluded.to_dict() == {1: "quiet_hours"}
    waits = scene(count=2, settings={"messages": {"quiet_hours": hours | {"then": "wait"}}})
    waits.people["zone"] = "Asia/Jakarta"
    assert suggest(waits, sending_ms=at).excluded.empty


@pytest.mark.parametrize(("start", "end"), [("21:00", "08:00"), ("01:30", "05:00")])
@pytest.mark.parametrize("zone", ["UTC", "America/Asuncion", "Asia/Kolkata"])
def test_quiet_hours_end_as_a_clock_on_the_wall_says(start, end, zone):
    """Every few hours of two weeks around a change of the clock, against a search by minutes."""
    hours, place = QuietHours.model_validate({"from": start, "to": end}), ZoneInfo(zone)
    first = 1_727_740_800_000  # 2024-10-01T00:00Z; Asuncion changes on the 6th
    for at in range(first, first + 14 * 86_400_000, 11_700_000):
        later = at
        while hours.holds(later, place):
            later += 60_000
        assert hours.ends_ms(at, place) == later


def test_a_zone_that_nobody_knows_is_the_programs():
    """A wrong zone of one member stops nobody's message."""
    hours = QuietHours.model_validate({"from": "21:00", "to": "08:00"})
    night = 1_751_328_000_000  # 2025-07-01T00:00Z
    found = quiet_now(hours, ["Mars/Olympus", "", "Asia/Jakarta"], ZoneInfo("UTC"), night)
    assert found.tolist() == [True, True, True]
    assert quiet_now(None, ["UTC"], ZoneInfo("UTC"), night).tolist() == [False]
