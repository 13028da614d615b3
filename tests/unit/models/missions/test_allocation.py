"""Allocation under limits against every choice, against HiGHS, and against its own bound."""

import itertools
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from features.contract import CHANNELS
from features.errors import BadInput
from models.missions.allocation import NONE, allocate, dual, exact
from models.missions.allocation.problem import Problem
from models.missions.allocation.quiet import NOISE, without_noise


def instance(seed, n, m, alike=False):
    """Gains, costs, and limits of all kinds that pinch; ``alike``: many members are the same."""
    rng = np.random.default_rng(seed)
    cost = rng.integers(1, 30, m)
    gain = rng.normal(2, 3, (n, m))
    if alike:
        gain = np.round(rng.normal(2, 3, (3, m)), 1)[rng.integers(0, 3, n)]
    gain[rng.random((n, m)) < 0.2] = -np.inf
    reach = rng.integers(0, 16, (n, 1)).astype(np.uint8) & rng.integers(1, 16, m).astype(np.uint8)
    names = [name for name in CHANNELS if rng.random() < 0.7]
    return {
        "gain": gain, "cost": cost, "budget": int(rng.integers(0, n * 10 + 1)), "channels": reach,
        "capacity": {name: int(rng.integers(0, n // 2 + 1)) for name in names},
        "most": [int(rng.integers(0, n + 1)) if rng.random() < 0.5 else None for _ in range(m)],
    }


def check(asked, found):
    """All limits are kept, the channel is open, and the value is what it says."""
    taken = np.flatnonzero(found.chosen != NONE)
    missions = found.chosen[taken]
    gains = asked["gain"][taken, missions]
    assert (gains > 0).all()
    assert found.value == pytest.approx(gains.sum())
    assert found.value <= found.bound
    assert asked["cost"][missions].sum() <= asked["budget"]
    assert (asked["channels"][taken, missions] >> found.channel[taken] & 1 > 0).all()
    assert (found.channel[found.chosen == NONE] == NONE).all()
    for name, places in asked["capacity"].items():
        assert (found.channel == CHANNELS.index(name)).sum() <= places
    for mission, places in enumerate(asked["most"]):
        assert places is None or (missions == mission).sum() <= places


def best_of_all(asked):
    """The highest gain of any choice of mission and channel, by trying every one."""
    gain, cost = asked["gain"], asked["cost"]
    offers = [[(0.0, 0, -1, -1)] + [
        (gain[i, j], cost[j], j, k) for j in range(gain.shape[1]) for k in range(4)
        if gain[i, j] > 0 and asked["channels"][i, j] >> k & 1] for i in range(len(gain))]
    most = [10**9 if places is None else places for places in asked["most"]]
    places = [asked["capacity"].get(name, 10**9) for name in CHANNELS]
    best = 0.0
    for picks in itertools.product(*offers):
        missions, channels = [p[2] for p in picks], [p[3] for p in picks]
        fits = (sum(p[1] for p in picks) <= asked["budget"]
                and all(missions.count(j) <= limit for j, limit in enumerate(most))
                and all(channels.count(k) <= limit for k, limit in enumerate(places)))
        best = max(best, sum(p[0] for p in picks)) if fits else best
    return best


def by_highs(asked, whole=True):
    """The same from HiGHS, with a variable for each member, mission and channel."""
    gain = asked["gain"]
    n, m = gain.shape
    at = np.array([(i, j, k) for i in range(n) for j in range(m) for k in range(4)
                   if gain[i, j] > 0 and asked["channels"][i, j] >> k & 1]).reshape(-1, 3)
    if not len(at):
        return 0.0
    one, row = np.ones(len(at)), np.arange(len(at))
    parts = [sparse.csr_matrix((one, (at[:, axis], row)), (size, len(at)))
             for axis, size in ((0, n), (1, m), (2, 4))]
    parts.append(sparse.csr_matrix(asked["cost"][at[:, 1]][None, :].astype(float)))
    high = [*[1] * n, *[n if x is None else x for x in asked["most"]],
            *[asked["capacity"].get(name, n) for name in CHANNELS], asked["budget"]]
    rows, worth = sparse.vstack(parts, format="csr"), -gain[at[:, 0], at[:, 1]]
    if not whole:
        return -linprog(worth, rows, np.array(high, float), bounds=(0, 1), method="highs").fun
    return -milp(worth, integrality=one, bounds=Bounds(0, 1),
                 constraints=LinearConstraint(rows, -np.inf, np.array(high, float)),
                 options={"mip_rel_gap": 0.0}).fun


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 3), st.integers(1, 2), st.booleans())
def test_few_members_get_the_best_there_is(seed, n, m, alike):
    """No choice among all of them gains more."""
    asked = instance(seed, n, m, alike)
    found = allocate(**asked)
    check(asked, found)
    assert found.value == pytest.approx(best_of_all(asked))
    assert found.method == "exact"


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_dozens_of_members_get_what_highs_finds(seed, alike):
    """Sets of channels in place of channels change nothing about the best value."""
    asked = instance(seed, 30, 4, alike)
    found = allocate(**asked)
    check(asked, found)
    assert found.method == "exact"
    assert found.value == pytest.approx(by_highs(asked))


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_prices_bound_the_best_and_come_near_it(seed, alike, monkeypatch):
    """Without branch and bound all limits hold, and the bound is that of the linear program."""
    monkeypatch.setattr(exact, "SEEN", 0)
    asked = instance(seed, 400, 5, alike)
    found = allocate(**asked)
    check(asked, found)
    relaxed = by_highs(asked, whole=False)
    assert found.bound >= relaxed * (1 - 1e-9)
    assert found.bound == pytest.approx(relaxed, rel=1e-5)
    assert found.bound - found.value <= 3 * asked["gain"].max()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 6), st.integers(1, 3))
def test_any_price_gives_a_bound(seed, n, m):
    """Whatever the prices, no choice gains more than they allow."""
    asked = instance(seed, n, m)
    problem = Problem.of(asked["gain"].reshape(n, m), asked["cost"], asked["budget"],
                         asked["channels"], asked["capacity"], asked["most"], seed)
    price = np.random.default_rng(seed).exponential(1.0, len(problem.limits))
    assert dual.bound(problem, price)[0] >= allocate(**asked).value * (1 - 1e-9)


def test_more_points_never_lower_the_bound():
    """The bound rises with the budget, and its price falls."""
    asked = instance(3, 600, 5) | {"capacity": {}, "most": None}
    found = [allocate(**(asked | {"budget": points})) for points in (0, 200, 1000, 3000, 9000)]
    bounds, prices = [one.bound for one in found], [one.prices.points for one in found]
    assert bounds == sorted(bounds)
    assert prices[1:] == sorted(prices[1:], reverse=True)
    assert (bounds[0], prices[-1]) == (0.0, 0.0)


def test_a_price_is_what_one_more_place_brings():
    """Three members, two messages: the third gain is what a place would add."""
    found = allocate(np.array([[9.0], [7.0], [4.0]]), [1], channels=np.uint8([1]),
                     capacity={"whatsapp": 2})
    assert found.chosen.tolist() == [0, 0, NONE]
    assert 4.0 <= found.prices.channels["whatsapp"] <= 7.0


def test_the_same_seed_gives_the_same_answer():
    """Twice the same, at a size that is solved by prices on a sample first."""
    asked = instance(1, 50_000, 3)
    first, second = allocate(**asked), allocate(**asked)
    check(asked, first)
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.channel.tolist() == second.channel.tolist()
    assert first.gap < 1e-3


def test_members_who_are_alike_have_the_same_chance():
    """Of forty equal members ten get the one mission, over seeds each about as often."""
    asked = {"gain": np.ones((40, 2)), "cost": [5, 5], "budget": 50}
    found = np.array([allocate(**asked, seed=seed).chosen for seed in range(60)])
    assert ((found != NONE).sum(axis=1) == 10).all()
    often = (found != NONE).sum(axis=0)
    assert abs(often[:20].sum() - 300) < 4 * np.sqrt(60 * 10 * 0.25)
    assert often.min() > 3
    assert abs((found == 0).sum() - 300) < 4 * np.sqrt(600 * 0.25)


def test_a_mission_goes_by_the_channel_it_prefers():
    """The first that is open and has room; the highest gains have the first pick."""
    found = allocate(np.array([[3.0], [2.0], [1.0]]), [0], channels=np.uint8([[9], [9], [1]]),
                     capacity={"sms": 1}, prefer=[["sms"]])
    assert [CHANNELS[k] for k in found.channel] == ["sms", "whatsapp", "whatsapp"]


def test_without_limits_everybody_takes_his_best():
    """None is taken where nothing gains, and that is proved at once."""
    found = allocate(np.array([[1.0, 2.0], [-1.0, 0.0], [-np.inf, 0.5]]), [1, 1])
    assert found.chosen.tolist() == [1, NONE, 1]
    assert (found.value, found.bound, found.method) == (2.5, 2.5, "exact")
    assert found.channel.tolist() == [NONE] * 3


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0, 0)])
def test_nobody_and_nothing_are_no_error(shape):
    """No members or no missions: everybody gets none."""
    found = allocate(np.empty(shape), np.zeros(shape[1], dtype=int), 10, channels=np.zeros(
        shape, np.uint8), capacity={"sms": 3}, most=[1] * shape[1])
    assert found.chosen.tolist() == [NONE] * shape[0]
    assert (found.value, found.gap, found.method) == (0.0, 0.0, "exact")


def test_free_missions_need_no_budget():
    """A mission that costs nothing is given with an empty purse."""
    assert allocate(np.array([[1.0]]), np.array([0]), 0).chosen.tolist() == [0]


def test_costs_may_differ_by_member():
    """The same mission for whom it is cheaper."""
    assert allocate([[5.0], [5.0]], [[9], [3]], 8).chosen.tolist() == [NONE, 0]


@pytest.mark.parametrize(("wrong", "said"), [
    ({"budget": -1}, "budget of 0 points"), ({"capacity": {"post": 1}}, "channels of whatsapp"),
    ({"capacity": {"sms": -1}}, "capacity of 0"), ({"most": [-1]}, "limit of 0 or more"),
    ({"most": [1, 2]}, "each of 1 missions"), ({"cost": [-1]}, "at least 0"),
    ({"cost": [1.5]}, "whole points"), ({"cost": [1, 2]}, "shape"),
    ({"gain": [[np.nan]]}, "finite"), ({"gain": [[np.inf]]}, "finite"),
    ({"channels": None}, "channels of each member"), ({"channels": np.uint8([16])}, "bits of"),
    ({"prefer": [["post"]]}, "channels of whatsapp"),
])
def test_what_makes_no_sense_is_refused(wrong, said):
    """What was wanted, what came, what to do."""
    asked = {"gain": [[1.0]], "cost": [1], "budget": 5, "channels": np.uint8([1]),
             "capacity": {"sms": 1}}
    with pytest.raises(BadInput, match=said):
        allocate(**(asked | wrong))


def test_the_solver_prints_nothing(capfd):
    """HiGHS writes lines of its own to standard output; others' lines stay."""
    with without_noise():
        os.write(1, b"kept\n" + NOISE + b"anything\nand kept\n")
    assert capfd.readouterr().out == "kept\nand kept\n"
