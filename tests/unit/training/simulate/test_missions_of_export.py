"""Missions are offered at random, held out from the first day, and work as the truth says."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="module")
def offers(world):
    offers = world.tables["missions"].merge(world.truth.effects, on=["member_id", "mission_id"],
                                            how="left")
    good = world.events[(world.events.kind != "redemptions") & (world.events.outcome != "refused")]
    good = good.assign(at=good.recorded_at.dt.tz_localize(None)).sort_values("at")
    times = {member: part.to_numpy() for member, part in good.groupby("member_id")["at"]}
    offers["active"] = [_within(times.get(member), decided, 14) for member, decided in zip(
        offers.member_id, offers.decided_at.dt.tz_localize(None).to_numpy(), strict=True)]
    return offers


def _within(times, decided, days):
    if times is None:
        return False
    at = np.searchsorted(times, decided)
    return bool(at < len(times) and times[at] < decided + np.timedelta64(days, "D"))


def test_holdouts_start_on_the_first_decision_day(offers):
    """Global and mission holdouts are logged like offers, from the first week on."""
    first = offers[offers.decided_at < offers.decided_at.min() + np.timedelta64(8, "D")]
    assert {"none", "mission", "global"} == set(first.holdout)
    assert ((offers.mission_id == "none") == (offers.holdout != "none")).all()
    assert 0.05 < (offers.holdout == "global").mean() < 0.10
    assert 0.08 < (offers.holdout == "mission").mean() < 0.20


def test_a_member_stays_in_the_global_holdout(offers):
    """The global holdout is drawn once per member."""
    drawn = offers[offers.holdout != "mission"].groupby("member_id").holdout.nunique()
    assert (drawn == 1).all()


def test_propensities_are_those_of_what_was_chosen(offers):
    """Held-out rows carry the chance of no offer; offers share the rest over the missions."""
    none = offers.propensity[offers.mission_id == "none"]
    assert none.nunique() == 1
    assert abs((offers.mission_id == "none").mean() - none.iloc[0]) < 0.02
    assert offers.propensity.between(0.01, 0.99).all()


def test_the_holdout_shows_the_true_effect(worlds, offers):
    """Sent members are active more often than held-out ones, by about what the truth says."""
    sent = offers[offers.mission_id != "none"]
    held = offers[offers.mission_id == "none"]
    measured = sent.active.mean() - held.active.mean()
    expected = sent.effect.mean() * (1 - held.active.mean())
    error = np.sqrt(0.25 / len(held) + 0.25 / len(sent))
    assert abs(measured - expected) < 3 * error


def test_missions_bring_scans_that_name_them(world):
    """Scans that a mission brought carry its id."""
    named = world.tables["scans"].mission_id.dropna()
    assert 0.002 < len(named) / len(world.tables["scans"]) < 0.05
    assert named.nunique() >= 6


def test_deliveries_follow_only_what_was_sent(world):
    """Every delivery is of a sent decision, after it; some fail, a few opt out."""
    decided = world.tables["missions"].set_index("decision_id")
    rows = world.tables["deliveries"]
    assert rows.decision_id.isin(decided.index[decided.mission_id != "none"]).all()
    assert (rows["at"] > rows.decision_id.map(decided.decided_at)).all()
    assert {"sent", "delivered", "read", "failed", "opted_out"} == set(rows.status)
    assert rows.code.notna().sum() == (rows.status == "failed").sum()


def test_who_opted_out_is_left_alone(world):
    """After an opt-out there is no further decision, and consent is withdrawn."""
    decided = world.tables["missions"]
    left = world.tables["deliveries"].query("status == 'opted_out'").merge(
        decided[["decision_id", "member_id"]], on="decision_id")
    when = left.set_index("member_id")["at"]
    after = decided[decided.decided_at > decided.member_id.map(when)]
    assert len(left) > 5
    assert after.empty
    last = world.tables["members"].drop_duplicates("member_id", keep="last")
    assert not last.set_index("member_id").consent[when.index].any()
