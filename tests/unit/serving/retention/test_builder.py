"""The builder: what was chosen becomes a campaign, and its forecast is the night's own plan."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from features.errors import BadCell, BadInput
from features.exports.program import Program
from serving.campaigns.forecast import forecast
from serving.campaigns.night import Night
from serving.campaigns.standing import StandingCampaign
from serving.members import default_as_of
from serving.retention.builder import Wish, foresee, id_of
from serving.retention.flaws import flaws_of
from serving.retention.launching import second_person_why

DAY = dt.date(2026, 1, 31)
PROGRAM = Program(program_id="acme", timezone="Asia/Jakarta")


def made(**chosen: Any) -> StandingCampaign:
    wish = Wish(**{"name": "Back", "budget_points": "900", **chosen})
    return StandingCampaign.parse(wish.to_yaml(PROGRAM, DAY))


def test_what_is_chosen_is_what_is_campaigned() -> None:
    """Days are whole days of the program's time zone, the last one included."""
    found = made(segment={"persona": "retailer", "region": ""}, missions=("quiz", "spin"),
                 channels=("sms",), control_percent="12,5", starts="2026-02-01",
                 ends="2026-02-28", second_person=True)
    assert (found.id, found.segment, found.missions) == (
        "back", {"persona": "retailer"}, ("quiz", "spin"))
    assert (found.channels, found.control, found.second_person) == ({"sms": None}, 0.125, True)
    assert found.starts_at == dt.datetime.fromisoformat("2026-02-01T00:00:00+07:00")
    assert found.ends_at == dt.datetime.fromisoformat("2026-03-01T00:00:00+07:00")


def test_a_campaign_is_chosen_again_as_it_was() -> None:
    """Its text makes a form, and the form the same campaign."""
    first = made(segment={"state": "lapsed"}, missions=("quiz",), starts="2026-02-01",
                 ends="2026-07-15", second_person=True)
    assert StandingCampaign.parse(Wish.of(first, PROGRAM).to_yaml(PROGRAM, DAY)) == first


def test_what_is_left_empty_has_a_default() -> None:
    """It begins today and ends half a year later, however many days that month has."""
    for today, starts, last in ((DAY, "2026-01-31", "2026-07-31"),
                                (dt.date(2025, 8, 31), "2025-08-31", "2026-02-28")):
        text = Wish(name="x", budget_points="1").to_yaml(PROGRAM, today)
        again = Wish.of(StandingCampaign.parse(text), PROGRAM)
        assert (again.starts, again.ends) == (starts, last)


@pytest.mark.parametrize(("field", "text"), [
    ("budget_points", "many"), ("control_percent", "a tenth"), ("starts", "soon"),
    ("ends", "2026-02-30"), ("starts", "9999-12-31"), ("ends", "0001-01-01")])
def test_what_is_no_number_or_day_is_named(field: str, text: str) -> None:
    """The field is in the error, so that a form can show it there."""
    with pytest.raises(BadCell, match=field):
        made(**{field: text})


@pytest.mark.parametrize(("chosen", "flaws"), [
    ({}, []), ({"budget_points": "0"}, []), ({"starts": "2026-02-01", "ends": "2026-02-01"}, []),
    ({"name": " "}, [("name", "name")]), ({"name": "x" * 201}, [("name", "name.long")]),
    ({"missions": ("gone",)}, [("mission", "mission")]),
    ({"budget_points": "-1"}, [("budget_points", "points")]),
    ({"budget_points": "9" * 13}, [("budget_points", "points")]),
    ({"budget_points": "9" * 5000}, [("budget_points", "points")]),
    *(({"control_percent": text}, [("control_percent", "control")])
      for text in ("0", "100", "nan", "inf", "-1", "", "0.00000001", "ten")),
    ({"starts": "2026-02-01", "ends": "2026-01-31"}, [("ends", "ends")]),
    ({"ends": "2026-01-30"}, [("ends", "ends")]),
    ({"starts": "soon", "ends": "late"}, [("starts", "day"), ("ends", "day")])])
def test_what_has_no_flaw_is_a_campaign(
    chosen: dict[str, Any], flaws: list[tuple[str, str]]
) -> None:
    """And only that: whatever the schema of a campaign refuses is told before."""
    wish = Wish(**{"name": "Back", "budget_points": "900", **chosen})
    found = [(one.field, one.code) for one in flaws_of(wish, PROGRAM, DAY, ["quiz"])]
    assert found == flaws
    if not flaws or flaws[0][0] == "mission":
        StandingCampaign.parse(wish.to_yaml(PROGRAM, DAY))
    else:
        with pytest.raises(BadInput):
            StandingCampaign.parse(wish.to_yaml(PROGRAM, DAY))


def test_an_id_is_plain_and_free() -> None:
    """Whatever the name holds."""
    for name in ("<script>alert(1)</script>", "\u202egnisrever", "x" * 10_000, "🎉", "a/b?c=d#e"):
        found = made(name=name[:200], campaign_id=id_of(name))
        assert found.id.isascii()
    assert id_of("back", ["back", "back-2"]) == "back-3"


def test_a_forecast_is_that_of_the_night_itself(story: Any, at: Any) -> None:
    """The same numbers; who is left alone and who is decided for add up to the segment."""
    journal = story.home.journal()
    night = Night(story.home, journal, at(70), default_as_of(journal), is_dry=True)
    campaign = StandingCampaign.parse(
        "{id: b, name: B, segment: {persona: retailer}, missions: [come-back], control: 0.4, "
        "monthly_budget_points: 1000000, starts_at: 2025-03-01T00:00:00Z, "
        "ends_at: 2025-12-01T00:00:00Z}")
    found = foresee(journal, campaign, night.members, at(70))
    other = forecast(journal, campaign, night)
    assert {name: found[name] for name in other} == other
    assert found["offered"] > 100
    decided = found["offered"] + found["control"] + found["global"]
    assert decided + sum(found["excluded"].values()) == found["segment"]
    assert 0 < found["expected"]["low"] < found["expected"]["value"] < found["expected"]["high"]
    assert found["expected_effect"] == pytest.approx(
        found["expected"]["value"] / found["offered"], abs=1e-4)
    assert (found["basis"], found["second_person"]) == ("assumed", "budget")
    assert found["messages"] == {"come-back": {"en": "Scan three packs for 60 points more."}}


def test_a_larger_control_group_shows_a_smaller_effect(story: Any, at: Any) -> None:
    """And one of nobody shows none."""
    journal = story.home.journal()
    members = Night(story.home, journal, at(70), default_as_of(journal), is_dry=True).members
    least = [foresee(journal, StandingCampaign.parse(
        f"{{id: b, name: B, control: {share}, monthly_budget_points: {points}, "
        "starts_at: 2025-03-01T00:00:00Z, ends_at: 2025-12-01T00:00:00Z}"), members,
        at(70))["smallest_effect"] for share, points in ((0.1, 10**6), (0.5, 10**6), (0.1, 0))]
    assert least[1] < least[0]
    assert least[2] is None


def test_a_second_person_is_needed_by_rule_by_history_or_by_budget() -> None:
    """The first reason that holds is told."""
    ruled, small = made(second_person=True), made(budget_points="50000")
    assert second_person_why(ruled, None, PROGRAM) == "campaign"
    assert second_person_why(small, ruled, PROGRAM) == "approved"
    assert second_person_why(made(budget_points="50001"), small, PROGRAM) == "budget"
    assert second_person_why(small, None, PROGRAM) is None
