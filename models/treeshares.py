"""Exact SHAP values of boosted trees in tens of microseconds, for one row or for very many.

The shares are those of path-dependent TreeSHAP (Lundberg et al. 2020): where a column is not
known, a split sends a row both ways, in the shares of the training rows that went there. They are
worked out another way. A column's Shapley value is the mean, over t from 0 to 1, of what it adds
where each other column is known with chance t (Owen 1972, "Multilinear extensions of games"). In
a tree that is a polynomial in t, of a degree below the number of columns on a path, and the rule
of Gauss and Legendre gives its mean exactly from half as many values of t. For each of them one
walk down a tree and one up give the values of all its columns, as in Linear TreeSHAP (Yu et al.
2022): the time goes with the number of splits, whatever the depth, and there are no tables but
the trees themselves. Values of t are taken four at a time, enough for paths of eight columns.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.errors import BadInput
from models.lanes import WIDTH
from models.treetext import DEFAULT_LEFT, MISSING_NONE, MISSING_ZERO, read_trees
from models.treewalk import Trees, add_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.treetext import TextTree

Floats = npt.NDArray[np.float64]
SPLIT: Final = np.dtype([
    ("threshold", np.float64), ("share", np.float64), ("kept", np.float64),
    ("feature", np.uint32), ("left", np.uint32), ("right", np.uint32), ("parent", np.uint32),
    ("before", np.uint32), ("missing_left", np.bool_), ("zero_is_missing", np.bool_),
], align=True)
"""A split. ``share``: of its training rows, those that went left. ``kept``: of the tree's, those
that gave the same answers about this column on the way here. ``left``, ``right``: number of the
next split, or that of all splits plus the leaf's. ``parent``, ``before``: the answer that leads
here, and the last one about the same column: twice the split's number, plus one if right; twice
the number of all splits where there is none."""


@dataclass(frozen=True)
class TreeShares:
    """Trees laid out to be walked; those of a single leaf are part of the base.

    Parameters
    ----------
    features : int
        Columns of a row.
    splits : shape (splits,), of `SPLIT`
        Those of all trees, behind one another.
    starts : shape (trees + 1,)
        Where each tree's splits begin.
    leaves : shape (splits + trees,)
        Values of the leaves, one more for each tree than it has splits.
    base : float
        Mean raw score of the training rows.
    most : int
        Splits of the largest tree.
    rule : shape (blocks, 3, 4)
        Values of t, one less each, and their weights.
    undoing : shape (blocks, splits, 4)
        What takes the factor of ``before`` out of a product.
    """

    features: int
    splits: npt.NDArray[Any]
    starts: npt.NDArray[np.uint64]
    leaves: Floats
    base: float
    most: int
    rule: Floats
    undoing: Floats

    @classmethod
    def of(cls, text: str) -> TreeShares:
        """Lay out a LightGBM model; BadInput where `read_trees` can't take it."""
        features, read = read_trees(text)
        trees = [tree for tree in read if tree.feature]
        laid = [_Laid(tree) for tree in trees]
        splits = np.array([split for tree in laid for split in tree.splits], dtype=SPLIT)
        rule = _rule(max((tree.columns for tree in laid), default=1))
        known, unknown = rule[0::3, None], rule[1::3, None]
        kept = splits["kept"][None, :, None]
        base = sum(tree.leaf_value[0] for tree in read if not tree.feature)
        return cls(
            features, splits,
            np.cumsum([0, *(len(tree.feature) for tree in trees)], dtype=np.uint64),
            np.array([value for tree in trees for value in tree.leaf_value], dtype=np.float64),
            base + sum(_mean(tree) for tree in trees),
            max((len(tree.feature) for tree in trees), default=0),
            rule, (1.0 / (known + kept * unknown)).reshape(-1, WIDTH),
        )

    @property
    def size_mb(self) -> float:
        """Memory of all arrays, in MB of a million bytes."""
        held = (self.splits, self.starts, self.leaves, self.rule, self.undoing)
        return sum(array.nbytes for array in held) / 1e6

    def row(self, row: Floats) -> Floats:
        """Shares of one row, shape (features,), and the base: shape (features + 1,).

        Examples
        --------
        >>> text = ["max_feature_idx=1", "Tree=0", "split_feature=1", "threshold=5",
        ...         "decision_type=2", "left_child=-1", "right_child=-2", "internal_count=4",
        ...         "leaf_count=3 1", "leaf_value=0 1"]
        >>> TreeShares.of(chr(10).join(text)).row(np.array([np.nan, 9.0]))
        array([0.  , 0.75, 0.25])
        """
        found = np.zeros((1, self.features + 1))
        add_shares(self._checked(row[None, :]), self._own, found, self._trees, self.most)
        found[0, -1] = self.base
        return found[0]

    def rows(self, matrix: Floats, threads: int = 1) -> Floats:
        """Shares of n rows, shape (n, features + 1), as `row` gives them."""
        return self.grouped(matrix, range(self.features), self.features, threads)

    def grouped(
        self, matrix: Floats, group: Sequence[int], groups: int, threads: int = 1
    ) -> Floats:
        """Shares of n rows summed by group, and the base, shape (n, groups + 1).

        Parameters
        ----------
        matrix : shape (n, features)
            Rows; unknown is NaN.
        group : sequence of int, length features
            Group of each column, 0 to ``groups - 1``.
        groups : int
            How many groups there are.
        threads : int
            Rows are split among so many.
        """
        matrix = self._checked(matrix)
        found = np.zeros((len(matrix), groups + 1))
        owner = np.array(group, dtype=np.int64)
        if len(owner) != self.features or ((owner < 0) | (owner >= groups)).any():
            raise BadInput(f"one of {groups} groups for each of {self.features} columns",
                           f"{len(owner)} from {owner.min(initial=0)} to {owner.max(initial=0)}",
                           "name them again")
        parts = zip(np.array_split(matrix, threads), np.array_split(found, threads), strict=True)
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(add_shares, part, owner, out, self._trees, self.most)
                         for part, out in parts]:
                done.result()
        found[:, -1] = self.base
        return found

    def _checked(self, rows: Floats) -> Floats:
        if rows.shape[1] != self.features:
            raise BadInput(f"rows of {self.features} columns", f"{rows.shape[1]}",
                           "give those the trees were fitted on, in order")
        return np.ascontiguousarray(rows, dtype=np.float64)

    @cached_property
    def _own(self) -> npt.NDArray[np.int64]:
        return np.arange(self.features, dtype=np.int64)

    @cached_property
    def _trees(self) -> Trees:
        return Trees(self.splits, self.starts, self.leaves, self.rule, self.undoing)


class _Laid:
    """Splits of a tree as `SPLIT` has them, and the most columns on one of its paths."""

    def __init__(self, tree: TextTree) -> None:
        many = len(tree.feature)
        self.splits: list[tuple[Any, ...]] = []
        self.columns = 0
        parent = [2 * many] * many
        paths: list[dict[int, tuple[int, float]]] = [{} for _ in range(many)]
        for split in range(many):
            column, path, children = tree.feature[split], paths[split], _children(tree, split)
            before, kept = path.get(column, (2 * many, 1.0))
            shares = [tree.rows(child) / tree.split_rows[split] for child in children]
            for side, child in enumerate(children):
                if child >= 0:
                    parent[child] = 2 * split + side
                    paths[child] = path | {column: (2 * split + side, kept * shares[side])}
                else:
                    self.columns = max(self.columns, len(path) + (column not in path))
            left, right = (child if child >= 0 else many - 1 - child for child in children)
            self.splits.append((
                tree.threshold[split], shares[0], kept, column, left, right, parent[split],
                before, _missing_left(tree, split), tree.missing(split) == MISSING_ZERO))


def _children(tree: TextTree, split: int) -> tuple[int, int]:
    return tree.left[split], tree.right[split]


def _missing_left(tree: TextTree, split: int) -> bool:
    """Where a missing value goes: its own way, or that of zero where training saw none."""
    if tree.missing(split) == MISSING_NONE:
        return tree.threshold[split] >= 0
    return bool(tree.decision[split] & DEFAULT_LEFT)


def _mean(tree: TextTree) -> float:
    """Mean answer of a tree to its training rows."""
    parts = zip(tree.leaf_value, tree.leaf_rows, strict=True)
    return sum(value * (rows / tree.split_rows[0]) for value, rows in parts)


def _rule(columns: int) -> Floats:
    """Rule that is exact for paths of so many columns: polynomials below twice its points."""
    blocks = -(-columns // (2 * WIDTH))
    points, weights = np.polynomial.legendre.leggauss(WIDTH * blocks)
    known = (points + 1) / 2
    rule = np.array([known, 1 - known, weights / 2]).reshape(3, blocks, WIDTH)
    return np.ascontiguousarray(rule.swapaxes(0, 1)).reshape(3 * blocks, WIDTH)
