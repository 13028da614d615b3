"""Sizes and shares are those that the fraud reference asks of an honest test."""

from __future__ import annotations

from training.simulate.innocents import BILL as INNOCENTS
from training.simulate.schemes import BILL as SCHEMES


def test_about_fifty_events_a_member_and_year(worlds):
    """Two thousand members make about a hundred thousand judged events a year."""
    for world in worlds:
        assert 45 <= world.report.events / 2000 <= 60


def test_rates_have_heavy_tails(worlds):
    """The busiest hundredth makes over a tenth of the events, and some never start."""
    for world in worlds:
        per = world.events.groupby("member_id").size().reindex(world.members.index, fill_value=0)
        assert per.sort_values().tail(20).sum() > 0.1 * per.sum()
        assert 0.02 < (per == 0).mean() < 0.15


def test_fraud_is_rare_and_costly(worlds):
    """Fraud is 0.2-2 % of the events and 1-6 % of the points."""
    for world in worlds:
        events = world.events
        share = events.is_fraud.mean()
        points = events.points[events.is_fraud].sum() / events.points.sum()
        assert 0.002 <= share <= 0.02
        assert 0.01 <= points <= 0.06
        assert (share, points) == (world.report.fraud_events, world.report.fraud_points)


def test_every_pattern_and_look_alike_appears(worlds):
    """In a year of two thousand members no pattern and no look-alike is missing."""
    for world in worlds:
        counts = world.events.pattern.value_counts()
        assert set(SCHEMES.slugs) == set(counts.index)
        assert set(INNOCENTS.slugs) == set(world.events.look_alike.dropna())


def test_look_alikes_outnumber_fraud(worlds):
    """Innocent behaviour that looks forged is commoner than fraud, as it is in life."""
    for world in worlds:
        events = world.events
        rare = ~events.look_alike.isin(["distributor_bulk_upload", "festival_peak"])
        assert (events.look_alike.notna() & rare).sum() > 3 * events.is_fraud.sum()
        assert not (events.is_fraud & events.look_alike.notna()).any()


def test_some_look_alikes_are_declared_and_some_are_not(world):
    """The program declared bulk channels, shared phones, shops and more, but not all of them."""
    declared = world.tables["declarations"]
    assert {"bulk_channel", "shared_device", "own_shop", "event_place", "handheld_client",
            "shared_ip", "shared_payout"} == set(declared.kind)
    firms = world.members.index[world.members.persona == "distributor"]
    share = firms.isin(declared.subject_id).mean()
    assert 0.4 < share < 1


def test_outcomes_are_those_of_a_program_without_jaga(worlds):
    """Nearly all is credited; duplicates and unknown codes were refused most of the time."""
    for world in worlds:
        events = world.events
        assert (events.outcome == "credited").mean() > 0.98
        assert {"credited", "held", "refused"} == set(events.outcome)
        known = events.pattern.isin(["duplicate_code", "guessed_codes"])
        assert 0.5 < (events.outcome[known] == "refused").mean() < 0.95
