"""The trees of a LightGBM model, out of its text.

Only what a walk needs: what each split asks, where it leads, and how many training rows came by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from features.errors import BadInput

_TREE: Final = re.compile(r"^Tree=\d+\n", re.MULTILINE)
_END: Final = "end of trees"
CATEGORICAL: Final = 1
DEFAULT_LEFT: Final = 2
"""Bits of ``decision_type``, as in LightGBM's tree.h; the next two are the kind of missing."""
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2


@dataclass(frozen=True)
class TextTree:
    """One tree. Splits are numbered so that a child comes after its parent.

    Parameters
    ----------
    feature, threshold, decision : list, one item for each split
        Column, largest value that goes left, and ``decision_type``.
    left, right : list of int
        Split that comes next, or ``-1 - leaf``.
    split_rows, leaf_rows : list of int
        Training rows that came to each split and each leaf.
    leaf_value : list of float
        What each leaf adds to the raw score.
    """

    feature: list[int]
    threshold: list[float]
    decision: list[int]
    left: list[int]
    right: list[int]
    split_rows: list[int]
    leaf_rows: list[int]
    leaf_value: list[float]

    def missing(self, split: int) -> int:
        """Kind of missing value a split knows: none, zero or NaN."""
        return (self.decision[split] >> 2) & 3

    def rows(self, child: int) -> int:
        """Training rows that came to a split, or to ``-1 - leaf``."""
        return self.split_rows[child] if child >= 0 else self.leaf_rows[-1 - child]


def read_trees(text: str) -> tuple[int, list[TextTree]]:
    """Columns of the rows that a model reads, and its trees.

    Raises
    ------
    BadInput
        For several outputs, averaged trees, splits by category, leaves that are lines, or counts
        of rows that are missing or do not add up.

    Examples
    --------
    >>> read_trees("num_tree_per_iteration=3")
    Traceback (most recent call last):
        ...
    features.errors.BadInput: Wanted a model of one output; came 3. To do: train another.
    """
    head, *bodies = _TREE.split(text.partition(_END)[0])
    of_all = _fields(head)
    outputs = of_all.get("num_tree_per_iteration", "1")
    if outputs != "1":
        raise BadInput("a model of one output", outputs, "train another")
    if "average_output" in head.split("\n"):
        raise BadInput("trees that are summed", "averaged ones", "train without boosting=rf")
    features = int(of_all["max_feature_idx"]) + 1
    return features, [_tree(_fields(body), features) for body in bodies]


def _fields(body: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in body.split("\n"))
    return {name: value for name, sign, value in pairs if sign}


def _tree(fields: dict[str, str], features: int) -> TextTree:
    def ints(name: str) -> list[int]:
        return [int(word) for word in fields.get(name, "").split()]

    def floats(name: str) -> list[float]:
        return [float(word) for word in fields.get(name, "").split()]

    tree = TextTree(ints("split_feature"), floats("threshold"), ints("decision_type"),
                    ints("left_child"), ints("right_child"), ints("internal_count"),
                    ints("leaf_count"), floats("leaf_value"))
    if fields.get("is_linear", "0") != "0":
        raise BadInput("leaves of one value", "leaves that are lines", "train without linear_tree")
    if any(decision & CATEGORICAL for decision in tree.decision):
        raise BadInput("splits by number", "a split by category", "encode it as a number")
    if not _adds_up(tree) or not all(0 <= column < features for column in tree.feature):
        raise BadInput("counts of training rows that add up", "others in a tree", "train again")
    return tree


def _adds_up(tree: TextTree) -> bool:
    """Whether splits come before their children, and as many rows come to these as to them."""
    splits, leaves = len(tree.feature), len(tree.leaf_value)
    if splits == 0:
        return leaves == 1
    of_splits = (tree.threshold, tree.decision, tree.left, tree.right, tree.split_rows)
    if any(len(each) != splits for each in of_splits):
        return False
    if not leaves == len(tree.leaf_rows) == splits + 1:
        return False
    return all(
        all(-leaves <= child < splits and (child < 0 or child > split) for child in children)
        and 0 < tree.split_rows[split] == sum(map(tree.rows, children))
        for split, children in enumerate(zip(tree.left, tree.right, strict=True)))
