"""A night of standing campaigns, the same over SQLite and over PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadInput
from serving.campaigns import jobs

if TYPE_CHECKING:
    from pathlib import Path

DAY = 70.1
TABLES = ("standing_days", "standing_decisions", "missions", "suggested", "outbox", "deliveries")


def moment(day: float) -> int:
    """UTC milliseconds of a day of the story, which begins with 2025."""
    return 1_735_689_600_000 + int(day * 86_400_000)


def dump(story: Any) -> dict[str, list[str]]:
    """Every row that a night writes."""
    return {table: sorted(map(repr, story.table(f"SELECT * FROM {table}"))) for table in TABLES}


def decided(story: Any) -> list[Any]:
    """Who was decided for, and how; the numbers of members are the same in both stores."""
    return story.table("SELECT campaign_id, day, position, member_id, arm, intended, points, code "
                       "FROM standing_decisions ORDER BY 1, 2, 3")


def test_a_night_plans_sends_and_is_done_once(story: Any) -> None:
    """A second run of the day changes nothing; the control group is logged and gets nothing."""
    story.approve()
    first = jobs.run(story.home, now_ms=moment(DAY))
    before = dump(story)
    again = jobs.run(story.home, now_ms=moment(DAY) + 3_600_000)
    assert [row["did"] for row in first["campaigns"] + again["campaigns"]] == [
        "planned", "done_before"]
    assert dump(story) == before
    assert first["handed_over"]["sent"] == first["campaigns"][0]["offered"] > 100
    arms = dict(story.table("SELECT arm, COUNT(*) FROM standing_decisions GROUP BY arm"))
    assert arms["control"] > 0
    assert story.table("SELECT COUNT(*) FROM missions") == [(sum(arms.values()),)]
    codes = story.table("SELECT DISTINCT arm, code FROM standing_decisions ORDER BY 1")
    assert codes == [("control", "held_out"), ("global", "held_out"), ("offered", "sent")]


def test_budget_rest_and_one_mission_a_day_hold(story: Any) -> None:
    """Two campaigns, two nights: a month's points are not exceeded, nobody is asked twice."""
    story.approve(budget=6000)
    story.approve(name="second", mission="spin", budget=2000)
    jobs.run(story.home, now_ms=moment(DAY))
    jobs.run(story.home, as_of=moment(DAY + 1))
    spent = dict(story.table("SELECT campaign_id, SUM(points) FROM standing_decisions "
                             "GROUP BY campaign_id"))
    assert 0 < spent["back"] <= 6000
    assert 0 < spent["second"] <= 2000
    everybody, members = story.table(
        "SELECT COUNT(*), COUNT(DISTINCT member_id) FROM standing_decisions")[0]
    assert everybody == members > 100


def test_a_stopped_campaign_runs_no_more_and_shows_its_results(story: Any) -> None:
    """It is listed as stopped, and what it brought can be asked for."""
    story.approve()
    jobs.run(story.home, now_ms=moment(DAY))
    jobs.stop(story.home, "back", "ana", "Enough.", None, moment(DAY + 1))
    assert jobs.run(story.home, as_of=moment(DAY + 20))["campaigns"] == []
    [row] = jobs.listed(story.home.journal(), moment(DAY + 20))
    assert row["status"] == "stopped"
    assert jobs.results_of(story.home, "back", None, moment(DAY + 20))["lines"]
    with pytest.raises(BadInput):
        jobs.approve(story.home, "back", "", None, moment(DAY + 20))


def test_both_stores_decide_the_same(told: Path, tmp_path: Path, stories: Any) -> None:
    """The same night over each: the same partners in the same arms for the same points."""
    found = []
    for store in ("sqlite", "postgresql"):
        with stories(store, told, tmp_path / store) as story, closing(story.home):
            story.approve(budget=6000)
            jobs.run(story.home, now_ms=moment(DAY))
            found.append(decided(story))
    assert found[0] == found[1]
    assert len(found[0]) > 50
