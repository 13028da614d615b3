"""Calibration tells chances truly, keeps the order and carries contributions over exactly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from features.errors import BadInput
from models.calibration import FURTHEST, Calibration, _pool, fit_calibration, logistic, logit


def draw(n: int, seed: int = 0):
    random = np.random.default_rng(seed)
    margin = random.normal(-2, 2, n)
    return margin, (random.random(n) < logistic(0.6 * margin - 1)).astype(float)


def test_few_positives_give_a_line_near_the_truth() -> None:
    """Below the limit of positives the fit is Platt's line, and finds slope and shift."""
    line = fit_calibration(*draw(1500))
    assert len(line.margins) == 1
    assert line.slope == pytest.approx(0.6, abs=0.1)
    assert line.log_odds[0] == pytest.approx(-1, abs=0.2)


def test_the_line_is_the_optimum_of_its_penalised_likelihood() -> None:
    """Newton's steps end where a general optimiser ends."""
    margin, label = draw(800, seed=5)
    n_pos, n_neg = label.sum(), (1 - label).sum()
    target = np.where(label > 0, (n_pos + 1) / (n_pos + 2), 1 / (n_neg + 2))

    def loss(theta):
        odds = theta[0] * margin + theta[1]
        return (np.logaddexp(0, odds) - target * odds).sum() + (theta[0] - 1) ** 2 / 2

    best = minimize(loss, [1.0, 0.0], tol=1e-12).x
    line = fit_calibration(margin, label)
    assert [line.slope, line.log_odds[0]] == pytest.approx(best, abs=1e-5)


def test_many_positives_give_a_curve_that_tells_chances_truly() -> None:
    """With thousands of positives the mean of the chances is the share of fraud, in every band."""
    curve = fit_calibration(*draw(30_000))
    assert len(curve.margins) > 5
    margin, label = draw(30_000, seed=1)
    chance = curve.chance(margin)
    for low, high in [(0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1)]:
        band = (chance >= low) & (chance < high)
        assert chance[band].mean() == pytest.approx(label[band].mean(), abs=0.03)


def test_pooling_agrees_with_scikit_learn() -> None:
    """Blocks have the means of isotonic regression."""
    margin, label = draw(500, seed=2)
    order = np.argsort(margin)
    x, weight, mean = _pool(margin[order], np.ones(500), label[order])
    theirs = IsotonicRegression().fit(margin, label)
    ours = np.repeat(mean, weight.astype(int))
    assert ours == pytest.approx(theirs.predict(margin[order]))
    assert (np.diff(x) > 0).all()


@pytest.mark.parametrize("n", [200, 30_000])
def test_the_order_of_events_stays(n: int) -> None:
    """Two margins never share a chance or change places."""
    margin, label = draw(n, seed=3)
    calibration = fit_calibration(margin, label)
    grid = np.sort(np.concatenate([margin, np.linspace(-12, 12, 500)]))
    assert (np.diff(calibration.apply(np.unique(grid))) > 0).all()


@pytest.mark.parametrize("n", [200, 30_000])
def test_parts_add_up_to_the_log_odds_of_the_chance(n: int) -> None:
    """Base and carried contributions are the log-odds of the score, on a line and on a curve."""
    calibration = fit_calibration(*draw(n, seed=4))
    parts = np.random.default_rng(0).normal(size=(300, 9)) * 2
    parts[0, :-1] = 0
    shares = calibration.shares(parts)
    chance = calibration.chance(parts.sum(axis=1))
    assert shares.sum(axis=1) == pytest.approx(logit(chance), abs=1e-6)
    assert (np.sign(shares[1:, :-1]) == np.sign(parts[1:, :-1])).all()
    by_row = np.array([calibration.shares_of(row) for row in parts])
    assert by_row == pytest.approx(shares, abs=1e-12)


@pytest.mark.parametrize("n", [200, 30_000])
def test_one_margin_has_the_chance_of_the_batch(n: int) -> None:
    """Bit for bit, on a line and on a curve, at its knots and far outside."""
    fitted = fit_calibration(*draw(n))
    margins = np.concatenate([np.linspace(-60, 60, 4001), fitted.margins])
    assert [fitted.chance_of(margin) for margin in margins.tolist()] == (
        fitted.chance(margins).tolist())


def test_no_later_label_leaves_the_margin_as_it_is() -> None:
    """Without events the chance is that of the margin."""
    assert fit_calibration(np.zeros(0), np.zeros(0)) == Calibration.identity()


def test_one_sided_labels_still_give_a_rising_line() -> None:
    """With no confirmed fraud the chance is low everywhere and still rises."""
    line = fit_calibration(np.linspace(-3, 3, 400), np.zeros(400))
    chance = line.chance(np.array([-3.0, 3.0]))
    assert chance[0] < chance[1] < 0.1


def test_a_model_that_is_wrong_way_round_is_not_turned() -> None:
    """A negative slope would make high margins safe: the least positive slope is kept instead."""
    margin = np.linspace(-3, 3, 400)
    assert fit_calibration(margin, (margin < 0).astype(float)).slope > 0


def test_extreme_margins_stay_finite() -> None:
    """Log-odds end where a double could no longer tell the chance from one."""
    found = Calibration.identity().apply(np.array([-1e9, 1e9]))
    assert found.tolist() == [-FURTHEST, FURTHEST]


@pytest.mark.parametrize("knots", [((1.0, 0.0), (0.0, 1.0), 1.0), ((0.0,), (0.0,), -1.0),
                                   ((), (), 1.0), ((0.0, 1.0), (0.0, float("nan")), 1.0)])
def test_knots_that_do_not_rise_are_refused(knots) -> None:
    """A stored calibration that would turn the order around is refused."""
    with pytest.raises(BadInput, match="rising, finite knots"):
        Calibration(*knots)


def test_stored_numbers_read_back_the_same() -> None:
    """JSON keeps the calibration exactly."""
    calibration = fit_calibration(*draw(30_000))
    assert Calibration.from_json(calibration.to_json()) == calibration


def test_a_moved_calibration_keeps_the_order_and_meets_the_mean() -> None:
    """Only the level of all chances moves."""
    margin = np.linspace(-6, 2, 500)
    moved = Calibration((-1.0, 1.0), (-2.0, 0.5), 0.7).moved_to(margin, 0.03)
    assert moved.chance(margin).mean() == pytest.approx(0.03, abs=1e-6)
    assert (np.diff(moved.chance(margin)) > 0).all()
