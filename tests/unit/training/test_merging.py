"""Several boosters as one booster."""

import lightgbm as lgb
import numpy as np
import pytest

from models.fastrow import FastRow
from training.merging import mean_of
from training.settings import read_settings

RANDOM = np.random.default_rng(0)
ROWS = np.where(RANDOM.random((1500, 5)) < 0.1, np.nan, RANDOM.normal(size=(1500, 5)))
TARGET = (np.nan_to_num(ROWS[:, 0] * ROWS[:, 1]) + RANDOM.normal(size=1500) / 3 > 0.8).astype(int)


def fitted(rounds, **parameters):
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, **parameters}
    return lgb.train(settings, lgb.Dataset(ROWS, TARGET, feature_name=list("abcde")), rounds)


@pytest.fixture(scope="module")
def boosters():
    """Three of different size, shape and number of trees."""
    return [fitted(20), fitted(33, extra_trees=True, num_leaves=7), fitted(5, seed=3)]


def test_the_score_is_the_mean(boosters):
    """Raw scores and contributions of the one are the means of those of the many."""
    one = mean_of(boosters)
    for asked in ({"raw_score": True}, {"pred_contrib": True}):
        wanted = np.mean([booster.predict(ROWS, **asked) for booster in boosters], axis=0)
        assert one.predict(ROWS, **asked) == pytest.approx(wanted, abs=1e-12)
    assert one.num_trees() == 58
    assert one.feature_name() == list("abcde")


def test_it_is_stored_and_served_like_any_other(boosters):
    """Its text reads back the same, and the fast path gives its scores and reasons."""
    one = mean_of(boosters)
    text = one.model_to_string()
    assert lgb.Booster(model_str=text).model_to_string() == text
    fast = FastRow(text)
    wanted = one.predict(ROWS[:20], pred_contrib=True)
    for row, parts in zip(ROWS[:20], wanted, strict=True):
        assert fast.score(row) == pytest.approx(parts.sum())
        assert fast.contributions(row) == pytest.approx(parts)


def test_one_alone_stays_as_it_is(boosters):
    """There is nothing to average."""
    assert mean_of(boosters[:1]) is boosters[0]


def test_changes_that_would_not_survive_are_refused():
    """What is averaged must keep to the limits of the parameters themselves."""
    fraud = read_settings().fraud
    for change, said in (({"max_depth": 9}, "max_depth"),
                         ({"min_sum_hessian_in_leaf": 0.1}, "unstable")):
        with pytest.raises(ValueError, match=said):
            type(fraud).model_validate({**fraud.model_dump(), "averaged": [{}, change]})
