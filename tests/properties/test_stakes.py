"""What is at stake: more points never cost less, a more valuable partner is dearer to hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.exports.program import Program
from models.policy import Policy
from models.stakes import Stakes

CHANCES = st.floats(0, 1)
POINTS = st.integers(0, 10**9)
MONEY = st.floats(0, 1e6)
STAKES = st.builds(Stakes, st.floats(0, 100), st.floats(0, 10), MONEY, MONEY,
                   months=st.floats(0, 120), margin=st.floats(0, 100), chance_lost=CHANCES)


@given(STAKES, POINTS, POINTS)
def test_more_points_never_cost_less(stakes, one, other) -> None:
    """The loss of a missed fraud rises with the points at stake, from nothing."""
    few, many = sorted([one, other])
    assert 0 == stakes.loss(0) <= stakes.loss(few) <= stakes.loss(many)


@given(STAKES, CHANCES, CHANCES, MONEY, MONEY)
def test_a_more_valuable_partner_is_dearer_to_hold(stakes, one, other, less, more) -> None:
    """Who earns more, or is less likely to go silent, costs more to hold wrongly."""
    loyal, leaving = sorted([one, other])
    less, more = sorted([less, more])
    assert 0 < stakes.harm(leaving, less) <= stakes.harm(loyal, more)


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
