"""Looks every night: the interval that allows them, beside the ordinary one, on simulated truth."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from features.errors import BadInput
from models.experiments.lift import Lift, lift
from models.experiments.sequential import Always, always, times

NIGHTS = np.arange(50, 5001, 50)
RUNS = 600


def watched(base, effect, seed):
    """Share of runs in which 0 ever lay outside: of the interval for many looks, and of 1.96."""
    rng = np.random.default_rng(seed)
    treated = rng.random((RUNS, NIGHTS[-1])) < 0.9
    active = rng.random(treated.shape) < base + effect * treated
    sizes = [np.cumsum(arm, axis=1)[:, NIGHTS - 1] for arm in (treated, ~treated)]
    hits = [np.cumsum(arm & active, axis=1)[:, NIGHTS - 1] for arm in (treated, ~treated)]
    shares = [hit / np.maximum(size, 1) for hit, size in zip(hits, sizes, strict=True)]
    error = np.sqrt(sum(p * (1 - p) / np.maximum(size, 1)
                        for p, size in zip(shares, sizes, strict=True)))
    value, unlike = shares[0] - shares[1], np.minimum(*hits)
    planned = np.sqrt(base * (1 - base) / 0.09 / NIGHTS[-1])
    always_out, once_out = np.zeros(RUNS, bool), np.zeros(RUNS, bool)
    for run, night in np.ndindex(value.shape):
        if unlike[run, night] < 10:
            continue
        once_out[run] |= abs(value[run, night]) > 1.96 * error[run, night]
        look = Lift(value[run, night], 0.0, 0.0, error[run, night], sizes[0][run, night],
                    sizes[1][run, night], 0.0, 0.0, 0, unlike[run, night])
        found = always(look, planned)
        always_out[run] |= found.low > 0 or found.high < 0
    return always_out.mean(), once_out.mean()


@pytest.mark.parametrize("base", [0.05, 0.3])
def test_without_an_effect_it_hardly_ever_says_one(base):
    """At most 5 % over all nights; an ordinary interval at least twice as often."""
    many, once = watched(base, 0.0, seed=7)
    assert many <= 0.05
    assert once > 0.1


def test_a_real_effect_is_still_found():
    """Six points on ten, 5,000 members, a tenth held out."""
    assert watched(0.1, 0.06, seed=8)[0] > 0.8


def test_it_is_narrowest_where_planned():
    """No other setting is narrower at the planned error, within a hundredth."""
    best = minimize_scalar(lambda log: times(1.0, np.exp(log), 0.05), bounds=(-3, 3),
                           method="bounded").fun
    assert best <= times(1.0, 1.0, 0.05) <= best * 1.01
    assert times(0.5, 1.0, 0.05) > times(1.0, 1.0, 0.05) > 1.96
    assert times(0.0, 1.0, 0.05) == 0


def test_few_members_are_no_reason_to_stop():
    """Endless while an arm has fewer than thirty, or no error."""
    found = always(lift(np.repeat([1.0, 0.0], [60, 20]), np.arange(80) < 60, 0.75), 0.01)
    assert (found.low, found.high, found.stand()) == (-np.inf, np.inf, "open")
    unknown = Lift(0.1, -np.inf, np.inf, np.inf, 100, 100, 0.2, 0.1, 1, 50)
    assert always(unknown, 0.01).high == np.inf
    rare = always(lift(np.repeat([1, 0, 1, 0], [300, 700, 9, 991]), np.arange(2000) < 1000, 0.5),
                  0.01)
    assert rare.low == -np.inf


def test_an_interval_is_wider_than_at_one_look():
    """The same value, in the middle."""
    one = lift(np.repeat([1, 0, 1, 0], [300, 700, 40, 160]), np.arange(1200) < 1000, 5 / 6)
    found = always(one, planned_error=one.error)
    assert found.low < one.low < one.value < one.high < found.high
    assert found.low + found.high == pytest.approx(2 * one.value)


@pytest.mark.parametrize(("interval", "worth", "stand"), [
    ((0.01, 0.05), 0.0, "better"), ((-0.05, -0.01), 0.0, "worse"), ((-0.01, 0.01), 0.0, "open"),
    ((-0.01, 0.01), 0.02, "futile"), ((0.01, 0.015), 0.02, "futile"),
    ((0.01, 0.05), 0.02, "better"),
])
def test_where_it_stands(interval, worth, stand):
    """What a stop rule acts on."""
    assert Always(0.0, *interval).stand(worth) == stand


def test_a_plan_is_needed():
    """No planned error, no interval."""
    with pytest.raises(BadInput, match="planned error"):
        always(Lift(0.1, 0.0, 0.2, 0.05, 100, 100, 0.2, 0.1, 200, 50), 0.0)
