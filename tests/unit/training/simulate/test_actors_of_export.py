"""Actors change with what the program does, and staff and farmers are named in the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd


def both(worlds, slug):
    """Events of a pattern in both worlds, with the half of the run they are in."""
    parts = []
    for number, world in enumerate(worlds):
        when = world.events.recorded_at
        part = world.events[world.events.pattern == slug].copy()
        part["late"] = part.recorded_at > when.min() + (when.max() - when.min()) / 2
        part["world"] = number
        parts.append(part)
    return pd.concat(parts)


def test_the_later_bot_has_human_gaps_and_sleeps(worlds):
    """The first scripts tick evenly and by night; the later ones do neither."""
    bots = both(worlds, "scan_bot").query("kind == 'scans'").sort_values("occurred_at")
    gaps = bots.groupby(["world", "member_id"]).occurred_at.diff().dt.total_seconds()
    steady = gaps.groupby([bots.late, bots.world, bots.member_id]).apply(
        lambda g: g.quantile(0.75) / g.quantile(0.25))
    assert steady[False].median() < 1.2
    assert steady[True].median() > 2
    hour = bots.occurred_at.dt.tz_convert("Asia/Jakarta").dt.hour
    night = hour.between(0, 5).groupby(bots.late).mean()
    assert night[True] < 0.05
    assert night[False] > 2 * night[True]


def test_the_later_shop_stays_below_the_caps(worlds):
    """Counter scans come by the dozen in an hour at first, and a few a day later."""
    bulk = both(worlds, "counter_bulk").query("kind == 'scans'")
    per = bulk.groupby(["late", "world", "member_id", bulk.occurred_at.dt.floor("D")]).size()
    assert per[False].median() >= 12
    assert per[True].median() <= 8


def test_the_later_thief_waits_and_takes_parts(worlds):
    """At first the taken accounts lose all at once; later it takes the thief days."""
    taken = both(worlds, "account_takeover")
    spread = taken.groupby(["late", "world", "member_id"]).recorded_at.agg(np.ptp)
    assert (spread[False] < pd.Timedelta(hours=3)).mean() > 0.85
    assert spread[True].median() > pd.Timedelta(hours=8)


def test_who_is_refused_changes_phone_hands_or_pace(worlds):
    """Some actors of duplicates use a second phone or a second account after a refusal."""
    events = both(worlds, "duplicate_code").sort_values("recorded_at")
    refused = events[events.outcome == "refused"].groupby(["world", "member_id"]).recorded_at.min()
    phones = events.groupby(["world", "member_id"]).device_id.nunique()
    assert (phones >= 2).mean() > 0.1
    assert len(refused) > 10


def test_emulated_phones_share_one_spot_to_the_last_digit(worlds):
    """Several accounts of a ring send one coordinate; only some of the rings admit a mock."""
    events = both(worlds, "emulator").query("kind == 'scans'").dropna(subset=["lat"])
    spots = events.groupby("ring_id").lat.nunique()
    crews = events.groupby("ring_id").member_id.nunique()
    assert (spots == 1).all()
    assert crews.median() >= 4
    flagged = events.groupby("ring_id").mock_location.any()
    assert 0 < flagged.mean() < 1


def test_a_bought_reviewer_clears_his_friends_in_seconds(worlds):
    """The truth names one reviewer; only he decides within half a minute, and for one ring."""
    for world in worlds:
        staff = world.truth.insiders
        bought = set(staff.agent_id[staff.pattern == "reviewer_collusion"])
        rows = world.tables["feedback"].query("source == 'review'").merge(
            world.events[["event_id", "pattern", "is_fraud"]], on="event_id",
            suffixes=("_named", ""))
        view = (rows.decided_at - rows.opened_at).dt.total_seconds()
        quick = rows[view < 20]
        assert len(bought) == 1
        assert (quick.reviewer_id.isin(bought)).mean() > 0.9
        his = rows[rows.reviewer_id.isin(bought) & (rows.pattern == "reviewer_collusion")]
        assert len(his) > 15
        assert (his.label == "legit").all()


def test_a_specialist_takes_his_region_and_is_no_case(worlds):
    """One honest reviewer decides most cases of one region, and errs like the others."""
    for world in worlds:
        staff = world.truth.insiders
        honest = staff.agent_id[staff.look_alike == "specialist_reviewer"].iloc[0]
        rows = world.tables["feedback"].query("source == 'review'").merge(
            world.events[["event_id", "member_id", "is_fraud"]], on="event_id")
        his = rows[rows.reviewer_id == honest]
        share = (rows.reviewer_id == honest).groupby(rows.member_id.map(world.members.region))
        assert share.mean().nlargest(1).iloc[0] > 0.75
        assert share.mean().nlargest(2).iloc[1] < 0.5
        assert ((his.label == "fraud") != his.is_fraud).mean() < 0.15
        assert not staff.agent_id[staff.pattern.notna()].isin([honest]).any()


def test_no_clerk_is_both_bought_and_a_shop_s_good_soul(worlds):
    """Clerks of regulars are honest, clerks of friends are others."""
    for world in worlds:
        staff = world.truth.insiders
        bought = set(staff.agent_id[staff.pattern == "staff_credit"])
        assert bought
        assert bought.isdisjoint(staff.agent_id[staff.look_alike == "clerk_regulars"])


def test_mission_farmers_are_quiet_until_a_mission_calls(worlds):
    """They are named among the members, half of their scans are a mission's, none is forged."""
    for world in worlds:
        people = world.truth.members.set_index("member_id")
        farms = people.index[people.pattern == "mission_farming"]
        scans = world.events[(world.events.kind == "scans") & world.events.upload_id.isna()]
        his = scans[scans.member_id.isin(farms)]
        share = his.mission_id.notna().mean()
        assert len(farms) > 10
        assert share > 8 * scans.mission_id.notna().mean()
        assert not his.is_fraud.any()
        offered = world.truth.effects
        assert offered.effect[offered.member_id.isin(farms)].max() == 0.65
