"""Isolation forest as flat arrays: the same scores as scikit-learn, in microseconds a row.

A row that random cuts isolate early is unusual (Liu, Ting and Zhou 2008). scikit-learn grows the
trees; here they are only walked, so that serving a row costs no estimator and no pickle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.compiling import compiled
from models.leafmasks import PlainTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sklearn.ensemble import IsolationForest

Floats = npt.NDArray[np.float64]
EULER_GAMMA: Final = float(np.euler_gamma)
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class IsolationTrees:
    """All nodes of all trees behind one another.

    Parameters
    ----------
    feature : int32, shape (nodes,)
        Column that a node cuts; -1 for a leaf.
    threshold : float64, shape (nodes,)
        Rows up to it, read as float32 like scikit-learn does, go left.
    left, right : int32, shape (nodes,)
        Positions of the children.
    length : float64, shape (nodes,)
        Of a leaf: its depth and the mean depth of a tree over the rows that ended there.
    roots : int64, shape (trees,)
        Position of each tree's root.
    normal : float
        Mean depth of a tree over as many rows as each tree was grown on.
    """

    feature: npt.NDArray[np.int32]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    length: Floats
    roots: npt.NDArray[np.int64]
    normal: float

    @classmethod
    def grow(cls, matrix: Floats, trees: int, seed: int) -> IsolationTrees:
        """Grow trees on a matrix without NaN, shape (n, features), of at least two rows."""
        from sklearn.ensemble import IsolationForest  # a second of start-up that only fitting needs

        forest = IsolationForest(n_estimators=trees, random_state=seed, n_jobs=1)
        return cls.from_forest(forest.fit(matrix))

    @classmethod
    def from_forest(cls, forest: IsolationForest) -> IsolationTrees:
        """Flatten a fitted forest that sees all columns in every tree."""
        parts = [_flatten(tree.tree_) for tree in forest.estimators_]
        sizes = np.array([len(part[0]) for part in parts])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        shifted = [(f, t, np.where(f < 0, -1, left + root), np.where(f < 0, -1, right + root), n)
                   for (f, t, left, right, n), root in zip(parts, roots, strict=True)]
        joined = [np.concatenate(column) for column in zip(*shifted, strict=True)]
        normal = float(mean_depth(np.array([forest.max_samples_]))[0])
        return cls(joined[0].astype(np.int32), joined[1].astype(np.float64),
                   joined[2].astype(np.int32), joined[3].astype(np.int32),
                   joined[4].astype(np.float64), roots, normal)

    def score(self, matrix: Floats) -> Floats:
        """Unusualness of each row in 0..1, high is unusual: minus scikit-learn's score_samples."""
        depth = _depth(np.ascontiguousarray(matrix, dtype=np.float32), self.feature,
                       self.threshold, self.left, self.right, self.length, self.roots)
        trees = len(self.roots) * self.normal
        return np.power(2.0, -depth / trees) if trees > 0 else np.full(len(matrix), 0.5)

    def plain(self) -> Iterator[PlainTree]:
        """Yield the trees one by one, for rows that were read as float32."""
        ends = [*self.roots[1:], len(self.feature)]
        for nodes in (slice(*each) for each in zip(self.roots, ends, strict=True)):
            feature = self.feature[nodes]
            splits, leaves = np.flatnonzero(feature >= 0), np.flatnonzero(feature < 0)
            number = np.empty(len(feature), dtype=np.int64)
            number[splits] = np.arange(len(splits))
            number[leaves] = -1 - np.arange(len(leaves))
            left, right = (number[child[nodes][splits] - nodes.start].tolist()
                           for child in (self.left, self.right))
            yield PlainTree(feature[splits].tolist(), self.threshold[nodes][splits].tolist(),
                            left, right, [False] * len(splits),
                            self.length[nodes][leaves].tolist())

    def arrays(self) -> dict[str, Array]:
        """Plain arrays to store."""
        return {"feature": self.feature, "threshold": self.threshold, "left": self.left,
                "right": self.right, "length": self.length, "roots": self.roots,
                "normal": np.array([self.normal])}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array]) -> IsolationTrees:
        """Trees of stored arrays."""
        return cls(arrays["feature"], arrays["threshold"], arrays["left"], arrays["right"],
                   arrays["length"], arrays["roots"], float(arrays["normal"][0]))


def mean_depth(rows: npt.NDArray[np.int64]) -> Floats:
    """Mean depth of an unsuccessful search in a binary tree of so many rows (Liu et al., eq. 1).

    >>> mean_depth(np.array([1, 2, 256])).round(3)
    array([ 0.   ,  1.   , 10.245])
    """
    many = np.maximum(rows, 3).astype(np.float64)
    found = 2.0 * (np.log(many - 1.0) + EULER_GAMMA) - 2.0 * (many - 1.0) / many
    return np.where(rows <= 1, 0.0, np.where(rows == 2, 1.0, found))


def _flatten(tree: Any) -> tuple[Array, ...]:
    left, right = tree.children_left, tree.children_right
    feature = np.where(left < 0, -1, tree.feature)
    depth = np.zeros(len(left))
    for node in range(len(left)):  # parents come before children
        if left[node] >= 0:
            depth[left[node]] = depth[right[node]] = depth[node] + 1
    length = depth + mean_depth(tree.n_node_samples)
    return feature, tree.threshold, left, right, length


@compiled(nogil=True)
def _depth(matrix, feature, threshold, left, right, length, roots):  # type: ignore[no-untyped-def]
    total = np.zeros(len(matrix))
    for root in roots:
        for row in range(len(matrix)):
            node = root
            while feature[node] >= 0:
                goes_left = matrix[row, feature[node]] <= threshold[node]
                node = left[node] if goes_left else right[node]
            total[row] += length[node]
    return total
