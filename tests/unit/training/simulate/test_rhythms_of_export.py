"""Members live by seasons, projects and campaigns; some never start, some come back."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def rhythm(world):
    people = world.truth.members.set_index("member_id").rhythm
    return world.events.assign(rhythm=world.events.member_id.map(people))


def test_never_started_members_scan_only_when_won(rhythm):
    """Members who never started have next to no events."""
    counts = rhythm.groupby("rhythm").size()
    assert counts.get("never", 0) < 0.03 * counts.sum()


def test_projects_come_in_bursts(rhythm):
    """Project members are silent longer between visits than steady ones of the same pace."""
    busy = rhythm.groupby("member_id").event_id.transform("size").between(25, 80)
    times = rhythm[busy].sort_values("occurred_at")
    gaps = times.groupby("member_id").occurred_at.diff().dt.total_seconds()
    medians = gaps.groupby([times.rhythm, times.member_id]).max().groupby("rhythm").median()
    assert medians["project"] > 1.3 * medians["steady"]


def test_trade_stops_over_lebaran_and_rises_before(world):
    """The week of Lebaran is quiet, the two weeks before are not."""
    visits = (world.events.kind == "scans") & world.events.upload_id.isna()
    days = world.events[visits].occurred_at.dt.tz_convert("Asia/Jakarta").dt.date
    per = days.value_counts()
    per.index = pd.to_datetime(per.index)
    per = per.sort_index()
    feast, rush = per["2025-03-29":"2025-04-06"].mean(), per["2025-03-10":"2025-03-24"].mean()
    assert feast < 0.4 * rush


def test_farmers_are_silent_out_of_season_and_say_so(make):
    """Seasonal members make almost nothing in the southern winter, and declared it."""
    world = make(members=400, days=365, story="farmers")
    people = world.truth.members.set_index("member_id")
    seasonal = people.index[people.rhythm == "seasonal"]
    events = world.events[world.events.member_id.isin(seasonal) & (world.events.kind == "scans")]
    winter = events.occurred_at.dt.month.isin([5, 6, 7]).mean()
    assert winter < 0.06
    declared = world.members.off_season[seasonal].notna().mean()
    assert 0.7 < declared < 1


def test_tiers_climb_and_balances_move(world):
    """Members have versions: tiers only climb, balances are written down every quarter."""
    rows = world.tables["members"]
    level = rows.tier.map({"bronze": 0, "silver": 1, "gold": 2, "platinum": 3})
    step = level.groupby(rows.member_id).diff().dropna()
    assert (step >= 0).all()
    assert (step > 0).sum() > 100
    known = rows[rows.known_at.notna()]
    assert (known.known_at >= known.joined_at).all()
    assert rows.groupby("member_id").points_balance.nunique().max() > 3


def test_work_has_hours_and_days(world):
    """Few scans at night, fewer on Sundays than on other days."""
    local = world.events[world.events.kind == "scans"].occurred_at.dt.tz_convert("Asia/Jakarta")
    assert local.dt.hour.between(1, 5).mean() < 0.04
    week = local.dt.weekday.value_counts()
    assert week[6] < 0.7 * week.drop(6).mean()


def test_a_region_runs_dry_for_weeks(world):
    """In one region scans nearly stop for weeks while the others go on."""
    scans = world.events[(world.events.kind == "scans") & ~world.events.is_fraud]
    region = scans.member_id.map(world.members.region)
    week = scans.occurred_at.dt.tz_localize(None).dt.to_period("W")
    table = pd.crosstab(week, region).iloc[4:-4]
    share = table.div(table.median())
    against = share.sub(share.median(axis=1), axis=0)
    assert against.min().min() < -0.5
