"""What missions bring, over campaigns: by the draw, and by an interval that holds every night."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from models.nudges.given import MISSIONS, judged_missions
from serving.campaigns.jobs import run
from serving.campaigns.outcomes import Activity
from serving.champion import load_champion
from serving.members import members_without_anomaly
from serving.nudges.missions import mission_table

if TYPE_CHECKING:
    from collections.abc import Callable


def table_of(story: Any, as_of_ms: int) -> Any:
    journal = story.home.journal()
    members = members_without_anomaly(
        journal, load_champion(story.home, journal), as_of_ms)
    return mission_table(journal, Activity.read(journal, as_of_ms), members)


def test_a_mission_that_brings_half_of_them_back_is_measured(
    story: Any, at: Callable[[float], int]
) -> None:
    """Nothing while the days run; afterwards the effect, whom it was sent to, cost and worth."""
    story.approve(name="back", mission="come-back")
    run(story.home, as_of=at(71))
    assert table_of(story, at(75)).empty
    with story.home.database.reading() as store:
        rows = store.rows("SELECT member_id, arm FROM standing_decisions")
    journal = story.home.journal()
    offered = [number for number, arm in rows if arm == "offered"]
    came = [number for at, (number, arm) in enumerate(rows)
            if (at % 5 < 3 if arm == "offered" else at % 10 == 0)]
    names = journal.names("member", np.array(came))
    story.scans([(int(str(name)[2:]), 80.0) for name in names], "second")
    found = table_of(story, at(71 + 45))
    assert [*found.columns] == [*MISSIONS]
    (row,) = found.itertuples()
    assert (row.mission, row.partners) == ("come-back", len(offered))
    assert 0.2 < row.low < row.value < row.high < 0.8
    share = sum(number in set(offered) for number in came) / len(offered)
    # A point is worth half of the currency, and is paid to who met the goal.
    assert row.cost == pytest.approx(60 * share * 0.5, rel=0.05)
    assert row.worth > row.cost
    kinds = {each.kind: each.p_value for each in judged_missions(found, 1)}
    assert kinds["mission_works"] < 0.01 < kinds["mission_fails"]


def test_later_days_are_not_known(story: Any, at: Callable[[float], int]) -> None:
    """As of a moment before the end of the days there is nothing to tell, whatever came since."""
    story.approve(name="back", mission="come-back")
    run(story.home, as_of=at(71))
    before = table_of(story, at(85))
    story.scans([(member, 90.0) for member in range(100)], "second")
    assert before.equals(table_of(story, at(85)))
