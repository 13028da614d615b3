from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from features.errors import BadInput
from features.segments import Grid, Past, daily
from features.segments.drives import Lifts, announced, multipliers, spans
from features.segments.past import SCAN, daily_members
from features.segments.prices import fair_points
from features.segments.standing import known_row

if TYPE_CHECKING:
    from features.store.journal import Journal

DAY = 86_400_000


def test_an_earlier_moment_of_the_past_is_what_would_have_been_read_then(journal: Journal) -> None:
    """Nothing after a moment matters: cut later, or read earlier, it is the same."""
    whole = Past.read(journal, journal.as_of_ms)
    for back in (5, 19, 33):
        moment = journal.as_of_ms - back * DAY - 12_345
        cut, read = whole.before(moment), Past.read(journal, moment)
        for field in ("events", "members", "campaigns", "codes"):
            pd.testing.assert_frame_equal(getattr(cut, field), getattr(read, field))
        assert (cut.today, cut.whole_days) == (read.today, read.whole_days)
        for kind in ("region", "sku", "reward"):
            pd.testing.assert_frame_equal(daily(cut, kind, 20), daily(read, kind, 20))


def test_a_day_that_is_over_never_changes(journal: Journal) -> None:
    """What is counted of a day is the same a week later; only what came since is late or not."""
    whole = Past.read(journal, journal.as_of_ms)
    early = daily(whole.before(journal.as_of_ms - 10 * DAY), "region", 20)
    late = daily(whole, "region", 45).merge(early, on=["segment", "day"], suffixes=("", "_then"))
    late = late[late["day"] < early["day"].max()]
    for name in ("events", "active", "points", "redemptions", "refused", "failed", "joined"):
        np.testing.assert_array_equal(late[name], late[name + "_then"])


def test_the_daily_table_counts_as_one_would_by_hand(journal: Journal) -> None:
    past = Past.read(journal, journal.as_of_ms)
    table = daily(past, "region", 90).set_index(["segment", "day"])
    events = past.events
    for (region, day), row in table.sample(40, random_state=1).iterrows():
        mine = events[(events["region"] == region) & (events["day"] == day)]
        earned, spent = mine[mine["kind"] < 2], mine[mine["kind"] == 2]
        assert row["events"] == len(mine)
        assert row["active"] == mine["member"].nunique()
        assert row["points"] == earned["points"].sum()
        assert row["redemptions"] == len(spent)
    total = daily(past, "program", 90)
    assert total["joined"].sum() == 40
    assert total["failed"].sum() == 7
    # Of the odd days' rewards that were not cancelled, those whose fortnight is over.
    assert total["late"].sum() > 0


def test_a_member_counts_where_he_was_when_he_came(journal: Journal) -> None:
    """Who moves takes nothing of his past along."""
    past = Past.read(journal, journal.as_of_ms)
    mover = int(journal.number("member", "m0"))
    mine = past.events[past.events["member"] == mover]
    moved = past.members["day"].min() + 45
    regions = {name: int(journal.number("region", name)) for name in ("r0", "r1")}
    assert set(mine.loc[mine["day"] < moved - 1, "region"]) == {regions["r0"]}
    assert set(mine.loc[mine["day"] > moved + 1, "region"]) == {regions["r1"]}


def test_the_version_known_is_found_as_by_walking_through_all() -> None:
    dice = np.random.default_rng(1)
    keys, places = dice.integers(1, 9, 60), dice.integers(0, 30, 60)
    order = np.argsort(places, kind="stable")
    keys, places = keys[order], places[order]
    asked, at = dice.integers(1, 11, 200), dice.integers(0, 33, 200)
    slow = [max((row for row in range(60) if keys[row] == one and places[row] < when), default=-1)
            for one, when in zip(asked, at, strict=True)]
    np.testing.assert_array_equal(known_row(keys, places, asked, at), slow)


def test_a_declared_campaign_makes_no_price_dear(journal: Journal) -> None:
    past = Past.read(journal, journal.as_of_ms)
    fair = fair_points(past)
    scans = (past.events["kind"] == SCAN).to_numpy() & np.isfinite(fair)
    assert scans.sum() > 400
    np.testing.assert_allclose(past.events["points"].to_numpy()[scans], fair[scans])
    assert set(multipliers(past)) == {1.0, 2.0}
    without = dataclasses.replace(past, campaigns=past.campaigns.iloc[:0])
    ratio = past.events["points"].to_numpy() / fair_points(without)
    assert np.nanmax(ratio) == 2.0


def test_a_drive_for_everybody_is_announced_and_lifts_nobody_against_others(
    journal: Journal,
) -> None:
    past = Past.read(journal, journal.as_of_ms)
    first = int(spans(past)["first"].iloc[0])
    assert announced(past, first - 2, 9).tolist() == [False] * 2 + [True] * 5 + [False] * 2
    members = past.events.iloc[daily_members(past.events)]
    assert set(Lifts(past, members).weights()) == {1.0}


def test_a_grid_leaves_the_unknown_and_the_small_out() -> None:
    frame = pd.DataFrame({"day": [1, 1, 2, 9], "region": [0, 5, 5, 6]})
    grid = Grid.of("region", frame, 1, 3, least=2)
    assert grid.segments.tolist() == [5]
    assert grid.count(frame).tolist() == [[1.0, 1.0]]
    assert grid.count(frame, strata=np.array([0, 1, 0, 0]), depth=2).tolist() == [
        [[0.0, 1.0], [1.0, 0.0]]]
    nobody = Grid.of("region", frame[:0], 1, 3)
    assert nobody.count(frame).shape == (0, 2)


def test_another_kind_of_segment_is_refused(journal: Journal) -> None:
    with pytest.raises(BadInput, match="a kind of segment"):
        daily(Past.read(journal, journal.as_of_ms), "colour", 5)
