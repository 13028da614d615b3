"""Exact SHAP values of boosted trees summed by group, for very many rows.

A tree of sixteen leaves splits rows in fifteen places, so the answers to all its questions fit
into one small number. Rows that answer alike have the same shares: they are worked out once and
looked up afterwards. The shares themselves are those of path-dependent TreeSHAP (Lundberg et
al. 2020): the chances of the ways not taken are the training rows that went there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.compiling import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import lightgbm as lgb

Floats = npt.NDArray[np.float64]
REMEMBERED: Final = 16
"""Splits up to which a tree's answers are looked up; a larger tree is worked out row by row."""
MOST_SPLITS: Final = 63
"""Answers of a tree fit into one signed 64-bit number."""
BLOCK: Final = 4096
"""Rows answered at a time: their columns stay in the processor's cache."""


@dataclass(frozen=True)
class TreeShares:
    """Flattened trees; node and leaf arrays are joined, ``*_at`` says where each tree begins.

    Parameters
    ----------
    feature, threshold, left_if_missing : shape (splits,)
        Column, largest value that goes left, and whether a missing one does.
    leaf_value : shape (leaves,)
        Log-odds of each leaf.
    splits_at, leaves_at : shape (trees + 1,)
        Where each tree's splits and leaves begin.
    steps_at : shape (leaves + 1,)
        Where each leaf's steps begin: one for each column on its path.
    step_column : shape (steps,)
        That column.
    step_splits, step_answers : shape (steps,)
        The tree's splits that ask for it, as bits, and the answers that lead to the leaf.
    step_share : shape (steps,)
        Share of the training rows that gave these answers.
    """

    feature: npt.NDArray[np.int64]
    threshold: Floats
    left_if_missing: npt.NDArray[np.bool_]
    leaf_value: Floats
    splits_at: npt.NDArray[np.int64]
    leaves_at: npt.NDArray[np.int64]
    steps_at: npt.NDArray[np.int64]
    step_column: npt.NDArray[np.int64]
    step_splits: npt.NDArray[np.int64]
    step_answers: npt.NDArray[np.int64]
    step_share: Floats

    @classmethod
    def of(cls, booster: lgb.Booster) -> TreeShares:
        """Flatten a booster of one output and numeric columns.

        Raises
        ------
        ValueError
            Where a tree has more than 63 splits, or one that takes zero for missing.
        """
        trees = [_Tree(one["tree_structure"]) for one in booster.dump_model()["tree_info"]]
        splits = [split for tree in trees for split in tree.splits]
        leaves = [leaf for tree in trees for leaf in tree.leaves]
        steps = [step for _, path in leaves for step in path]
        ints: dict[str, Any] = {"dtype": np.int64}
        return cls(
            np.array([split["split_feature"] for split in splits], **ints),
            np.array([split["threshold"] for split in splits], dtype=np.float64),
            np.array([_left_if_missing(split) for split in splits], dtype=np.bool_),
            np.array([value for value, _ in leaves], dtype=np.float64),
            _starts(len(tree.splits) for tree in trees),
            _starts(len(tree.leaves) for tree in trees),
            _starts(len(path) for _, path in leaves),
            np.array([step[0] for step in steps], **ints),
            np.array([step[1] for step in steps], **ints),
            np.array([step[2] for step in steps], **ints),
            np.array([step[3] for step in steps], dtype=np.float64),
        )

    def grouped(
        self, matrix: Floats, group: Sequence[int], groups: int, threads: int = 1
    ) -> Floats:
        """Shares of n rows summed by group, and the base, shape (n, groups + 1).

        Parameters
        ----------
        matrix : shape (n, columns)
            Rows; unknown is NaN.
        group : sequence of int, length columns
            Group of each column, 0 to ``groups - 1``.
        groups : int
            How many groups there are.
        threads : int
            Rows are split among so many.
        """
        columns = np.ascontiguousarray(np.asarray(matrix, dtype=np.float64).T)
        found = np.zeros((columns.shape[1], groups + 1))
        owner = np.asarray(group, dtype=np.int64)
        parts = zip(np.array_split(columns, threads, axis=1), np.array_split(found, threads),
                    strict=True)
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(_add_shares, part, out, owner, *self._arrays())
                         for part, out in parts]:
                done.result()
        return found

    def _arrays(self) -> tuple[npt.NDArray[Any], ...]:
        return (self.feature, self.threshold, self.left_if_missing, self.leaf_value,
                self.splits_at, self.leaves_at, self.steps_at, self.step_column,
                self.step_splits, self.step_answers, self.step_share)


class _Tree:
    """Splits of a dumped tree in order, and its leaves, each with the steps that lead there."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.splits: list[dict[str, Any]] = []
        self.leaves: list[tuple[float, list[tuple[int, int, int, float]]]] = []
        self._walk(root, {})
        if len(self.splits) > MOST_SPLITS:
            raise ValueError(f"wanted at most {MOST_SPLITS} splits in a tree; "
                             f"came {len(self.splits)}; train with fewer leaves")

    def _walk(self, node: dict[str, Any], path: dict[int, tuple[int, int, float]]) -> None:
        if "leaf_value" in node:
            steps = [(column, *step) for column, step in path.items()]
            self.leaves.append((node["leaf_value"], steps))
            return
        bit, column = 1 << len(self.splits), node["split_feature"]
        self.splits.append(node)
        asked, answers, share = path.get(column, (0, 0, 1.0))
        for child, answer in (("left_child", bit), ("right_child", 0)):
            part = share * _rows(node[child]) / _rows(node)
            self._walk(node[child], path | {column: (asked | bit, answers | answer, part)})


def _rows(node: dict[str, Any]) -> int:
    """Training rows that came to a node."""
    return int(node["leaf_count"] if "leaf_value" in node else node["internal_count"])


def _starts(sizes: Iterator[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(list(sizes))]).astype(np.int64)


def _left_if_missing(split: dict[str, Any]) -> bool:
    """Where a missing value goes: its own way, or that of zero where training saw none."""
    if split["missing_type"] == "Zero":
        raise ValueError("wanted splits that tell zero from missing; came zero_as_missing; "
                         "train without it")
    if split["missing_type"] == "None":
        return bool(split["threshold"] >= 0)
    return bool(split["default_left"])


@compiled(nogil=True)
def _answer(answers, columns, first, end, feature, threshold, left_if_missing):  # type: ignore[no-untyped-def]
    """Write the answers of rows to the splits of a tree, as bits; 1 is left."""
    answers[:] = 0
    for split in range(first, end):
        column, most, bit = columns[feature[split]], threshold[split], 1 << (split - first)
        if left_if_missing[split]:
            for row in range(len(answers)):
                answers[row] |= 0 if column[row] > most else bit
        else:
            for row in range(len(answers)):
                answers[row] |= bit if column[row] <= most else 0


@compiled(nogil=True)
def _add_leaf(out, value, hot, share, group, count, poly):  # type: ignore[no-untyped-def]
    """Shapley values of the game "how much of the leaf is reached", of its ``count`` columns.

    A coalition's worth is the leaf's value times, for each column, whether the row goes there
    if the column is in it, and the share of training rows that do if it is not. The worths of
    all coalitions of a size are the coefficients of a polynomial.
    """
    base = value
    for step in range(count):
        base *= share[step]
        poly[0] = 1.0
        degree = 0
        for other in range(count):
            if other != step:
                poly[degree + 1] = 0.0
                for i in range(degree + 1, 0, -1):
                    poly[i] = poly[i] * share[other] + (poly[i - 1] if hot[other] else 0.0)
                poly[0] *= share[other]
                degree += 1
        weight = 1.0 / count
        total = 0.0
        for size in range(count):
            total += weight * poly[size]
            weight *= (size + 1.0) / max(count - 1.0 - size, 1.0)
        out[group[step]] += value * ((1.0 if hot[step] else 0.0) - share[step]) * total
    out[-1] += base


@compiled(nogil=True)
def _tree(out, answers, first, end, group, leaf_value, steps_at, step_column, step_splits,  # type: ignore[no-untyped-def]
          step_answers, step_share, hot, owner, poly):
    """Shares of one set of answers: those of all leaves of the tree added up."""
    for leaf in range(first, end):
        start, count = steps_at[leaf], steps_at[leaf + 1] - steps_at[leaf]
        for step in range(count):
            hot[step] = (answers & step_splits[start + step]) == step_answers[start + step]
            owner[step] = group[step_column[start + step]]
        _add_leaf(out, leaf_value[leaf], hot, step_share[start:start + count], owner, count, poly)


@compiled(nogil=True)
def _add_shares(columns, found, group, feature, threshold, left_if_missing, leaf_value,  # type: ignore[no-untyped-def]
                splits_at, leaves_at, steps_at, step_column, step_splits, step_answers,
                step_share):
    width = found.shape[1]
    memory, own = np.empty((1 << REMEMBERED, width)), np.empty(width)
    is_known = np.empty(1 << REMEMBERED, dtype=np.bool_)
    hot, owner = np.empty(MOST_SPLITS, dtype=np.bool_), np.empty(MOST_SPLITS, dtype=np.int64)
    poly, room = np.empty(MOST_SPLITS + 2), np.empty(BLOCK, dtype=np.int64)
    for tree in range(len(splits_at) - 1):
        first, end = splits_at[tree], splits_at[tree + 1]
        is_small = end - first <= REMEMBERED
        if is_small:
            is_known[:1 << (end - first)] = False
        for begin in range(0, len(found), BLOCK):
            answers = room[:min(BLOCK, len(found) - begin)]
            _answer(answers, columns[:, begin:begin + len(answers)], first, end, feature,
                    threshold, left_if_missing)
            for row in range(len(answers)):
                known = memory[answers[row]] if is_small else own
                if not (is_small and is_known[answers[row]]):
                    known[:] = 0.0
                    _tree(known, answers[row], leaves_at[tree], leaves_at[tree + 1], group,
                          leaf_value, steps_at, step_column, step_splits, step_answers,
                          step_share, hot, owner, poly)
                    if is_small:
                        is_known[answers[row]] = True
                for i in range(width):
                    found[begin + row, i] += known[i]
