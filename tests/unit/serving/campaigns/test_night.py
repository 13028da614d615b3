"""A night runs once a day, can be cut off anywhere, and keeps to its budget and its groups."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from features.errors import BadInput, Unavailable
from features.places import first_place
from features.store.home import Home
from features.store.writer import LOCK as WRITER
from serving.campaigns import jobs
from serving.campaigns.diary import ARMS, Diary
from serving.campaigns.handing import hand_over, hand_over_all, left_over
from serving.campaigns.lock import LOCK, one_run
from serving.campaigns.night import Night
from serving.members import default_as_of
from serving.outbox.relay import begin_relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.store.database import Database
    from features.store.store import Store

DAY = 70.1
DAY_MS = 86_400_000
TABLES = ("standing_days", "standing_decisions", "standing_acts", "missions", "suggested",
          "outbox", "deliveries")


def dump(story: Any) -> dict[str, list[Any]]:
    """Every row of everything a run writes, but for the journal's own order of arrival."""
    found = {table: story.table(f"SELECT * FROM {table}") for table in TABLES}
    return {table: sorted(rows, key=repr) for table, rows in found.items()}


def decided(story: Any) -> list[Any]:
    return story.table("SELECT campaign_id, day, position, member_id, decision_id, arm, points, "
                       "code FROM standing_decisions ORDER BY 1, 2, 3")


def test_a_second_run_of_the_day_changes_nothing(story: Any, at: Any) -> None:
    """Also later in the day, and when it is asked as of then."""
    story.approve()
    first = jobs.run(story.home, now_ms=at(DAY))
    before = dump(story)
    again = jobs.run(story.home, now_ms=at(DAY) + 3_600_000)
    assert [row["did"] for row in first["campaigns"] + again["campaigns"]] == [
        "planned", "done_before"]
    assert dump(story) == before
    assert first["handed_over"]["sent"] == first["campaigns"][0]["offered"] > 100


def test_nothing_runs_before_the_approval_or_out_of_its_dates(story: Any, at: Any) -> None:
    """A draft, one that waits and one that ended make no decisions."""
    story.draft()
    assert jobs.run(story.home, now_ms=at(DAY))["campaigns"] == []
    story.approve()
    assert jobs.run(story.home, now_ms=at(400))["campaigns"] == []
    assert jobs.run(story.home, as_of=at(DAY))["campaigns"][0]["did"] == "planned"


def test_a_dry_run_shows_the_plan_and_writes_nothing(story: Any, at: Any) -> None:
    """What it shows is what the run then does."""
    story.approve()
    before = dump(story)
    shown = jobs.run(story.home, now_ms=at(DAY), is_dry=True)["campaigns"][0]
    assert dump(story) == before
    done = jobs.run(story.home, now_ms=at(DAY))["campaigns"][0]
    assert shown | {"did": "planned"} == done


def test_the_control_group_is_logged_and_gets_nothing(story: Any, at: Any) -> None:
    """Everybody decided for has a row in the log of missions; only the offered have a message."""
    story.approve()
    begin_relay(story.home.journal(), at(DAY))
    jobs.run(story.home, now_ms=at(DAY))
    arms = dict(story.table("SELECT arm, COUNT(*) FROM standing_decisions GROUP BY arm"))
    codes = story.table("SELECT DISTINCT arm, code FROM standing_decisions ORDER BY 1")
    assert codes == [("control", "held_out"), ("global", "held_out"), ("offered", "sent")]
    assert story.table("SELECT COUNT(*) FROM missions") == [(sum(arms.values()),)]
    assert story.table("SELECT COUNT(*) FROM outbox") == [(arms["offered"],)]
    clusters = story.table("SELECT COUNT(*) FROM (SELECT cluster FROM standing_decisions "
                           "WHERE arm <> 'global' GROUP BY cluster HAVING COUNT(DISTINCT arm) > 1)")
    assert clusters == [(0,)]


def test_partners_rest_and_stay_in_their_group(story: Any, at: Any) -> None:
    """Within the cool-off nobody is decided for again; after it each is in the arm of before."""
    story.approve()
    jobs.run(story.home, now_ms=at(DAY))
    resting = jobs.run(story.home, as_of=at(DAY + 10))["campaigns"][0]
    assert resting["excluded"]["in_cool_off"] >= 300
    jobs.run(story.home, as_of=at(DAY + 15))
    pairs = story.table("SELECT a.arm, b.arm FROM standing_decisions a JOIN standing_decisions b "
                        "ON a.member_id = b.member_id AND a.day < b.day")
    assert len(pairs) > 200
    assert {pair for pair in pairs if pair[0] != pair[1]} == set()


def test_a_month_costs_no_more_than_its_budget(story: Any, at: Any) -> None:
    """The second night has what the first left; the control group's share is kept back."""
    story.approve(budget=6000)
    first = jobs.run(story.home, now_ms=at(DAY))["campaigns"][0]
    second = jobs.run(story.home, as_of=at(DAY + 1))["campaigns"][0]
    planned = story.table("SELECT SUM(points) FROM standing_decisions")[0][0]
    assert planned <= 6000
    assert first["points"] + second["points"] <= planned
    assert first["excluded"]["budget"] > 200


def test_a_partner_gets_one_mission_a_day(story: Any, at: Any) -> None:
    """Of two campaigns the earlier chooses first; a marketer's mission of today counts too."""
    story.approve(budget=6000)
    story.approve(name="second", mission="spin")
    first, second = jobs.run(story.home, now_ms=at(DAY))["campaigns"]
    assert second["excluded"]["other_mission_today"] == sum(
        first[arm] for arm in ARMS)
    everybody = sum(row[arm] for row in (first, second) for arm in ARMS)
    assert story.table("SELECT COUNT(*), COUNT(DISTINCT member_id) FROM standing_decisions") == [
        (everybody, everybody)]


def test_a_run_cut_off_anywhere_goes_on_to_the_same_decisions(
    story: Any, at: Any, tmp_path: Path
) -> None:
    """Cut off before each of its commits in turn, which is after the one before; then run again."""
    story.approve(budget=6000)
    story.approve(name="second", mission="spin", budget=2000)
    story.home.close()
    clean = Home(shutil.copytree(story.home.path, tmp_path / "clean"))
    jobs.run(clean, now_ms=at(DAY))
    wanted = decided(type(story)(clean, tmp_path))
    clean.close()
    for after in range(100):
        home = Home(shutil.copytree(story.home.path, tmp_path / f"cut-{after}"))
        cut = Cut(home.database, after)
        home.__dict__["database"] = cut
        with suppress(Killed):
            jobs.run(home, now_ms=at(DAY))
        home.__dict__["database"] = cut.database
        jobs.run(home, now_ms=at(DAY) + 1000)
        assert decided(type(story)(home, tmp_path)) == wanted, after
        home.close()
        if cut.left > 0:
            break
    assert after >= 5


class Killed(Exception):
    """The process ends here."""


class Cut:
    """A database whose user is killed at a transaction that writes, before its commit."""

    def __init__(self, database: Database, left: int) -> None:
        self.database = database
        self.left = left

    @contextmanager
    def writing(self) -> Iterator[Store]:
        with self.database.writing() as store:
            yield store
            if self.left == 0:
                raise Killed
        self.left -= 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)


def test_two_runs_at_once_are_one(story: Any, at: Any) -> None:
    """The second is told so; a dry run may look."""
    story.approve()
    with FileLock(story.home.path / LOCK):
        with pytest.raises(Unavailable, match="another one at work"):
            jobs.run(story.home, now_ms=at(DAY))
        assert jobs.run(story.home, now_ms=at(DAY), is_dry=True)["campaigns"]
    with one_run(story.home):
        pass


def test_beside_a_service_the_decisions_wait_for_it(story: Any, at: Any) -> None:
    """Who may not write leaves them in the diary; they are taken as soon as somebody writes."""
    story.approve()
    journal = story.home.journal()
    Night(story.home, journal, at(DAY), default_as_of(journal)).run()
    waiting = left_over(journal)
    lock = FileLock(story.home.path / WRITER)
    lock.acquire()

    def service(_: float) -> None:
        """Take a batch, as a service does in a pause."""
        lock.release()
        with journal.begin() as writing:
            hand_over(writing, at(DAY), 100)
        lock.acquire()

    hand_over_all(journal, at(DAY), sleep=service)
    assert waiting > 300
    assert left_over(journal) == 0
    jobs.run(story.home, as_of=at(DAY + 15), is_dry=True)
    Night(story.home, journal, at(DAY + 15), at(DAY + 15)).run()
    naps = []
    with pytest.raises(Unavailable, match="start the service"):
        hand_over_all(journal, at(DAY), patience_s=1.0, sleep=naps.append)
    assert sum(naps) == pytest.approx(1.0)
    assert left_over(journal) > 300
    lock.release()


def test_a_campaign_that_was_stopped_sends_nothing_more(story: Any, at: Any) -> None:
    """What waited when it was stopped is dropped in both groups, and the next night may use it."""
    story.approve()
    story.approve(name="second", mission="spin", budget=2000)
    journal = story.home.journal()
    Night(story.home, journal, at(DAY), default_as_of(journal)).run()
    waiting = left_over(journal)
    with journal.begin() as writing:
        hand_over(writing, at(DAY), 40)
    jobs.stop(story.home, "back", "ana", "A mistake in the words.", None, at(DAY))
    hand_over_all(journal, at(DAY))
    assert left_over(journal) == 0
    ends = dict(story.table("SELECT campaign_id, COUNT(*) FROM standing_decisions "
                            "WHERE code <> 'stopped' GROUP BY campaign_id"))
    assert ends["back"] == 40
    assert story.table("SELECT COUNT(*) FROM missions") == [(sum(ends.values()),)]
    assert sum(ends.values()) < waiting - 200
    assert len(dict(story.table("SELECT arm, COUNT(*) FROM standing_decisions "
                                "WHERE code = 'stopped' GROUP BY arm"))) == len(ARMS)
    jobs.approve(story.home, "back", "ana", None, at(DAY))
    with story.home.database.reading() as store:
        assert len(Diary(store, journal.key).decisions("back")) == 40


def test_who_was_kept_from_one_campaign_rests_for_the_next(story: Any, at: Any) -> None:
    """The control group of the first is offered the second one no sooner than the others."""
    story.approve()
    jobs.run(story.home, now_ms=at(DAY))
    arms = dict(story.table("SELECT member_id, arm FROM standing_decisions"))
    story.approve(name="second", mission="spin")
    jobs.run(story.home, as_of=at(DAY + 2))
    second = "SELECT member_id FROM standing_decisions WHERE campaign_id = 'second'"
    assert {member for (member,) in story.table(second)}.isdisjoint(arms)
    jobs.stop(story.home, "back", "ana", "Enough.", None, at(DAY + 3))
    jobs.run(story.home, as_of=at(DAY + 15))
    again = {arms[member] for (member,) in story.table(second) if member in arms}
    assert again >= {"offered", "control"}


def test_a_night_that_goes_on_is_of_one_moment(story: Any, at: Any) -> None:
    """Records that a run left behind when it was cut off are those of the night that counts."""
    story.approve()
    cut = Cut(story.home.database, 1)
    story.home.__dict__["database"] = cut
    with suppress(Killed):
        jobs.run(story.home, now_ms=at(DAY))
    story.home.__dict__["database"] = cut.database
    assert story.table("SELECT DISTINCT at_ms FROM suggested") == [(at(DAY),)]
    assert story.table("SELECT COUNT(*) FROM standing_days") == [(0,)]
    jobs.run(story.home, now_ms=at(DAY) + 1000)
    assert story.table("SELECT DISTINCT at_ms FROM suggested") == story.table(
        "SELECT at_ms FROM standing_days") == [(at(DAY) + 1000,)]


def test_decisions_go_forward_in_time(story: Any, at: Any) -> None:
    """A run as of a moment before the journal's end is refused, unless it is dry."""
    story.approve()
    with pytest.raises(BadInput, match="after the journal's last event"):
        jobs.run(story.home, as_of=at(65))
    assert jobs.run(story.home, as_of=at(65), is_dry=True)["campaigns"][0]["segment"] == 480
    assert default_as_of(story.home.journal()) == at(69) + 1
    assert first_place(at(69)) > 0
