"""Power before launch against a published table, its own inverse, and simulation."""

import numpy as np
import pytest

from features.errors import BadInput
from models.experiments.power import (
    design_effect,
    intraclass,
    members_needed,
    smallest_effect,
)

TABLE = [
    (0.10, 0.02, 3838, (1996, 19962), (2284, 11420)),
    (0.10, 0.03, 1771, (894, 8945), (1031, 5157)),
    (0.10, 0.05, 683, (327, 3270), (383, 1913)),
    (0.20, 0.05, 1091, (568, 5677), (649, 3247)),
    (0.30, 0.05, 1374, (739, 7387), (838, 4189)),
    (0.30, 0.10, 353, (186, 1858), (212, 1060)),
]
"""Base, effect; an arm of two equal ones; held out and total at 10 % and at 20 % held out."""


@pytest.mark.parametrize(("base", "effect", "equal", "tenth", "fifth"), TABLE)
def test_the_usual_table_comes_out(base, effect, equal, tenth, fifth):
    """Two-sided 5 %, power 80 %."""
    assert members_needed(base, effect, 0.5).held_out == equal
    for share, (held, total) in ((0.1, tenth), (0.2, fifth)):
        found = members_needed(base, effect, share)
        assert (found.held_out, found.total) == (held, total)


@pytest.mark.parametrize(("base", "effect", "share"), [(0.1, 0.02, 0.1), (0.3, 0.1, 0.5)])
def test_the_smallest_effect_undoes_the_members_needed(base, effect, share):
    """With as many members as an effect needs, it is the smallest that shows."""
    found = members_needed(base, effect, share, design=1.7)
    back = smallest_effect(base, found.held_out, found.total - found.held_out, design=1.7)
    assert back == pytest.approx(effect, rel=2e-3)


def test_an_effect_of_that_size_shows_four_times_in_five():
    """Simulated experiments with 10 % held out find it about as often as was asked."""
    rng = np.random.default_rng(5)
    found = members_needed(0.2, 0.05, 0.1)
    held, treated = found.held_out, found.total - found.held_out
    shares = (rng.binomial(treated, 0.25, 4000) / treated, rng.binomial(held, 0.2, 4000) / held)
    error = np.sqrt(sum(p * (1 - p) / n for p, n in zip(shares, (treated, held), strict=True)))
    power = (np.abs(shares[0] - shares[1]) > 1.96 * error).mean()
    assert power == pytest.approx(0.8, abs=0.025)


def test_where_nothing_can_show_none_is_said():
    """Three members held out show nothing, nobody held out neither."""
    assert smallest_effect(0.6, 3, 1000) is None
    assert smallest_effect(0.6, 0, 1000) is None


@pytest.mark.parametrize("wrong", [
    {"effect": 0.0}, {"effect": 0.95}, {"held_share": 0.0}, {"held_share": 1.0}, {"base": -0.1},
    {"alpha": 0.0}, {"power": 1.0}, {"design": 0.5},
])
def test_what_makes_no_sense_is_refused(wrong):
    """A reason and a remedy instead of a number."""
    with pytest.raises(BadInput):
        members_needed(**({"base": 0.1, "effect": 0.02, "held_share": 0.1} | wrong))


def test_the_design_effect_is_what_clusters_do_to_the_variance():
    """Means of clustered members vary by as many times more than means of single ones."""
    rng = np.random.default_rng(2)
    sizes = np.array([2, 5, 9, 20])
    at = np.repeat(np.arange(4), sizes)
    shared = rng.normal(0, np.sqrt(0.3), (40_000, 4))
    own = rng.normal(0, np.sqrt(0.7), (40_000, 36))
    means = (shared[:, at] + own).mean(axis=1)
    assert means.var() * 36 == pytest.approx(design_effect(sizes, 0.3), rel=0.03)
    assert design_effect([1, 1, 1], 0.3) == design_effect(sizes, 0.0) == design_effect([], 0.3) == 1


def test_likeness_within_clusters_is_measured():
    """The share of variance between clusters of a simulated program, and 0 where there is none."""
    rng = np.random.default_rng(3)
    at = np.repeat(np.arange(3000), rng.integers(1, 8, 3000))
    values = rng.normal(0, np.sqrt(0.2), 3000)[at] + rng.normal(0, np.sqrt(0.8), len(at))
    assert intraclass(values, at) == pytest.approx(0.2, abs=0.02)
    assert intraclass(rng.normal(size=len(at)), at) == pytest.approx(0.0, abs=0.02)
    assert intraclass([1, 0], ["a", "b"]) == 0
