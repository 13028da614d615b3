"""Shares of trees are LightGBM's own, and Shapley's by the book."""

from __future__ import annotations

import math
import os
from itertools import combinations

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import BadInput
from models.treeshares import TreeShares

PROVES = os.environ.get("JAGA_PROVE") == "1"
COLUMNS = 6
ODD = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-34, np.inf, -np.inf, 1e300])
SHAPES = st.fixed_dictionaries(
    {"num_leaves": st.integers(2, 80), "max_depth": st.sampled_from([-1, 1, 3, 6]),
     "objective": st.sampled_from(["binary", "regression"])},
    optional={"extra_trees": st.just(True), "use_missing": st.just(False),
              "zero_as_missing": st.just(True), "boosting": st.sampled_from(["dart", "goss"]),
              "monotone_constraints": st.just([1, 0, 0, -1, 0, 0]),
              "feature_fraction": st.just(0.5), "min_data_in_leaf": st.sampled_from([1, 40])},
)


def fitted(seed: int = 0, columns: int = COLUMNS, **shape) -> lgb.Booster:
    """Trees on columns of which one is often missing and one is mostly zero."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(1500, columns)).round(1)
    rows[random.random(1500) < 0.3, 1] = np.nan
    rows[random.random(1500) < 0.7, 3] = 0.0
    known = np.nan_to_num(rows, nan=2.0)
    signal = known[:, 0] * known[:, 1] + known[:, 3] ** 2 - known[:, 4] + np.sin(3 * known[:, 5])
    label = signal + known[:, 6:].sum(axis=1) + random.normal(size=1500) > 0.5
    parameters = {"objective": "binary", "num_leaves": 15, "verbosity": -1, "seed": seed,
                  "num_threads": 1, "min_data_in_leaf": 5, "num_iterations": 20} | shape
    return lgb.train(parameters, lgb.Dataset(rows, label, params={"verbosity": -1}))


def asked(seed: int, many: int = 40, columns: int = COLUMNS) -> np.ndarray:
    """Rows of usual values, a third of them missing, zero, tiny or beyond everything."""
    random = np.random.default_rng([seed, 1])
    rows = random.normal(size=(many, columns)).round(1)
    is_odd = random.random(rows.shape) < 0.3
    rows[is_odd] = random.choice(ODD, size=int(is_odd.sum()))
    return rows


def by_the_book(booster: lgb.Booster, row: np.ndarray) -> np.ndarray:
    """Shapley values and base by their definition, from every coalition of columns."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]

    def worth(known: tuple[int, ...]) -> float:
        return sum(expected(tree, row, known) for tree in trees)

    found = np.empty(len(row) + 1)
    for column in range(len(row)):
        others = [other for other in range(len(row)) if other != column]
        found[column] = sum(
            (worth((*known, column)) - worth(known))
            / (len(row) * math.comb(len(others), size))
            for size in range(len(row)) for known in combinations(others, size))
    found[-1] = worth(())
    return found


def expected(node: dict, row: np.ndarray, known: tuple[int, ...]) -> float:
    """Answer of a tree where only some columns are known; else in the shares of training rows."""
    if "leaf_value" in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if goes_left(node, row[node["split_feature"]]) else right, row, known)
    rows = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    parts = [expected(child, row, known) for child in (left, right)]
    return (rows[0] * parts[0] + rows[1] * parts[1]) / sum(rows)


def goes_left(node: dict, value: float) -> bool:
    if math.isnan(value) and node["missing_type"] != "NaN":
        value = 0.0
    is_missing = {"None": False, "NaN": math.isnan(value), "Zero": abs(value) <= 1e-35}
    return node["default_left"] if is_missing[node["missing_type"]] else value <= node["threshold"]


def assert_are_lightgbms(booster: lgb.Booster, rows: np.ndarray) -> None:
    theirs = booster.predict(rows, pred_contrib=True, num_threads=1)
    shares = TreeShares.of(booster.model_to_string())
    ours = np.array([shares.row(row) for row in rows])
    np.testing.assert_allclose(ours, theirs, atol=1e-9, rtol=0)
    np.testing.assert_array_equal(shares.rows(rows), ours)


@settings(max_examples=3000 if PROVES else 40, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 10_000))
def test_they_are_lightgbms(shape, seed) -> None:
    """Any shape of tree and kind of missing, any row: within 1e-9, the base too."""
    assert_are_lightgbms(fitted(seed, **shape), asked(seed))


@settings(max_examples=200 if PROVES else 5, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 10_000))
def test_they_are_shapleys(shape, seed) -> None:
    """What every coalition of columns is worth, added up as Shapley has it."""
    booster = fitted(seed, **shape, num_iterations=3)
    shares = TreeShares.of(booster.model_to_string())
    for row in asked(seed, many=2):
        np.testing.assert_allclose(shares.row(row), by_the_book(booster, row), atol=1e-9, rtol=0)


def test_paths_may_be_as_long_as_they_like() -> None:
    """Dozens of columns on one path, far beyond the eight that one block of lanes holds."""
    booster = fitted(columns=40, num_leaves=400, max_depth=-1, extra_trees=True,
                     min_data_in_leaf=1, num_iterations=10)
    assert len(TreeShares.of(booster.model_to_string()).rule) > 3
    assert_are_lightgbms(booster, asked(5, columns=40))


def test_values_on_a_threshold_go_where_lightgbm_sends_them() -> None:
    """Each value is the threshold of a split on its column, exactly."""
    booster, random = fitted(seed=9), np.random.default_rng(9)
    splits = booster.trees_to_dataframe().dropna(subset=["threshold"])
    edges = [splits["threshold"][splits["split_feature"] == f"Column_{column}"].to_numpy()
             for column in range(COLUMNS)]
    assert_are_lightgbms(booster, np.array([random.choice(own, 50) for own in edges]).T)


def test_base_and_shares_add_up_to_the_raw_score() -> None:
    """Nothing of a score is left over."""
    booster, rows = fitted(extra_trees=True), asked(3)
    total = TreeShares.of(booster.model_to_string()).rows(rows).sum(axis=1)
    np.testing.assert_allclose(total, booster.predict(rows, raw_score=True), atol=1e-12)


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_shares_are_summed_by_group(threads) -> None:
    """Columns of a group together, by any number of threads, and for no rows at all."""
    booster, rows = fitted(), asked(1, many=5)
    shares, group = TreeShares.of(booster.model_to_string()), [0, 1, 0, 2, 1, 1]
    parts = booster.predict(rows, pred_contrib=True)
    wanted = np.zeros((5, 4))
    for column, own in enumerate([*group, 3]):
        wanted[:, own] += parts[:, column]
    np.testing.assert_allclose(shares.grouped(rows, group, 3, threads), wanted, atol=1e-12)
    assert shares.grouped(rows[:0], group, 3, threads).shape == (0, 4)


def test_a_model_of_leaves_alone_has_a_base_alone() -> None:
    """Trees that found nothing to ask."""
    booster = fitted(min_data_in_leaf=2000)
    assert_are_lightgbms(booster, asked(0))
    assert (TreeShares.of(booster.model_to_string()).row(asked(0)[0])[:-1] == 0).all()


@pytest.mark.parametrize(("shape", "said"), [
    ({"objective": "multiclass", "num_class": 2}, "a model of one output; came 2"),
    ({"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "averaged ones"),
    ({"linear_tree": True, "objective": "regression"}, "leaves that are lines"),
])
def test_other_trees_are_refused(shape, said) -> None:
    """What the walk would misread."""
    with pytest.raises(BadInput, match=said):
        TreeShares.of(fitted(**shape).model_to_string())


def test_splits_by_category_are_refused() -> None:
    """They ask whether a value is one of some, not how large it is."""
    rows = np.random.default_rng(0).integers(0, 9, size=(1500, 2)).astype(float)
    data = lgb.Dataset(rows, rows[:, 0] % 2, categorical_feature=[0], params={"verbosity": -1})
    booster = lgb.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 2)
    with pytest.raises(BadInput, match="a split by category"):
        TreeShares.of(booster.model_to_string())


@pytest.mark.parametrize("line", ["internal_count", "leaf_count", "left_child", "threshold"])
def test_counts_that_do_not_add_up_are_refused(line) -> None:
    """A share of rows that nobody knows is never guessed."""
    text = fitted().model_to_string()
    start = text.index(f"{line}=") + len(line) + 1
    for wrong in ("", "7 " * 14 + "7"):
        changed = text[:start] + wrong + text[text.index("\n", start):]
        with pytest.raises(BadInput, match="others in a tree"):
            TreeShares.of(changed)


def test_rows_and_groups_that_do_not_fit_are_refused() -> None:
    """Nothing is read beside a row or written beside its sums."""
    shares = TreeShares.of(fitted().model_to_string())
    with pytest.raises(BadInput, match="rows of 6 columns; came 5"):
        shares.row(np.zeros(5))
    for group in ([0] * 5, [0] * 5 + [3], [0] * 5 + [-1]):
        with pytest.raises(BadInput, match="one of 3 groups for each of 6"):
            shares.grouped(np.zeros((1, 6)), group, 3)
