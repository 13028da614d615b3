"""One walk down a tree and one up: SHAP values of a row, for four values of t at a time.

What is walked, and why this gives them, is told in `models.treeshares`.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from features.compiling import compiled
from models.lanes import WIDTH, load, minus, plus, spread, store, times

Floats = npt.NDArray[np.float64]
NEAR_ZERO: Final = float(np.float32(1e-35))
"""LightGBM's kZeroThreshold: what is not larger is zero."""


class Trees(NamedTuple):
    """Arrays of `models.treeshares.TreeShares`."""

    splits: npt.NDArray[Any]
    starts: npt.NDArray[np.uint64]
    leaves: Floats
    rule: Floats
    undoing: Floats


class _Room(NamedTuple):
    """What is written on the way through one tree: by answer, by split, by split and leaf."""

    led: Floats
    factor: Floats
    product: Floats
    difference: Floats
    below: Floats


@compiled(nogil=True)
def add_shares(rows, owner, found, trees, most):  # type: ignore[no-untyped-def]
    """Shares of rows, added up by the owners of their columns."""
    groups = found.shape[1] - 1
    sums = np.empty((groups, WIDTH))
    room = _Room(np.empty(2 * most + 1), np.empty((2 * most + 1, WIDTH)),
                 np.empty((most + 1, WIDTH)), np.empty(most), np.empty((2 * most + 1, WIDTH)))
    for row in range(len(rows)):
        for block in range(len(trees.rule) // 3):
            sums[:] = 0.0
            for tree in range(len(trees.starts) - 1):
                _down(rows, row, trees, tree, block, room)
                _up(trees, tree, block, room, owner, sums)
            weights = trees.rule[3 * block + 2]
            for group in range(groups):
                for lane in range(WIDTH):
                    found[row, group] += weights[lane] * sums[group, lane]


@compiled(nogil=True, inline="always")
def _down(rows, row, trees, tree, block, room):  # type: ignore[no-untyped-def]
    """The way of a row, and the factor of each answer and product of factors on the way to a split.

    Where the row's own answers lead along a path's splits about a column, the path's factor for
    it is t + kept * (1 - t), elsewhere kept * (1 - t).
    """
    known, unknown = load(trees.rule, 3 * block), load(trees.rule, 3 * block + 1)
    first, many = trees.starts[tree], trees.starts[tree + 1] - trees.starts[tree]
    undone = block * len(trees.splits) + first
    room.led[2 * many] = 1.0
    store(room.product, many, spread(1.0))
    store(room.factor, 2 * many, spread(1.0))
    for split in range(many):
        asked = trees.splits[first + split]
        value = rows[row, asked.feature]
        is_zero = abs(value) <= NEAR_ZERO
        is_missing = (value != value) | (asked.zero_is_missing & is_zero)
        is_below = (0.0 if is_zero else value) <= asked.threshold
        is_left = (is_missing & asked.missing_left) | (~is_missing & is_below)
        here = room.led[asked.before]
        left = here * np.float64(np.int64(is_left))
        right = here - left
        room.led[2 * split], room.led[2 * split + 1] = left, right
        kept = here * asked.kept
        kept_left = kept * asked.share
        kept_right = kept - kept_left
        # off the row's way nothing but the share changes
        off_left = (1.0 - here) * asked.share
        off_right = (1.0 - here) - off_left
        room.difference[split] = left * kept_right - right * kept_left
        undo = load(trees.undoing, undone + split)
        by_known, by_unknown = times(known, undo), times(unknown, undo)
        store(room.factor, 2 * split, plus(spread(off_left), plus(
            times(spread(left), by_known), times(spread(kept_left), by_unknown))))
        store(room.factor, 2 * split + 1, plus(spread(off_right), plus(
            times(spread(right), by_known), times(spread(kept_right), by_unknown))))
        store(room.product, split, times(load(room.product, asked.parent >> 1),
                                         load(room.factor, asked.parent)))


@compiled(nogil=True, inline="always")
def _up(trees, tree, block, room, owner, sums):  # type: ignore[no-untyped-def]
    """What the leaves below a split come to, and what the row's answer to it adds."""
    first, many = trees.starts[tree], trees.starts[tree + 1] - trees.starts[tree]
    undone = block * len(trees.splits) + first
    for leaf in range(many + 1):
        store(room.below, many + leaf, spread(trees.leaves[first + tree + leaf]))
    for back in range(many):
        split = many - 1 - back
        asked = trees.splits[first + split]
        left, right = load(room.below, asked.left), load(room.below, asked.right)
        store(room.below, split, plus(times(load(room.factor, 2 * split), left),
                                      times(load(room.factor, 2 * split + 1), right)))
        undo = load(trees.undoing, undone + split)
        weight = times(times(times(load(room.product, split), undo), undo),
                       spread(room.difference[split]))
        group = owner[asked.feature]
        store(sums, group, plus(load(sums, group), times(weight, minus(left, right))))
