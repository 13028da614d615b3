"""Chances in the log are those of the draws, and no draw breaks a limit."""

import numpy as np
import pytest

from features.exports.program import Exploration
from models.draws import draw, draws
from models.missions.allocation import NONE
from models.missions.exploration import Options, choose
from models.missions.limits import Limits
from models.missions.worth import Worth

ALL = 0b1111


class Planned(Options):
    """Options that remember their usual choices: the same for every salt, and slow to make."""

    def usual(self, limits):
        known = self.__dict__.setdefault("known", {})
        if repr(limits) not in known:
            known[repr(limits)] = super().usual(limits)
        return known[repr(limits)]


def options(seed, n=300, m=5, budget=None, capacity=None, most=None, places=None):
    """Random gains, hopes above them, some pairs out, three channels."""
    rng = np.random.default_rng(seed)
    gain = rng.normal(20, 60, (n, m))
    gain[rng.random((n, m)) < 0.3] = -np.inf
    hope = gain + rng.exponential(30, (n, m))
    reach = rng.integers(1, 8, (n, m)).astype(np.uint8)
    zero = np.zeros(n)
    worth = Worth(gain, hope, np.where(np.isfinite(gain), 0, 1).astype(np.int8), reach,
                  rng.integers(5, 90, m), zero, zero, ())
    limits = Limits(budget, capacity or {}, places or (None,) * m)
    return Planned(worth, [()] * m, limits, most)


CASES = [
    {}, {"budget": 6_000}, {"budget": 900}, {"budget": 60}, {"budget": 0},
    {"capacity": {"whatsapp": 60, "viber": 90, "app": 40}}, {"capacity": {"viber": 0}},
    {"budget": 5_000, "capacity": {"whatsapp": 50}, "places": (30, None, 5, None, 0)},
    {"most": 40}, {"most": 1_000}, {"most": 40, "budget": 3_000},
]


@pytest.mark.parametrize("case", CASES)
def test_no_draw_breaks_a_limit(case):
    """Budget, channels, places and the number of suggestions hold for every salt."""
    asked = options(3, **case)
    gain, cost, reach = asked.worth.gain, asked.worth.cost, asked.worth.reach
    names = [f"m-{i}" for i in range(len(gain))]
    for salt in range(30):
        found = choose(asked, Exploration(), draws(names, str(salt)))
        rows = np.flatnonzero(found.taken != NONE)
        taken, channel = found.taken[rows], found.channel[rows]
        assert np.isfinite(gain[rows, taken]).all()
        assert ((reach[rows, taken] >> channel) & 1 == 1).all()
        assert (found.channel[found.taken == NONE] == NONE).all()
        if asked.limits.budget is not None:
            assert cost[taken].sum() <= asked.limits.budget
        for name, most in asked.limits.capacity.items():
            assert (channel == ["whatsapp", "viber", "app", "sms"].index(name)).sum() <= most
        for j, most in enumerate(asked.limits.most):
            assert most is None or (taken == j).sum() <= most
        assert case.get("most") is None or len(rows) <= case["most"]


@pytest.mark.parametrize("case", CASES)
def test_chances_are_a_distribution_over_what_is_open(case):
    """They sum to one, none is always possible where something is, and trials have a floor."""
    asked = options(4, **case)
    found = choose(asked, Exploration(floor=0.04, most=3), np.zeros(300))
    np.testing.assert_allclose(found.chance.sum(axis=1), 1)
    rows = np.arange(300)
    assert (found.chance[:, :-1][~np.isfinite(asked.worth.gain)] == 0).all()
    usual = np.where(found.usual == NONE, 5, found.usual)
    assert (found.chance[rows, usual] >= 0.5).all()
    trials = found.chance.copy()
    trials[rows, usual] = 0
    assert ((trials > 0).sum(axis=1) <= 4).all()
    assert trials.max() <= 0.04
    tried = trials[trials > 0]
    assert len(tried) == 0 or tried.min() >= 0.005
    assert (trials[found.usual != NONE, 5] == 0.04).all()
    has = (trials > 0).any(axis=1)
    np.testing.assert_array_equal(found.floor[~has], 0)
    least = np.where(trials > 0, trials, 1).min(axis=1)
    np.testing.assert_array_equal(found.floor[has], least[has])


@pytest.mark.parametrize("case", CASES[:2] + CASES[5:8])
def test_chances_are_frequencies(case):
    """Over many salts each option is taken as often as its chance says, within noise."""
    asked = options(5, n=40, **case)
    names, salts = [f"m-{i}" for i in range(40)], 1_500
    count = np.zeros((40, 6))
    rows = np.arange(40)
    for salt in range(salts):
        found = choose(asked, Exploration(floor=0.05), draws(names, str(salt)))
        count[rows, found.taken] += 1
    chance = found.chance
    error = np.sqrt(chance * (1 - chance) / salts)
    assert (np.abs(count / salts - chance) <= 4.5 * error + 1e-12).all()


def test_reweighing_finds_the_worth_of_a_rule_that_never_ran():
    """Inverse chances give the mean of outcomes of another rule, without bias."""
    asked = options(6, n=60)
    rng = np.random.default_rng(7)
    outcome = rng.normal(0, 1, (60, 6))
    first = choose(asked, Exploration(floor=0.05), np.zeros(60))
    other = np.array([rng.choice(np.flatnonzero(row)) for row in first.chance])
    rows, names = np.arange(60), [f"m-{i}" for i in range(60)]
    truth = outcome[rows, other].mean()
    told = []
    for salt in range(1_500):
        found = choose(asked, Exploration(floor=0.05), draws(names, str(salt)))
        taken = np.where(found.taken == NONE, 5, found.taken)
        weight = (taken == other) / found.chance[rows, taken]
        told.append((weight * outcome[rows, taken]).mean())
    assert abs(np.mean(told) - truth) < 4 * np.std(told) / np.sqrt(len(told))


def test_a_purse_too_small_to_try_from_is_spent_whole():
    """With few points nothing is put aside; with many, a part is, and trials are made."""
    small = options(8, n=6, budget=120)
    whole = choose(small, Exploration(floor=0.0), np.ones(6) * 0.99)
    tried = choose(small, Exploration(), np.ones(6) * 0.99)
    np.testing.assert_array_equal(whole.usual, tried.usual)
    big = options(8, n=1500, budget=30_000)
    some = choose(big, Exploration(), np.ones(1500) * 0.99)
    assert big.worth.cost[some.usual[some.usual != NONE]].sum() <= 27_000
    assert (some.floor[some.usual == NONE] > 0).any()


def test_without_exploration_everybody_gets_the_usual():
    """A floor of 0 tries nothing, whatever the draws are."""
    asked = options(9, budget=3_000)
    found = choose(asked, Exploration(floor=0.0), np.zeros(300))
    np.testing.assert_array_equal(found.taken, found.usual)
    assert set(np.unique(found.chance)) == {0.0, 1.0}


def test_draws_for_many_are_those_for_one():
    """The hash of a salt with a name is the same however it is asked for."""
    names = ["", "m-1", "Müller", "a\x1fb"]
    assert draws(names, "x", "y").tolist() == [draw("x", "y", name) for name in names]
    assert draws([], "x").shape == (0,)
