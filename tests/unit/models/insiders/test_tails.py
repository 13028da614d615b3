"""Tails against plain simulation and scipy; discoveries against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from models.insiders.tails import beta_tail, discoveries, peer_tails, together


def test_peer_tails_are_honest_where_peers_do_not_differ() -> None:
    """Among people alike, no more than a twentieth is below a twentieth."""
    dice = np.random.default_rng(1)
    trials = np.full(10, 60.0)
    low = [peer_tails(dice.binomial(60, 0.15, 10).astype(float), trials, trials) < 0.05
           for _ in range(200)]
    assert np.mean(low) <= 0.05


def test_peer_tails_allow_for_people_who_differ() -> None:
    """Where habits spread widely, the highest habit is no finding."""
    dice = np.random.default_rng(2)
    trials = np.full(12, 80.0)
    rates = dice.beta(2, 8, (200, 12))
    low = [peer_tails(dice.binomial(80, rate).astype(float), trials, trials) < 0.01
           for rate in rates]
    assert np.mean(low) <= 0.04


def test_one_without_peers_is_never_odd() -> None:
    """There is nobody to compare him with."""
    assert peer_tails(np.array([50.0, 0]), np.array([50.0, 0]), np.array([5.0, 0])).tolist() == [
        1.0, 1.0]


def test_without_spread_the_tail_is_binomial() -> None:
    """The beta-binomial's limit."""
    assert beta_tail(8, 20, 0.2, 1e-9) == pytest.approx(stats.binom.sf(7, 20, 0.2), rel=1e-3)


@given(st.lists(st.floats(1e-9, 1), min_size=1, max_size=30))
def test_discoveries_are_those_of_scipy(ps: list[float]) -> None:
    """Against scipy's own correction."""
    wanted = stats.false_discovery_control(np.array(ps), method="bh")
    assert discoveries(np.array(ps)) == pytest.approx(wanted)


def test_signs_together_are_those_of_scipy() -> None:
    """Fisher's method against scipy's."""
    assert together([0.2, 0.03, 0.5]) == pytest.approx(
        stats.combine_pvalues([0.2, 0.03, 0.5]).pvalue)
