import numpy as np
import pytest

from training.baselines import Fitting, baseline_scores
from training.fit_fraud import fit_booster
from training.metrics import auc, average_precision
from training.settings import read_settings

SETTINGS = read_settings()
NAMES = ("amount", "count", "noise")
ALL = np.arange(3)


def world(rows: int, seed: int, rate: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    """Rare frauds in the far tail of one column, with holes."""
    rng = np.random.default_rng(seed)
    fraud = (rng.random(rows) < rate).astype(np.int64)
    matrix = np.column_stack([
        rng.lognormal(0, 1, rows) + 20 * fraud, rng.poisson(2, rows) + 2 * fraud,
        rng.normal(size=rows),
    ]).astype(np.float64)
    matrix[rng.random(matrix.shape) < 0.05] = np.nan
    return matrix, fraud


def test_a_rare_tail_is_found() -> None:
    """Two percent of fraud in the tail of one column is told apart on later rows."""
    matrix, fraud = world(4000, 0)
    booster = fit_booster(matrix, fraud, np.ones(4000), NAMES, SETTINGS.fraud, seed=0)
    later, truth = world(3000, 1)
    assert average_precision(truth, np.asarray(booster.predict(later))) > 0.9


def test_the_same_rows_and_seed_give_the_same_trees() -> None:
    """A fit can be repeated to the byte."""
    matrix, fraud = world(2000, 0)
    one, two = (
        fit_booster(matrix, fraud, np.ones(2000), NAMES, SETTINGS.fraud, seed=3).model_to_string()
        for _ in range(2))
    assert one == two


def test_early_stopping_does_without_late_frauds() -> None:
    """With no fraud among the latest rows a fixed number of trees is grown."""
    matrix, fraud = world(2000, 0)
    fraud[1500:] = 0
    alone = SETTINGS.fraud.model_copy(update={"averaged": ({},)})
    booster = fit_booster(matrix, fraud, np.ones(2000), NAMES, alone, seed=0)
    assert booster.num_trees() == SETTINGS.fraud.short_rounds


def test_what_is_named_is_averaged() -> None:
    """The model's raw score is the mean of one fit for each change of the parameters."""
    matrix, fraud = world(2000, 0)
    changes = ({"num_leaves": 3}, {"learning_rate": 0.1})
    scores = [
        fit_booster(matrix, fraud, np.ones(2000), NAMES,
                    SETTINGS.fraud.model_copy(update={"averaged": named}), seed=0,
                    ).predict(matrix, raw_score=True)
        for named in (changes, changes[:1], changes[1:])]
    assert scores[0] == pytest.approx((scores[1] + scores[2]) / 2)
    assert np.abs(scores[1] - scores[2]).max() > 0.1


def test_depth_is_capped() -> None:
    """No leaf lies deeper than the depth that keeps reasons fast."""
    matrix, fraud = world(3000, 0)
    booster = fit_booster(matrix, fraud, np.ones(3000), NAMES, SETTINGS.fraud, seed=0)
    assert booster.trees_to_dataframe()["node_depth"].max() <= 7


def test_baselines_score_the_same_rows() -> None:
    """Each baseline gives one finite score a row and is better than a coin on an easy world."""
    matrix, fraud = world(3000, 0)
    later, truth = world(1000, 1)
    scores = baseline_scores(Fitting(matrix, fraud, np.ones(3000)), later, ALL,
                             SETTINGS.baselines, 0)
    assert list(scores) == ["logistic regression", "random forest", "isolation forest alone"]
    for score in scores.values():
        assert np.isfinite(score).all()
        assert auc(truth, score) > 0.7


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_leaves_the_label_free_baseline(label: int) -> None:
    """Without both classes only what needs no labels is fitted."""
    matrix, _ = world(500, 0)
    fit = Fitting(matrix, np.full(500, label), np.ones(500))
    scores = baseline_scores(fit, matrix, ALL, SETTINGS.baselines, 0)
    assert list(scores) == ["isolation forest alone"]


def test_columns_nobody_fills_are_survived() -> None:
    """A column of unknowns is filled with zero instead of warnings."""
    matrix, fraud = world(500, 0, rate=0.2)
    matrix[:, 2] = np.nan
    scores = baseline_scores(Fitting(matrix, fraud, np.ones(500)), matrix, ALL,
                             SETTINGS.baselines, 0)
    assert all(np.isfinite(score).all() for score in scores.values())
