import itertools

import numpy as np
import pytest

from training import metrics


def by_hand_auc(truth: np.ndarray, score: np.ndarray) -> float:
    pairs = list(itertools.product(score[truth == 1], score[truth == 0]))
    return sum((a > b) + 0.5 * (a == b) for a, b in pairs) / len(pairs)


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    """AUC counts pairs of fraud and honest in the right order, ties half."""
    rng = np.random.default_rng(3)
    truth, score = rng.integers(0, 2, 60), rng.integers(0, 9, 60) / 9
    assert metrics.auc(truth, score) == pytest.approx(by_hand_auc(truth, score))


def test_one_class_only_gives_no_figure() -> None:
    """Without both classes a ranking figure is NaN, never a guess."""
    ones = np.ones(5)
    assert np.isnan(metrics.auc(ones, ones))
    assert np.isnan(metrics.average_precision(ones, ones))
    assert np.isnan(metrics.recall_at_fpr(ones, ones))
    assert np.isnan(metrics.points_stopped(ones, ones, ones, 0.01))


def test_members_found_leave_the_pool() -> None:
    """On the second day the member found on the first is not looked at again."""
    truth = np.array([1, 0, 1, 1])
    score = np.array([0.9, 0.1, 0.9, 0.2])
    member, day = np.array([1, 2, 1, 3]), np.array([0, 0, 1, 1])
    assert metrics.card_precision(truth, score, member, day, k=1) == 1.0


def test_a_share_finer_than_the_honest_events_is_not_said() -> None:
    """One percent of fifty honest events is half an event: no figure."""
    truth = np.array([0] * 50 + [1] * 50)
    score = np.linspace(0, 1, 100)
    assert np.isnan(metrics.recall_at_fpr(truth, score, 0.01))
    assert np.isnan(metrics.points_stopped(truth, score, np.ones(100), 0.01))


def test_a_member_counts_once_a_day() -> None:
    """Ten frauds of one member on one day are one hit."""
    truth, score = np.ones(10), np.linspace(0, 1, 10)
    member = day = np.zeros(10, int)
    assert metrics.card_precision(truth, score, member, day, k=5) == pytest.approx(1 / 5)


def test_no_more_than_the_allowed_share_is_held() -> None:
    """Ties at the limit are not held, so the share is never passed."""
    score = np.array([0.5] * 50 + [0.1] * 50)
    assert (score > metrics.limit_for(score, 0.1)).mean() <= 0.1


def test_points_stopped_weighs_by_points() -> None:
    """Half of the frauds with nine tenths of the points are nine tenths."""
    truth = np.array([0] * 100 + [1, 1])
    score = np.array([0.1] * 100 + [0.9, 0.05])
    points = np.array([1] * 100 + [90, 10])
    assert metrics.points_stopped(truth, score, points, 0.01) == pytest.approx(0.9)


def test_perfect_probabilities_have_no_calibration_error() -> None:
    """Stated and observed shares that agree in every bin give zero."""
    probability = np.repeat([0.2, 0.8], 100)
    truth = np.concatenate([np.arange(100) < 20, np.arange(100) < 80])
    assert metrics.calibration_error(truth, probability, bins=2) == pytest.approx(0)


def test_intervals_over_members_are_wider_than_over_rows() -> None:
    """Rows of one member are no independent evidence."""
    rng = np.random.default_rng(0)
    member = np.repeat(np.arange(20), 50)
    value = np.repeat(rng.normal(size=20), 50)
    mean = lambda x: float(x.mean())  # noqa: E731
    by_row = metrics.interval(mean, value, draws=300)
    by_member = metrics.interval(mean, value, draws=300, groups=member)
    assert by_member[1] - by_member[0] > 3 * (by_row[1] - by_row[0])


def test_the_same_seed_draws_the_same_interval() -> None:
    """Intervals are repeatable."""
    values = np.arange(50.0)
    mean = lambda x: float(x.mean())  # noqa: E731
    assert metrics.interval(mean, values, seed=1) == metrics.interval(mean, values, seed=1)


@pytest.mark.parametrize("figure", [
    metrics.auc, metrics.average_precision, metrics.brier,
    lambda t, s, weight=None: metrics.precision_at(t, s, 25, weight),
    lambda t, s, weight=None: metrics.recall_at_fpr(t, s, 0.1, weight),
    lambda t, s, weight=None: metrics.points_stopped(t, s, np.full(len(t), 7), 0.1, weight),
    lambda t, s, weight=None: metrics.limit_for(s, 0.13, weight),
    lambda t, s, weight=None: metrics.calibration_error(t, s, 1, weight),
], ids=["auc", "ap", "brier", "precision", "recall", "stopped", "limit", "calibration"])
def test_a_weight_is_that_many_rows(figure) -> None:
    """A row of weight three is three rows, in every figure."""
    rng = np.random.default_rng(8)
    truth, score = rng.random(120) < 0.4, rng.random(120)
    weight = rng.integers(1, 6, 120)
    expected = figure(np.repeat(truth, weight), np.repeat(score, weight))
    assert figure(truth, score, weight=weight) == pytest.approx(expected)
