"""Trees by masks: every sum is that of the walks, to the bit."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from features.errors import BadInput
from models.fastrow import NO_MORE_THAN_ZERO, FastRow, masks_of
from models.isolation import IsolationTrees
from models.leafmasks import LeafMasks, PlainTree

TINY = (0.0, -0.0, NO_MORE_THAN_ZERO, -NO_MORE_THAN_ZERO, 1e-36, -1e-36, 2e-35, -2e-35)


def table(rows: int, seed: int = 0) -> np.ndarray:
    """Rows of six columns: many ties, many zeros, some values unknown, some next to zero."""
    random = np.random.default_rng(seed)
    found = random.normal(size=(rows, 6)).round(1)
    found[:, 1] = random.integers(0, 3, rows)
    found[:, 2] = np.where(random.random(rows) < 0.7, 0.0, found[:, 2])
    found[:, 3] = random.choice(TINY, rows)
    found[random.random(found.shape) < 0.1] = np.nan
    return found


def grown(rows: np.ndarray, **settings: object) -> lightgbm.Booster:
    """A booster over a table, to whose answer every column adds."""
    known = np.nan_to_num(rows)
    label = known[:, 0] * known[:, 1] + known[:, 2] + (known[:, 3] > 0) + np.isnan(rows[:, 4])
    usual = {"objective": "regression", "verbose": -1, "seed": 0, "min_data_in_leaf": 2,
             "num_threads": 1, "deterministic": True}
    return lightgbm.train(usual | settings, lightgbm.Dataset(rows, label), 20)


@pytest.mark.parametrize("settings", [
    {"num_leaves": 31}, {"num_leaves": 200}, {"num_leaves": 31, "use_missing": False},
    {"num_leaves": 2}])
def test_a_sum_is_that_of_lightgbm(settings) -> None:
    """Unknown values, zeros and what LightGBM takes for zero go where it sends them."""
    booster, rows = grown(table(2000), **settings), table(500, seed=1)
    masks = masks_of(booster.model_to_string())
    assert [masks.sum(row) for row in rows] == booster.predict(rows, raw_score=True).tolist()


def test_zeros_that_are_missing_are_left_to_lightgbm() -> None:
    """Such a model can't be laid out, and is scored all the same."""
    booster, rows = grown(table(2000), zero_as_missing=True), table(50, seed=1)
    text = booster.model_to_string()
    with pytest.raises(BadInput, match="a zero that is a value"):
        masks_of(text)
    fast = FastRow(text)
    assert [fast.score(row) for row in rows] == booster.predict(rows, raw_score=True).tolist()


def test_thresholds_below_what_counts_as_zero() -> None:
    """A split between two numbers that both count as 0 sends both where it sends 0."""
    text = ["max_feature_idx=0", "Tree=0", "split_feature=0", "threshold={}", "decision_type=2",
            "left_child=-1", "right_child=-2", "internal_count=4", "leaf_count=3 1",
            "leaf_value=0 1"]
    for threshold in (1e-36, -1e-36, 0.0, -NO_MORE_THAN_ZERO):
        masks = masks_of("\n".join(text).format(threshold))
        at_zero = masks.sum(np.zeros(1))
        assert at_zero == float(threshold < 0)
        assert {masks.sum(np.array([near])) for near in TINY[:6]} == {at_zero}


def test_a_sum_is_that_of_the_isolation_forest() -> None:
    """Trees of more leaves than a word has bits; their lengths, added up in their order."""
    rows = np.nan_to_num(np.random.default_rng(0).normal(size=(4000, 6)))
    trees = IsolationTrees.grow(rows, 30, seed=0)
    assert max(len(tree.value) for tree in trees.plain()) > 64
    masks = LeafMasks.of(trees.plain(), 6)
    asked = np.vstack([rows[:200], 5 * rows[:50]]).astype(np.float32)
    lengths = np.array([masks.sum(row.astype(np.float64)) for row in asked])
    wanted = np.power(2.0, -lengths / (len(trees.roots) * trees.normal))
    assert wanted.tolist() == trees.score(asked).tolist()


def test_trees_of_one_leaf_add_it() -> None:
    """They ask nothing, so a row of nothing known gets their value."""
    tree = PlainTree([], [], [], [], [], [0.25])
    assert LeafMasks.of([tree, tree], 3).sum(np.full(3, np.nan)) == 0.5


def test_a_row_of_another_width_is_refused() -> None:
    """Compiled code would read past its end."""
    masks = LeafMasks.of([PlainTree([], [], [], [], [], [0.25])], 3)
    with pytest.raises(BadInput, match="a row of 3 features"):
        masks.sum(np.zeros(2))
