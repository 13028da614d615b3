"""What the service keeps is what the pages read, and nothing of who was erased."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from features.members.known import History
from features.members.rhythm import member_frame
from serving.campaigns.night import Night
from serving.champion import load_champion
from serving.keeping.jobs import erase_member
from serving.members import default_as_of, members_without_anomaly
from serving.retention.brought import Brought
from serving.retention.keeping import Keeping
from serving.retention.kept import Kept, Reader, folder_of

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000


def keep(home: Any, erased: int = 0) -> Kept:
    journal = home.journal()
    bundle = load_champion(home, journal, home.catalog("acme"))
    members = members_without_anomaly(journal, bundle, default_as_of(journal))
    folder = folder_of(home.path, "acme")
    Keeping(folder, journal).keep(members, bundle, erased)
    found = Kept.read(folder)
    assert found is not None
    return found


@pytest.fixture
def home(story: Any) -> Any:
    return story.home


def test_the_table_says_what_the_model_says(home: Any) -> None:
    """State and chance of each member; a mission or a reason for who slips, never both."""
    kept = keep(home)
    journal = home.journal()
    bundle = load_champion(home, journal, home.catalog("acme"))
    table = members_without_anomaly(journal, bundle, default_as_of(journal)).table
    mine = kept.members.set_index("number")
    pd.testing.assert_series_equal(mine["p_inactive"], table["p_inactive"], check_names=False)
    assert mine["state"].tolist() == table["state"].tolist()
    assert ((mine["mission"] != "") ^ (mine["why_not"] != "")).all()
    assert {"slipping", "lapsed"} & set(mine["state"])
    assert (mine["mission"] != "").any()
    assert set(mine.loc[mine["mission"] != "", "basis"]) == {"assumed"}
    assert ((mine["effect_low"] < mine["effect"]) | mine["effect"].isna()).all()


def test_a_members_days_are_his_own(home: Any) -> None:
    """Every day of qualifying activity of the last year, with its events."""
    kept = keep(home)
    days = History.read(home.journal(), kept.as_of_ms).known(kept.as_of_ms).days
    for number in (1, 7, 40):
        mine = days[days["member"] == number].sort_values("day")
        found = kept.days_of(number)
        assert found["day"].tolist() == mine["day"].tolist()
        assert found["events"].tolist() == mine["events"].tolist()
    assert kept.days_of(10**6).empty


def test_the_trend_is_what_would_have_been_said_then(home: Any) -> None:
    """A week's counts are those of a table scored as of that day; today's are of the table."""
    kept = keep(home)
    journal = home.journal()
    bundle = load_champion(home, journal, home.catalog("acme"))
    day = int(kept.trend["day"].unique()[-3])
    known = History.read(journal, kept.as_of_ms).known(kept.as_of_ms - (kept.today - day) * DAY_MS)
    then = bundle.inactivity.predict(member_frame(known))["state"].value_counts().to_dict()
    mine = kept.trend[kept.trend["day"] == day].groupby("state")["members"].sum().to_dict()
    assert mine == then
    now = kept.trend[kept.trend["day"] == kept.today].groupby("state")["members"].sum()
    assert now.to_dict() == kept.members["state"].value_counts().to_dict()
    again = keep(home)
    pd.testing.assert_frame_equal(again.trend, kept.trend)


def test_what_names_who_was_erased_is_not_shown(home: Any, at: Any) -> None:
    """The files go at once; one that another process writes of before is not read."""
    keep(home)
    reader = Reader(home.path)
    assert reader.kept("acme", 0) is not None
    shutil.copytree(home.path / "retention", home.path / "copy")
    told = erase_member(home, "m-4", "acme", "ana", at(80))
    assert Kept.read(folder_of(home.path, "acme")) is None
    assert reader.kept("acme", 0) is None
    assert not [name for name in told["files_that_name_him"] if name.startswith("retention")]
    shutil.copytree(home.path / "copy" / "acme", folder_of(home.path, "acme"), dirs_exist_ok=True)
    entry = home.journal().database
    with entry.reading() as store:
        erased = store.rows("SELECT MAX(entry) FROM erasures")[0][0]
    assert reader.kept("acme", erased) is None
    assert "m-4" not in set(keep(home, erased).members["member_id"])


def test_an_empty_folder_and_another_version_are_nothing(tmp_path: Path) -> None:
    """The desk says that there is nothing yet."""
    assert Kept.read(tmp_path) is None
    assert Reader(tmp_path).kept("acme", 0) is None


def test_a_campaign_is_estimated_until_it_is_measured(story: Any, at: Any) -> None:
    """What was sent is expected to bring back so many; the control group is not counted in."""
    story.approve()
    journal = story.home.journal()
    Night(story.home, journal, at(70), at(70)).run()
    with journal.database.writing() as store:
        store.run("UPDATE standing_decisions SET code = CASE arm WHEN 'offered' THEN 'sent' "
                  "ELSE 'held_out' END")
    body = keep(story.home).campaigns["back"]
    sent = story.table("SELECT COUNT(DISTINCT member_id) FROM standing_decisions "
                       "WHERE code = 'sent'")[0][0]
    found = Brought.of(body)
    assert found.basis == "assumed"
    assert found.partners is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.partners < found.high < sent
    assert found.each == pytest.approx(found.points / found.partners, abs=0.1)
    assert "lines" not in body


def test_measured_goes_before_estimated() -> None:
    """And a harm that may be chance has no price for each."""
    body = {"verdict": "measured", "cost": {"points": 900}, "estimate": {
        "value": 50.0, "low": 1.0, "high": 99.0}, "won_back": {
            "partners": {"value": 3.0, "low": -2.0, "high": 8.0}, "points_per_partner": None}}
    assert Brought.of(body) == Brought("measured", 3.0, -2.0, 8.0, 900, None)
    nothing = {"verdict": "nothing", "cost": {"points": 0}, "won_back": {}, "estimate": None}
    assert Brought.of(nothing).basis == "nothing"
