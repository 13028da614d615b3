"""Sentences compare with the member's own normal, and never contradict their numbers."""

import numpy as np
import pandas as pd
import pytest

from features.members.rhythm import CONTEXT, MEMBER_CATALOG
from models.inactivity.reasons import CODES, FAMILIES, FAMILY_OF, explain, sentences
from models.inactivity.supply import with_supply
from models.texts import Texts

USUAL = {"days_since_last": 34.0, "cadence": 9.2, "gap_max": 40.0, "gap_last": 8.0,
         "gap_median": 9.0, "repeat_days": 30.0, "tenure": 300.0, "active_days_90": 4.0,
         "points_last": 50.0, "points_mean": 80.0, "redeemed_ever": 1.0}


def frame(**changes):
    table = pd.DataFrame(np.nan, index=[1], columns=[*MEMBER_CATALOG.names, *CONTEXT])
    for name, value in (USUAL | changes).items():
        table[name] = value
    return table


def told(family, share=1.0, language="en", **changes):
    shares = np.zeros((1, len(FAMILIES)))
    shares[0, FAMILIES.index(family)] = share
    return explain(frame(**changes), shares, Texts.read(), [language])[0]


def test_silence_is_told_beside_the_own_usual():
    """34 days silent, usually every 9."""
    reason, = told("silence")
    assert reason.text == "Silent for 34 days; usually active every 9 days."
    assert (reason.code, reason.contribution, reason.value, reason.usual) == (
        "inactive.silence", 1.0, 34, 9)


def test_one_or_two_days_make_no_habit():
    """Who came once is not told what is usual for him, nor of a longest gap of no day at all."""
    once = {"repeat_days": 0.0, "cadence": 1.0, "gap_last": np.nan, "gap_median": np.nan}
    reason, = told("silence", **once)
    assert reason.text == "Silent for 34 days; active days before that: 1."
    assert told("rhythm", gap_max=np.nan, **once) == ()
    assert told("rhythm", gap_max=0.0, **once) == ()


@pytest.mark.parametrize(("family", "changes"), [
    ("silence", {"days_since_last": 5.0}), ("rhythm", {"days_since_last": 5.0}),
    ("volume", {"active_days_90": 40.0}), ("value", {"points_last": 90.0}),
    ("rewards", {}), ("season", {}), ("reach", {}),
])
def test_a_sentence_that_contradicts_its_numbers_is_left_out(family, changes):
    """A family speaks only where its numbers do."""
    assert told(family, **changes) == ()


@pytest.mark.parametrize(("changes", "family", "code", "value"), [
    ({"days_since_last": 41.0}, "rhythm", "inactive.longest_gap", 41),
    ({"gap_last": 20.0}, "rhythm", "inactive.slower", 20),
    ({}, "rhythm", "inactive.rhythm", 3.8),
    ({}, "volume", "inactive.volume", 4),
    ({"repeat_days": 0.0, "active_days_90": 1.0}, "volume", "inactive.few_days", 1),
    ({"slow_rewards_180": 2.0}, "rewards", "inactive.rewards_slow", 2),
    ({"held_60": 1.0}, "rewards", "inactive.held", 1),
    ({"balance": 500.0, "days_to_expiry": 12.0}, "rewards", "inactive.expiring", 12),
    ({"redeemed_ever": 0.0, "days_since_joined": 90.0}, "rewards", "inactive.never_redeemed", 90),
    ({"days_since_redemption": 100.0}, "rewards", "inactive.redeemed_long_ago", 100),
    ({"outlet_silent": 0.75}, "season", "inactive.outlet_silent", 75),
    ({"outlet_silent": 0.75, "outlet_flow": 0.14}, "season", "inactive.outlet_supply", 14),
    ({"region_flow": 0.05, "outlet_flow": 0.6}, "season", "inactive.region_supply", 5),
    ({"rep_silent": 0.6}, "season", "inactive.rep_silent", 60),
    ({"region_silent": 0.8}, "season", "inactive.region_silent", 80),
    ({"days_since_campaign": 20.0, "campaign_now": 0.0}, "season", "inactive.campaign_over", 20),
    ({"gap_last_year": 81.0, "gap_last_year_left": 36.0}, "season", "inactive.last_year", 81),
    ({"off_season_ahead": 0.5}, "season", "inactive.off_season_near", 50),
    ({"failed_90": 3.0, "delivered_90": 1.0}, "reach", "inactive.unreachable", 3),
    ({"tenure": 60.0}, "reach", "inactive.short_tenure", 60),
])
def test_every_code_is_reached(changes, family, code, value):
    """The most telling sentence of a family is taken, with its value."""
    reason, = told(family, **changes)
    assert (reason.code, reason.value) == (code, value)


def test_every_code_has_words_in_every_language():
    """Codes are declared once, by family, and all catalogues know them with both numbers."""
    texts = Texts.read()
    for code in FAMILY_OF:
        for language in ("en", "id", "es"):
            assert "34" in texts.text(code, language, value=34, usual=34)
    assert tuple(CODES) == FAMILIES
    produced = {s.code for found in sentences(frame()).values() for s in found}
    assert produced == set(FAMILY_OF)


def test_weak_families_are_not_told():
    """Below the noise of a refit only the strongest remains, and nothing that speaks against."""
    shares = np.full((1, len(FAMILIES)), 0.05)
    assert len(explain(frame(), shares, Texts.read(), ["en"])[0]) == 1
    assert explain(frame(), -shares, Texts.read(), ["en"])[0] == ()


def test_at_most_three_strongest_first():
    """Four families speak, three are told."""
    shares = np.array([[0.5, 2.0, 1.0, 0.7, 0.0, 0.0, 0.0]])
    reasons = explain(frame(), shares, Texts.read(), ["es"])[0]
    assert [reason.contribution for reason in reasons] == [2.0, 1.0, 0.7]


def test_missing_stock_is_told_even_where_no_share_asks_for_it():
    """The model knows that such members return; the sentence comes last, with its own share."""
    shares = np.zeros((1, len(FAMILIES)))
    shares[0, :4] = (2.0, 1.5, 1.0, 0.5)
    shares[0, FAMILIES.index("season")] = -0.4
    table, texts = frame(outlet_flow=0.1), Texts.read()
    plain = explain(table, shares, texts, ["en"])
    told, = with_supply(plain, table, shares, texts, ["en"])
    assert [reason.code for reason in told] == [
        "inactive.silence", "inactive.rhythm", "inactive.outlet_supply"]
    assert told[-1].contribution == -0.4
    assert told[-1].text == (
        "Activity of the others at this outlet is 10 % of usual: stock may be missing.")
    assert with_supply(plain, frame(outlet_flow=0.9), shares, texts, ["en"]) == plain
