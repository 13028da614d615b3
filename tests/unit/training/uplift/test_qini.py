"""The Qini curve against a loop over the ranking, and what must not matter to it."""

import numpy as np
import pytest

from training.uplift.qini import Ranking, interval, qini, qini_draws, uplift_at


def naive(score, treated, y, weight):
    """The documented figure, row by row; scores must differ."""
    order = sorted(range(len(y)), key=lambda i: -score[i])
    total = sum(weight)
    share, curve = [0.0], [0.0]
    for k in range(1, len(y) + 1):
        top = order[:k]
        n_t = sum(weight[i] for i in top if treated[i])
        n_c = sum(weight[i] for i in top if not treated[i])
        y_t = sum(weight[i] * y[i] for i in top if treated[i])
        y_c = sum(weight[i] * y[i] for i in top if not treated[i])
        share.append(sum(weight[i] for i in top) / total)
        curve.append(y_t - (y_c * n_t / n_c if n_c else 0.0))
    area = sum((share[i + 1] - share[i]) * (curve[i + 1] + curve[i]) / 2 for i in range(len(y)))
    return (area - curve[-1] / 2) / sum(w for w, t in zip(weight, treated, strict=True) if t) * 1000


def drawn(n, seed):
    rng = np.random.default_rng(seed)
    return rng.random(n), rng.random(n) < 0.4, (rng.random(n) < 0.3).astype(float), rng


@pytest.mark.parametrize("seed", range(4))
def test_the_figure_is_that_of_a_loop(seed):
    """With and without weights."""
    score, treated, y, rng = drawn(60, seed)
    weight = rng.uniform(0.5, 4, 60)
    assert qini(score, treated, y) == pytest.approx(naive(score, treated, y, np.ones(60)))
    assert qini(score, treated, y, weight) == pytest.approx(naive(score, treated, y, weight))


def test_neither_the_order_of_rows_nor_the_scale_of_scores_matters():
    """Also where many rows have one score."""
    score, treated, y, rng = drawn(300, 5)
    score = np.round(score, 1)
    shuffled = rng.permutation(300)
    expected = qini(score, treated, y)
    assert qini(score[shuffled], treated[shuffled], y[shuffled]) == pytest.approx(expected)
    assert qini(np.exp(5 * score), treated, y) == pytest.approx(expected)
    assert qini(np.zeros(300), treated, y) == pytest.approx(0.0, abs=1e-9)


def test_a_weight_is_a_repetition():
    score, treated, y, rng = drawn(80, 6)
    times = rng.integers(1, 4, 80)
    each = np.repeat(np.arange(80), times)
    repeated = qini(score[each], treated[each], y[each])
    assert qini(score, treated, y, times) == pytest.approx(repeated)


def test_a_ranking_by_the_effect_is_above_chance_and_its_reverse_below():
    """What bootstraps say of the difference agrees."""
    rng = np.random.default_rng(7)
    effect, treated = rng.uniform(0, 0.4, 4000), rng.random(4000) < 0.5
    y = (rng.random(4000) < 0.2 + effect * treated).astype(float)
    assert qini(effect, treated, y) > 5
    assert qini(-effect, treated, y) < -5
    draws = qini_draws([effect, rng.random(4000)], treated, y, seed=0)
    assert interval(draws[:, 0])[0] > 0
    assert interval(draws[:, 0] - draws[:, 1])[0] > 0


def test_bootstraps_are_of_whole_clusters():
    """Rows that all say the same within a cluster are no independent evidence."""
    score, treated, y, _ = drawn(60, 8)
    each = np.repeat(np.arange(60), 20)
    alone = qini_draws([score[each]], treated[each], y[each], seed=0)[:, 0]
    together = qini_draws([score[each]], treated[each], y[each], seed=0, clusters=each)[:, 0]
    assert together.std() > 3 * alone.std()


def test_the_same_seed_gives_the_same_draws():
    score, treated, y, _ = drawn(50, 9)
    first = qini_draws([score], treated, y, seed=1, draws=5)
    assert np.array_equal(first, qini_draws([score], treated, y, seed=1, draws=5))
    assert not np.array_equal(first, qini_draws([score], treated, y, seed=2, draws=5))


def test_uplift_at_the_top():
    """The difference of means there and its error; unknown where an arm is missing."""
    score, treated, y, _ = drawn(200, 10)
    top = np.argsort(-score)[:60]
    wanted = y[top][treated[top]].mean() - y[top][~treated[top]].mean()
    found = uplift_at(score, treated, y, 0.3)
    assert found.value == pytest.approx(wanted)
    parts = [y[top][treated[top] == one] for one in (True, False)]
    error = np.sqrt(sum(part.var() / len(part) for part in parts) * 60 / 59)
    assert found.error == pytest.approx(error)
    each = np.repeat(np.arange(200), 4)
    again = uplift_at(score[each], treated[each], y[each], 0.3, clusters=each)
    assert again.error == pytest.approx(error)
    weighed = uplift_at(score, treated, y, 0.3, weight=np.full(200, 7.0))
    assert (weighed.value, weighed.error) == pytest.approx((found.value, found.error))
    assert np.isnan(uplift_at([2, 1], [1, 1], [1, 0], share=1.0).value)
    assert np.isnan(qini([2, 1], [0, 0], [1, 0]))


def test_the_curve_ends_at_the_whole_difference():
    score, treated, y, _ = drawn(100, 11)
    share, extra = Ranking.of(score).curve(treated, y)
    assert share[[0, -1]].tolist() == [0, 1]
    assert extra[-1] == pytest.approx(treated.sum() * (y[treated].mean() - y[~treated].mean()))
