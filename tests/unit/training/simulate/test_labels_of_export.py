"""Labels come late, only for what was looked at, and are not always right."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def labels(world):
    return world.tables["feedback"].merge(
        world.events[["event_id", "recorded_at", "is_fraud"]], on="event_id")


def test_every_label_is_of_an_event_and_after_it(world, labels):
    """Labels name events of the export, are decided after them and before the run's end."""
    assert len(labels) == len(world.tables["feedback"])
    assert (labels.opened_at >= labels.recorded_at).all()
    assert (labels.decided_at >= labels.opened_at).all()
    end = world.events.recorded_at.max()
    assert labels.decided_at.max() <= end.ceil("D")


def test_delays_reach_from_days_to_months(labels):
    """Half of the reviews take over a week; the longest take more than sixty days."""
    days = (labels.decided_at - labels.recorded_at).dt.total_seconds() / 86_400
    assert 4 < days.median() < 20
    assert days.max() > 60


def test_reviewers_err_in_five_to_ten_of_a_hundred(worlds):
    """Of the honest reviews, five to ten percent are wrong; audits and chargebacks never are."""
    for world in worlds:
        found = world.tables["feedback"].merge(
            world.events[["event_id", "is_fraud", "pattern"]], on="event_id",
            suffixes=("_named", ""))
        wrong = (found.label == "fraud") != found.is_fraud
        own = found.pattern.ne("reviewer_collusion").fillna(True).astype(bool)
        assert 0.05 <= wrong[(found.source == "review") & own].mean() <= 0.10
        assert not wrong[found.source.isin(["audit", "chargeback"])].any()


def test_only_a_part_of_the_fraud_is_ever_found(world, labels):
    """Most fraud stays unlabelled, and most labels are of honest events."""
    fraud = world.events.event_id[world.events.is_fraud]
    assert 0.15 < fraud.isin(labels.event_id).mean() < 0.6
    assert labels.is_fraud.mean() < 0.5
    assert labels.event_id.nunique() < 0.05 * len(world.events)


def test_all_sources_speak_and_some_name_a_pattern(world, labels):
    """Reviews, audits, appeals and chargebacks all occur; patterns are named now and then."""
    assert {"review", "audit", "appeal", "chargeback"} == set(labels.source)
    named = labels[labels.label == "fraud"].pattern
    assert 0.3 < named.notna().mean() < 0.8
    assert labels[labels.label == "legit"].pattern.isna().all()
