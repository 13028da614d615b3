"""What is at stake: more risk never holds less, a more valuable partner is never held more."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.exports.program import Program
from models.policy import Policy
from models.stakes import Stakes, log_risk

CHANCES = st.floats(0, 1)
POINTS = st.integers(0, 10**9)
MONEY = st.floats(0, 1e6)
STAKES = st.builds(Stakes, st.floats(0, 100), st.floats(0, 10), MONEY, MONEY,
                   months=st.floats(0, 120), margin=st.floats(0, 100), chance_lost=CHANCES)
EVEN = {"point_value": 0.01, "multiplier": 1.0}


@given(STAKES, CHANCES, CHANCES, POINTS, MONEY)
def test_a_higher_score_never_holds_less(stakes, one, other, points, harm) -> None:
    """The log-risk rises with the score."""
    low, high = sorted([one, other])
    assert stakes.log_risk(low, points, harm) <= stakes.log_risk(high, points, harm)


@given(STAKES, CHANCES, POINTS, POINTS, MONEY)
def test_more_points_never_hold_less(stakes, score, one, other, harm) -> None:
    """The log-risk rises with the points at stake."""
    few, many = sorted([one, other])
    assert stakes.log_risk(score, few, harm) <= stakes.log_risk(score, many, harm)


@given(STAKES, CHANCES, POINTS, CHANCES, CHANCES, MONEY, MONEY)
def test_a_more_valuable_partner_is_never_held_more(
        stakes, score, points, one, other, less, more) -> None:
    """Who earns more, or is less likely to go silent, costs more to hold wrongly."""
    loyal, leaving = sorted([one, other])
    less, more = sorted([less, more])
    poor, rich = stakes.harm(leaving, less), stakes.harm(loyal, more)
    assert poor <= rich
    assert stakes.log_risk(score, points, rich) <= stakes.log_risk(score, points, poor)


@given(STAKES, CHANCES.filter(lambda score: 1e-6 < score < 1 - 1e-6), POINTS,
       st.floats(0.01, 1e6), st.floats(-20, 20))
def test_the_score_s_limit_says_the_same_as_the_log_risk(
        stakes, score, points, harm, limit) -> None:
    """A score above its limit has a log-risk above its limit, apart from rounding."""
    risk, needed = stakes.log_risk(score, points, harm), stakes.score_limit(points, harm, limit)
    if not math.isclose(risk, limit, abs_tol=1e-6):
        assert (risk > limit) == (score > needed)


def test_held_where_the_expected_loss_outweighs_the_expected_harm() -> None:
    """The formula against plain expected costs: p * loss against (1 - p) * harm."""
    for score in (0.01, 0.2, 0.5, 0.9):
        for points in (10, 200, 5000):
            loss, harm = points * 0.01, 2.0
            pays = score * loss - (1 - score) * harm
            if abs(pays) > 1e-9:
                assert (log_risk(score, points, harm, **EVEN) > 0) == (pays > 0)


def test_an_event_of_no_points_is_never_worth_a_hold() -> None:
    """There is nothing to lose."""
    assert log_risk(1.0, 0, 0.0) == -math.inf
    assert Stakes(1, 1, 0, 0).score_limit(0, 1.0) > 1


def test_costs_of_the_policy_come_before_those_of_the_program() -> None:
    """What the policy leaves out is the program's."""
    program = Program(program_id="acme", point_value=0.5, costs={
        "review": 7, "missed_fraud_multiplier": 3, "false_decline": 40})
    plain = Stakes.of(Policy.parse('version: "1"'), program)
    assert (plain.loss(10), plain.harm()) == (15.0, 7.4)
    assert plain.harm(0.0, 1e6) == 7.4
    own = Stakes.of(Policy.parse("""
version: "1"
costs:
  missed_fraud_multiplier: 1.5
  review_minutes: 4
  review_minute: 0.5
  future_value: {months: 12, margin_per_point: 0.02, chance_lost_by_false_hold: 0.05}"""), program)
    assert own.loss(10) == 7.5
    assert own.harm() == 2.4
    assert own.harm(0.25, 1000) == pytest.approx(2 + 0.05 * 0.75 * 1000 * 12 * 0.02)
