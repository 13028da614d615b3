"""One row through a detector in one compiled call: the same bits as `Detector.score`, sooner.

A batch asks NumPy for each step, which for one row costs more than the steps. Where NumPy's own
functions decide the last bit (powers, hyperbolic sines, sums by pairs), they are asked here too.
The interpreter stays locked: giving way for so few microseconds costs more than they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.compiling import compiled
from models.leafmasks import LeafMasks, leaf_sum

if TYPE_CHECKING:
    from models.ecod import Ecod

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class DetectorRow:
    """A detector prepared for single rows; holds nothing that changes, so threads may share it.

    Parameters
    ----------
    detector : Detector
        That of `models.detector`, which imports this.
    """

    def __init__(self, detector: Any) -> None:
        self._kept = detector.kept.astype(np.intp)
        scale, trees, distance = detector.scale, detector.trees, detector.distance
        self._scale = scale.centre, scale.spread
        self._heavy = np.flatnonzero(scale.is_heavy)
        self._ranks = (detector.tree_ranks, detector.ecod_ranks, detector.distance_ranks)
        self._mean = detector.ranks
        self._trees = LeafMasks.of(trees.plain(), len(self._kept)).arrays
        self._normal = len(trees.roots) * trees.normal
        self._space = distance.middle, distance.axes
        self._tails = _tabled(detector.ecod)

    def score(self, row: Floats) -> float:
        """Share of reference rows that look less unusual than one row, shape (features,)."""
        own = row.take(self._kept)
        scaled, heavy = _scaled(own, *self._scale, self._heavy)
        surprises = np.empty(len(own))
        depth, squares = _three(own, scaled, self._heavy, np.arcsinh(heavy), self._trees,
                                *self._space, *self._tails, surprises)
        normal = self._normal
        by_tree = float(np.power(2.0, -depth / normal)) if normal > 0 else 0.5
        tree, tail, away = self._ranks
        return self._mean.share_of((
            tree.share_of(by_tree) + tail.share_of(float(surprises.sum()))
            + away.share_of(squares)) / 3)


def _tabled(ecod: Ecod) -> tuple[Floats, Floats, Floats, Ints, Floats]:
    """Surprise of every value there is: at each distinct reference value and between two of them.

    Returns
    -------
    values, at, before : shape (distinct,)
        Distinct values of each column, columns behind one another; the surprise of the value
        itself, and of anything between it and the one before.
    offsets : shape (features + 1,)
    beyond : shape (features, 2)
        Surprise of what lies above all values, and of a missing value.
    """
    columns = [np.unique(ecod.values[start:end])
               for start, end in zip(ecod.offsets[:-1], ecod.offsets[1:], strict=True)]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in columns])]).astype(np.int64)
    most = max((len(each) for each in columns), default=0)
    asked = np.full((2 * most + 2, len(columns)), np.nan)
    for index, each in enumerate(columns):
        asked[: len(each), index] = each
        asked[most : most + len(each), index] = np.nextafter(each, -np.inf)
        asked[-2, index] = np.inf if len(each) else np.nan
    told = ecod.surprises(asked)
    at = [told[: len(each), index] for index, each in enumerate(columns)]
    before = [told[most : most + len(each), index] for index, each in enumerate(columns)]
    nothing = [np.zeros(0)]
    return (np.concatenate([*columns, *nothing]), np.concatenate([*at, *nothing]),
            np.concatenate([*before, *nothing]), offsets, np.ascontiguousarray(told[-2:].T))


@compiled()
def _scaled(row, centre, spread, heavy):  # type: ignore[no-untyped-def]
    """Every column in its unit, and those with heavy tails once more by themselves."""
    found = np.empty(len(row))
    for column in range(len(row)):
        value = centre[column] if np.isnan(row[column]) else row[column]
        found[column] = (value - centre[column]) / spread[column]
    far = np.empty(len(heavy))
    for index in range(len(heavy)):
        far[index] = found[heavy[index]]
    return found, far


@compiled()
def _three(  # type: ignore[no-untyped-def]
    row, scaled, heavy, drawn_in, trees, middle, axes, values, at, before, offsets, beyond,
    surprises,
):
    """Depth in the trees, squared distance, and the surprise of each column."""
    columns = len(row)
    for index in range(len(heavy)):
        scaled[heavy[index]] = drawn_in[index]
    narrow = np.empty(columns)
    for column in range(columns):
        narrow[column] = np.float32(scaled[column])
    depth = leaf_sum(narrow, *trees)
    point = np.zeros(axes.shape[1])
    for column in range(columns):
        away = scaled[column] - middle[column]
        for direction in range(len(point)):
            point[direction] += away * axes[column, direction]
    squares = 0.0
    for direction in range(len(point)):
        squares += point[direction] * point[direction]
    for column in range(columns):
        x, low, end = row[column], offsets[column], offsets[column + 1]
        if np.isnan(x) or low == end:
            surprises[column] = beyond[column, 1]
            continue
        high = end
        while low < high:
            half = (low + high) // 2
            if values[half] < x:
                low = half + 1
            else:
                high = half
        if low == end:
            surprises[column] = beyond[column, 0]
        else:
            surprises[column] = at[low] if values[low] == x else before[low]
    return depth, squares
