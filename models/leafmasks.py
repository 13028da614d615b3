"""One row through many small trees without walking them: the leaves it can't reach are masked out.

QuickScorer (Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with additive
ensembles of regression trees"). A walk asks a few of a tree's splits, each at another place in
memory and each answer a guess of the processor that is wrong half the time. Here the splits of all
trees lie behind one another by column, their thresholds rising: those that send a row right are a
run from the start. Each takes the leaves on its left out of its tree's mask; of what is left, the
leaf furthest left is where the walk would have ended. Values are added up tree by tree, so the sum
is that of the walks to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from features.compiling import compiled
from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Floats = npt.NDArray[np.float64]
WORD: Final = 64
"""Leaves in a word of a mask; a larger tree takes several words."""
ALL: Final = (1 << WORD) - 1
DE_BRUIJN: Final = 0x03F79D71B4CB0A89
"""Times a lone bit, its highest six bits tell which bit it is (Leiserson et al. 1998, "Using de
Bruijn sequences to index a 1 in a computer word")."""
_BIT: Final = np.zeros(WORD, dtype=np.uint8)
_BIT[[(DE_BRUIJN << bit & ALL) >> 58 for bit in range(WORD)]] = range(WORD)


class PlainTree(NamedTuple):
    """One tree; a child is the number of a later split, or ``-1 - leaf``.

    Parameters
    ----------
    feature, threshold : sequence, one item for each split
        Column, and the largest value that goes left.
    left, right : sequence of int
    is_unknown_left : sequence of bool
        Where a row goes whose value is not known.
    value : sequence of float, one item for each leaf
    """

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    is_unknown_left: Sequence[bool]
    value: Sequence[float]


@dataclass(frozen=True)
class LeafMasks:
    """Trees laid out by column; nothing here changes, so threads may share it.

    Parameters
    ----------
    threshold, word, mask : shape (entries,)
        What a split takes out of a word of masks, by column and threshold.
    starts : shape (features + 1,)
        Where each column's entries begin.
    unknown_word, unknown_mask, unknown_starts
        The same of a value that is not known.
    first_word : shape (trees + 1,)
        Where each tree's words begin.
    values : shape (leaves,)
        Of the leaves, from left to right, of one word behind another.
    first_value : shape (words,)
        Where each word's leaves begin.
    """

    threshold: Floats
    word: npt.NDArray[np.int32]
    mask: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    unknown_word: npt.NDArray[np.int32]
    unknown_mask: npt.NDArray[np.uint64]
    unknown_starts: npt.NDArray[np.int64]
    first_word: npt.NDArray[np.int64]
    values: Floats
    first_value: npt.NDArray[np.int64]

    @classmethod
    def of(cls, trees: Iterable[PlainTree], features: int) -> LeafMasks:
        """Lay trees out for rows of so many features.

        >>> tree = PlainTree([1, 0], [5.0, 2.0], [1, -1], [-3, -2], [True, False], [1.0, 2.0, 4.0])
        >>> masks = LeafMasks.of([tree], 2)
        >>> [masks.sum(np.array(row)) for row in ([2.0, 5.0], [3.0, 5.0], [2.0, 6.0], [np.nan, 0])]
        [1.0, 2.0, 4.0, 2.0]
        """
        entries: list[tuple[int, float, int, int]] = []
        unknown: dict[tuple[int, int], int] = {}
        words, values, first_value = [0], list[float](), list[int]()
        for tree in trees:
            first = words[-1]
            leaves, taken = _from_left(tree)
            for split, (start, end) in enumerate(taken):
                for word, mask in _masks(start, end):
                    column = tree.feature[split]
                    entries.append((column, tree.threshold[split], first + word, mask))
                    if not tree.is_unknown_left[split]:
                        key = column, first + word
                        unknown[key] = unknown.get(key, ALL) & mask
            first_value += range(len(values), len(values) + len(leaves), WORD)
            values += leaves
            words.append(len(first_value))
        entries.sort()
        blind = sorted((*key, mask) for key, mask in unknown.items())
        return cls(
            np.array([entry[1] for entry in entries], dtype=np.float64),
            *_columns(entries), _starts(entries, features),
            *_columns(blind), _starts(blind, features),
            np.array(words, dtype=np.int64), np.array(values, dtype=np.float64),
            np.array(first_value, dtype=np.int64))

    def sum(self, row: Floats) -> float:
        """Values of the leaves in which a row ends, added up in the order of the trees.

        Parameters
        ----------
        row : shape (features,)
            NaN is not known.

        Raises
        ------
        BadInput
            For a row of another width.
        """
        if len(row) + 1 != len(self.starts):
            raise BadInput(f"a row of {len(self.starts) - 1} features", f"one of {len(row)}",
                           "give what the trees were trained on")
        total: float = leaf_sum(row, *self.arrays)
        return total

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """What `leaf_sum` reads."""
        return (self.threshold, self.word, self.mask, self.starts, self.unknown_word,
                self.unknown_mask, self.unknown_starts, self.first_word, self.values,
                self.first_value)


def _from_left(tree: PlainTree) -> tuple[list[float], list[tuple[int, int]]]:
    """Values of the leaves from left to right, and the first and end of what is left of a split."""
    many = [1] * len(tree.feature)
    for split in range(len(tree.feature) - 1, -1, -1):
        many[split] = sum(1 if child < 0 else many[child]
                          for child in (tree.left[split], tree.right[split]))
    values, taken = [0.0] * len(tree.value), []
    first = [0] * len(tree.feature)
    for split, (left, right) in enumerate(zip(tree.left, tree.right, strict=True)):
        start = first[split]
        end = start + (1 if left < 0 else many[left])
        taken.append((start, end))
        for child, place in ((left, start), (right, end)):
            if child < 0:
                values[place] = tree.value[-1 - child]
            else:
                first[child] = place
    return values if tree.feature else list(tree.value), taken


def _masks(start: int, end: int) -> list[tuple[int, int]]:
    """Words that a run of leaves lies in, and what stays of each without them."""
    return [(word, ALL ^ (((1 << min(end - word * WORD, WORD)) - 1)
                          & ~((1 << max(start - word * WORD, 0)) - 1)))
            for word in range(start // WORD, (end - 1) // WORD + 1)]


def _columns(entries: Sequence[tuple[Any, ...]]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    return (np.array([entry[-2] for entry in entries], dtype=np.int32),
            np.array([entry[-1] for entry in entries], dtype=np.uint64))


def _starts(entries: Sequence[tuple[Any, ...]], features: int) -> npt.NDArray[np.int64]:
    columns = np.array([entry[0] for entry in entries], dtype=np.int64)
    return np.searchsorted(columns, np.arange(features + 1)).astype(np.int64)


@compiled()
def leaf_sum(  # type: ignore[no-untyped-def]
    row, threshold, word, mask, starts, unknown_word, unknown_mask, unknown_starts, first_word,
    values, first_value,
):
    """Sum of `LeafMasks.sum`; the interpreter stays locked, as it takes a few microseconds."""
    alive = np.full(len(first_value), np.uint64(ALL))
    for column in range(len(starts) - 1):
        x = row[column]
        if np.isnan(x):
            for at in range(unknown_starts[column], unknown_starts[column + 1]):
                alive[unknown_word[at]] &= unknown_mask[at]
        else:
            end = starts[column + 1]
            at = starts[column]
            while at < end and threshold[at] < x:
                alive[word[at]] &= mask[at]
                at += 1
    total = 0.0
    for tree in range(len(first_word) - 1):
        at = first_word[tree]
        while alive[at] == np.uint64(0):
            at += 1
        leaves = alive[at]
        lowest = leaves & (~leaves + np.uint64(1))
        total += values[first_value[at] + _BIT[(lowest * np.uint64(DE_BRUIJN)) >> np.uint64(58)]]
    return total
