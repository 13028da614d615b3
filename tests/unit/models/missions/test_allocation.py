"""Allocation under a budget against an exact search on small cases."""

import itertools

import numpy as np
import pytest

from models.missions.allocation import NONE, allocate


def best_total(gain, cost, budget):
    """The highest total gain of any choice that fits, by trying all of them."""
    choices = itertools.product(range(-1, gain.shape[1]), repeat=len(gain))
    totals = [sum(gain[i, m] for i, m in enumerate(c) if m >= 0) for c in choices
              if sum(cost[m] for m in c if m >= 0) <= budget]
    return max(totals)


@pytest.mark.parametrize("seed", range(8))
def test_it_is_near_the_best_and_fits(seed):
    """Never over budget, never a losing mission, and within one member's best of the optimum."""
    rng = np.random.default_rng(seed)
    gain, cost = rng.normal(3, 4, (5, 3)), rng.integers(1, 20, 3)
    budget = int(rng.integers(0, 60))
    chosen = allocate(gain, cost, budget)
    taken = np.flatnonzero(chosen != NONE)
    assert cost[chosen[taken]].sum() <= budget
    assert (gain[taken, chosen[taken]] > 0).all()
    assert gain[taken, chosen[taken]].sum() >= best_total(gain, cost, budget) - gain.max()


def test_without_a_budget_everybody_takes_his_best():
    """None is taken where nothing gains."""
    gain = np.array([[1.0, 2.0], [-1.0, 0.0], [-np.inf, 0.5]])
    assert allocate(gain, np.array([1, 1]), None).tolist() == [1, NONE, 1]


def test_free_missions_need_no_budget():
    """A mission that costs nothing is given with an empty purse."""
    assert allocate(np.array([[1.0]]), np.array([0]), 0).tolist() == [0]
