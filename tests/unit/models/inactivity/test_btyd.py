"""Buy-till-you-die against simulation, published figures and an independent package."""

import warnings

import numpy as np
import pytest

from models.inactivity.btyd import Btyd, logit, sigmoid

PUBLISHED = Btyd("bg", 0.2426, 4.4136, 0.7929, 2.4259)


def simulate(model, members, seen, horizon, seed):
    """Histories, and whether each member stays silent in the horizon, by drawing lives."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(model.r, 1 / model.alpha, members)
    drop = rng.beta(model.a, model.b, members)
    x, last, silent = np.zeros(members), np.zeros(members), np.ones(members, dtype=bool)
    for i in range(members):
        at, alive = 0.0, not (model.kind == "mbg" and rng.random() < drop[i])
        while alive:
            at += rng.exponential(1 / rate[i])
            if at > seen + horizon:
                break
            if at > seen:
                silent[i] = False
                break
            x[i], last[i] = x[i] + 1, at
            alive = rng.random() >= drop[i]
    return x, last, silent


@pytest.mark.parametrize("kind", ["bg", "mbg"])
def test_the_likelihood_ratio_is_the_share_that_stays_silent(kind):
    """Mean chance of no event equals the simulated share, overall and for one-time members."""
    model = Btyd(kind, 0.8, 40.0, 0.9, 2.5)
    x, last, silent = simulate(model, 20_000, 150.0, 60.0, seed=1)
    p = model.p_none(x, last, np.full(len(x), 150.0), 60.0)
    for rows in (x >= 0, x == 0, x >= 2):
        assert p[rows].mean() == pytest.approx(silent[rows].mean(), abs=0.015)


@pytest.mark.parametrize("kind", ["bg", "mbg"])
def test_a_fit_finds_the_parameters_that_made_the_data(kind):
    """The fitted model predicts like the true one: chances agree within a point."""
    model = Btyd(kind, 0.8, 40.0, 0.9, 2.5)
    x, last, _ = simulate(model, 6_000, 200.0, 0.0, seed=2)
    seen = np.full(len(x), 200.0)
    fitted = Btyd.fit(kind, x, last, seen)
    gap = fitted.p_none(x, last, seen, 90.0) - model.p_none(x, last, seen, 90.0)
    assert np.abs(gap).mean() < 0.01


@pytest.mark.parametrize(("kind", "name"), [("bg", "BetaGeoFitter"),
                                            ("mbg", "ModifiedBetaGeoFitter")])
def test_it_agrees_with_an_independent_package(kind, name):
    """Chance to be alive and fitted likelihood are those of lifetimes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifetimes is unmaintained and warns on import
        import lifetimes

        x, last, _ = simulate(Btyd(kind, 0.8, 40.0, 0.9, 2.5), 1_500, 200.0, 0.0, seed=3)
        seen = np.full(len(x), 200.0)
        oracle = getattr(lifetimes, name)().fit(x, last, seen)
        alive = oracle.conditional_probability_alive(x, last, seen)
    theirs = Btyd(kind, *(float(oracle.params_[p]) for p in ("r", "alpha", "a", "b")))
    ours = Btyd.fit(kind, x, last, seen)
    np.testing.assert_allclose(theirs.p_alive(x, last, seen), alive, rtol=1e-9)
    assert ours.log_likelihood(x, last, seen).mean() == pytest.approx(
        theirs.log_likelihood(x, last, seen).mean(), abs=1e-4)


@pytest.mark.parametrize("kind", ["bg", "mbg"])
def test_three_members_or_one_event_leave_nobody_certain(kind):
    """Drawn to a typical program, a handful of histories gives neither 0 nor 1."""
    for x, last, seen in (([5, 8, 3], [18, 20, 15], [20, 21, 17]), ([0], [0], [3])):
        alone, drawn = (Btyd.fit(kind, x, last, seen, prior=prior) for prior in (0.0, 1.0))
        p = drawn.p_none(x, last, np.array(seen), 60.0)
        assert (p > 0.005).all()
        assert (p < 0.8).all()
        assert not 0.005 < alone.p_none(x, last, np.array(seen), 60.0)[0] < 0.8


@pytest.mark.parametrize("kind", ["bg", "mbg"])
def test_the_assumed_program_fades_with_members(kind):
    """Among four thousand members it moves chances by far less than among forty."""
    x, last, _ = simulate(Btyd(kind, 0.8, 40.0, 0.9, 2.5), 4_000, 200.0, 0.0, seed=4)
    moved = []
    for count in (40, 4_000):
        mine = x[:count], last[:count], np.full(count, 200.0)
        plain, drawn = (Btyd.fit(kind, *mine, prior=prior).p_none(*mine, 60.0)
                        for prior in (0.0, 1.0))
        moved.append(np.abs(plain - drawn).mean())
    assert moved[1] < 0.005
    assert moved[1] < moved[0] / 5


def test_published_alive_of_the_cdnow_customer():
    """Two repeats, last in week 30.43, seen 38.86 weeks: 0.7266 with the published digits."""
    assert float(PUBLISHED.p_alive(2, 30.43, 38.86)) == pytest.approx(0.7266, abs=5e-5)


def test_the_chance_falls_with_the_horizon_and_rises_with_silence():
    """Longer horizons see more returns; the longer the silence, the surer it lasts."""
    horizon = np.array([0, 1, 30, 365, 10_000])
    chances = PUBLISHED.p_none(np.full(5, 3.0), 20.0, 40.0, horizon)
    assert chances[0] == 1
    assert (np.diff(chances) < 0).all()
    silences = PUBLISHED.p_none(np.full(4, 3.0), 20.0, np.array([21.0, 30, 60, 120]), 10.0)
    assert (np.diff(silences) > 0).all()


def test_the_wait_is_the_quantile_of_those_who_come_back():
    """Of the chance to return at all, half is used up at the median wait."""
    x, last, seen = np.array([4.0]), np.array([30.0]), np.array([39.0])
    never = PUBLISHED.p_none(x, last, seen, 1e12)
    median = PUBLISHED.wait(x, seen, 0.5)
    share = (1 - PUBLISHED.p_none(x, last, seen, median)) / (1 - never)
    assert float(share[0]) == pytest.approx(0.5, abs=1e-6)


def test_no_member_is_no_fit():
    """An empty history says what it wanted."""
    with pytest.raises(ValueError, match="at least one member"):
        Btyd.fit("bg", [], [], [])


def test_one_member_still_fits():
    """A single history gives finite parameters and a chance between 0 and 1."""
    model = Btyd.fit("mbg", [0], [0], [20])
    assert 0 < float(model.p_none(0, 0, 20, 30)) < 1


def test_logit_and_sigmoid_undo_each_other():
    """Going to log-odds and back keeps a chance."""
    p = np.array([0.01, 0.5, 0.99])
    np.testing.assert_allclose(sigmoid(logit(p)), p, rtol=1e-12)
