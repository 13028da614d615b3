"""Shares of many rows at once are LightGBM's own, summed by group."""

import lightgbm as lgb
import numpy as np
import pytest

from models.inactivity import treeshares
from models.inactivity.treeshares import TreeShares

GROUP = [0, 1, 0, 2, 1]


def booster(leaves=15, trees=20, **settings):
    """Trees on columns of which one is often missing and one is mostly zero."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(2000, 5)).round(1)
    matrix[rng.random(2000) < 0.3, 1] = np.nan
    matrix[rng.random(2000) < 0.7, 3] = 0.0
    label = matrix[:, 0] * np.nan_to_num(matrix[:, 1], nan=2.0) + matrix[:, 3] ** 2 > 0.5
    settings = {"objective": "binary", "num_leaves": leaves, "verbosity": -1, "seed": 0,
                "num_threads": 1, "min_data_in_leaf": 5} | settings
    return lgb.train(settings, lgb.Dataset(matrix, label, params={"verbosity": -1}), trees), matrix


def summed(parts):
    found = np.zeros((len(parts), 4))
    for column, group in enumerate([*GROUP, 3]):
        found[:, group] += parts[:, column]
    return found


@pytest.mark.parametrize("leaves", [2, 15, 40])
@pytest.mark.parametrize("threads", [1, 2])
def test_shares_are_those_of_lightgbm(leaves, threads):
    """Small trees by looking up, large ones row by row, missing values and new ones included."""
    model, matrix = booster(leaves)
    rows = matrix[:700].copy()
    rows[::7, 0] = np.nan
    ours = TreeShares.of(model).grouped(rows, GROUP, 3, threads)
    theirs = summed(model.predict(rows, pred_contrib=True, num_threads=1))
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_rows_of_many_blocks_are_all_answered(monkeypatch):
    """More rows than are answered at a time, and none at all."""
    model, matrix = booster()
    flat = TreeShares.of(model)
    rows = np.tile(matrix, (5, 1))
    assert len(rows) > 2 * treeshares.BLOCK
    shares = flat.grouped(rows, GROUP, 3, threads=1)
    np.testing.assert_array_equal(shares, np.tile(shares[:2000], (5, 1)))
    assert flat.grouped(rows[:0], GROUP, 3, threads=2).shape == (0, 4)


def test_they_add_up_to_the_raw_score():
    """Groups and base are the log-odds."""
    model, matrix = booster(extra_trees=True)
    total = TreeShares.of(model).grouped(matrix, GROUP, 3).sum(axis=1)
    raw = model.predict(matrix, raw_score=True, num_threads=1)
    np.testing.assert_allclose(total, raw, atol=1e-12)


def test_trees_that_would_be_misread_are_refused():
    """Zero taken for missing, and more splits than there are bits."""
    with pytest.raises(ValueError, match="zero_as_missing"):
        TreeShares.of(booster(zero_as_missing=True)[0])
    with pytest.raises(ValueError, match="63 splits"):
        TreeShares.of(booster(leaves=80)[0])
