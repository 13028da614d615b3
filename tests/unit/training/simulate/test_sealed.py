"""The truth covers everything exactly, and the export gives nothing away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.errors import NotFound
from training.simulate.missions import MISSIONS
from training.simulate.truth import read_truth


def test_truth_covers_every_event_exactly(worlds):
    """One row of truth per judged event: none missing, none too many."""
    for world in worlds:
        assert not world.truth.events.event_id.duplicated().any()
        assert set(world.truth.events.event_id) == set(world.events.event_id)
        assert (world.truth.events.is_fraud == world.truth.events.pattern.notna()).all()


def test_truth_knows_every_member_and_every_effect(world):
    """Members and effects are complete; effects are chances, few of them below zero."""
    assert set(world.truth.members.member_id) == set(world.members.index)
    assert len(world.truth.effects) == len(world.members) * len(MISSIONS)
    assert world.truth.effects.effect.between(-0.5, 0.7).all()
    assert 0.02 < (world.truth.effects.effect < 0).mean() < 0.15


def test_who_left_is_silent(world):
    """After the true time of leaving, few members are heard of until they come back."""
    people = world.truth.members.set_index("member_id")
    left = world.events.member_id.map(people.left_at)
    back = world.events.member_id.map(people.back_at)
    gone = (world.events.recorded_at > left + pd.Timedelta(days=3)) & ~(
        world.events.recorded_at > back)
    assert people.left_at.notna().mean() > 0.1
    assert gone.mean() < 0.02


def test_rings_are_named(world):
    """Events of bought identities carry their ring; a ring has several members and a short life."""
    ringed = world.events[world.events.ring_id.notna()]
    per = ringed.groupby("ring_id").agg(members=("member_id", "nunique"),
                                        first=("recorded_at", "min"), last=("recorded_at", "max"))
    assert len(per) >= 5
    assert (per.members >= 2).mean() > 0.8
    assert ((per["last"] - per["first"]).dt.days < 150).all()


def test_ids_tell_nothing(worlds, rank_auc):
    """The order of event, member and device ids is as good as a coin at telling fraud."""
    for world in worlds:
        events, marked = world.events, world.events.is_fraud.to_numpy()
        order = np.argsort(np.argsort(events.event_id.to_numpy(dtype=str), kind="stable"))
        assert rank_auc(order, marked) < 0.53
        assert events.event_id.str.len().nunique() == 1
        assert events.member_id.str.len().nunique() == 1


@pytest.mark.parametrize("column", ["device_id", "ip", "lat", "agent_id", "amount", "sku",
                                    "quantity", "batch_id", "end_customer_hash", "mission_id"])
def test_no_gap_gives_fraud_away(world, column, rank_auc):
    """A column is not empty, or filled, for fraud alone."""
    scans = world.events[(world.events.kind == "scans") & world.events.upload_id.isna()]
    empty, fraud = scans[column].isna().to_numpy(), scans.is_fraud.to_numpy()
    assert rank_auc(empty.astype(float), fraud) < 0.62
    for group in (empty, ~empty):
        assert (group & ~fraud).sum() >= 5 * (group & fraud).sum()


def test_no_word_is_fraud_s_own(world):
    """Every channel, proof, capture and kind of reward is mostly honest."""
    for column in ("channel", "proof", "capture", "reward_kind", "referee_kind"):
        assert (world.events.groupby(column).is_fraud.mean() < 0.25).all()
    faked = world.events[world.events.mock_location.eq(True).fillna(False).astype(bool)]
    assert 0.1 < faked.is_fraud.mean() < 0.9


def test_points_of_fraud_are_points_of_honest_claims(world, rank_auc):
    """Fraud asks for more, but from the same range and no rounder."""
    scans = world.events[world.events.kind == "scans"]
    fraud = scans.is_fraud.to_numpy()
    assert rank_auc(scans.points.to_numpy(), fraud) < 0.8
    honest = scans.points[~fraud]
    assert scans.points[fraud].quantile(0.95) < honest.max()
    assert np.isin(scans.points[fraud], honest.unique()).mean() > 0.9


def test_no_truth_no_evaluation(tmp_path):
    """A folder without a truth is refused with what to do."""
    with pytest.raises(NotFound, match="jaga simulate"):
        read_truth(tmp_path)
