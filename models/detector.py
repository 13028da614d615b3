"""One label-free detector: isolation forest, ECOD and distance from the middle, averaged by rank.

The three look at different things (cuts through all columns together, tails of each alone, how
columns move together) and their scores have no common unit, so each is first turned into the
share of reference rows that look less unusual. Beyond the most unusual reference row the share
creeps on towards 1, so that even there one row can be told to be worse than another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.errors import BadInput
from models.detectorrow import DetectorRow
from models.distance import Distance
from models.ecod import ROWS, Ecod
from models.isolation import IsolationTrees

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]
TREES: Final = 100
"""Trees of the paper and of scikit-learn; path lengths hardly change beyond."""
LEAST_ROWS: Final = 20
"""Fewest rows a detector can be fitted on; fewer say nothing about what is usual."""
SLACK: Final = 1e-9
"""More than the rounding of a share, so that no bound rules out who reaches a limit exactly."""
HEAVY: Final = 20.0
"""A column is heavy-tailed where its largest distance from the median passes so many times the
quartile range. A normal one of a million rows reaches 3.7, an exponential one 13."""


@dataclass(frozen=True)
class Scale:
    """Fills what is missing with the median and draws heavy tails in.

    Parameters
    ----------
    centre, spread : shape (features,)
        Median and unit of each column.
    is_heavy : shape (features,)
        Columns read on a logarithmic scale far from the median (inverse hyperbolic sine).
    """

    centre: Floats
    spread: Floats
    is_heavy: npt.NDArray[np.bool_]

    @classmethod
    def fit(cls, matrix: Floats) -> Scale:
        """Learn medians and tails of a matrix with at least one known value per column."""
        low, centre, high = np.nanquantile(matrix, [0.25, 0.5, 0.75], axis=0)
        quartiles = high - low
        reach = np.nanmax(np.abs(matrix - centre), axis=0)
        spread = np.where(quartiles > 0, quartiles, np.where(reach > 0, np.nanstd(matrix, 0), 1.0))
        return cls(centre, spread, reach > HEAVY * spread)

    def apply(self, matrix: Floats) -> Floats:
        """Scaled values without NaN, same shape."""
        known = np.where(np.isnan(matrix), self.centre, matrix)
        unit = (known - self.centre) / self.spread
        return np.where(self.is_heavy, np.arcsinh(unit), unit)


@dataclass(frozen=True)
class Ranks:
    """Turns a score into the share of reference scores below it.

    Parameters
    ----------
    reference : shape (n,)
        Scores of the reference rows in rising order.

    Examples
    --------
    >>> Ranks(np.array([1.0, 2.0, 3.0, 4.0])).share(np.array([0.5, 3.0, 9.0])).round(3)
    array([0.   , 0.5  , 0.998])
    """

    reference: Floats

    def share(self, score: Floats) -> Floats:
        """Share in 0..1 of reference rows that score lower, shape (n,)."""
        n = len(self.reference)
        below = np.searchsorted(self.reference, score, side="left") / n
        beyond = np.maximum(score - self._highest, 0.0)
        creep = (1.0 - np.exp(-beyond / self._reach)) / n
        return np.where(beyond > 0, 1.0 - 1.0 / n + creep, below)

    def share_of(self, score: float) -> float:
        """Share of one score: equal to `share`, without its arrays."""
        n = len(self.reference)
        beyond = score - self._highest
        if beyond <= 0:
            return int(self.reference.searchsorted(score)) / n
        # NumPy's exponential, whose last bit is not that of the C library
        return float(1.0 - 1.0 / n + (1.0 - np.exp(-beyond / self._reach)) / n)

    @cached_property
    def _highest(self) -> float:
        return float(self.reference[-1])

    @cached_property
    def _reach(self) -> float:
        return max(float(self.reference[-1] - self.reference[len(self.reference) // 2]), 1e-12)


@dataclass(frozen=True)
class Detector:
    """How unusual rows are among the rows it was fitted on.

    Parameters
    ----------
    kept : shape (columns,)
        Columns of the incoming rows that vary at all.
    scale : Scale
        Applied before forest and distance; tails need none.
    trees, ecod, distance
        The three scorers.
    tree_ranks, ecod_ranks, distance_ranks, ranks : Ranks
        Reference scores of each, and of their average.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(500, 3))
    >>> detector = Detector.fit(rows, seed=0)
    >>> bool(detector.score(np.array([[9.0, 9.0, 9.0]]))[0] > 0.99)
    True
    """

    kept: npt.NDArray[np.int64]
    scale: Scale
    trees: IsolationTrees
    ecod: Ecod
    distance: Distance
    tree_ranks: Ranks
    ecod_ranks: Ranks
    distance_ranks: Ranks
    ranks: Ranks

    @classmethod
    def fit(cls, matrix: Floats, seed: int, trees: int = TREES) -> Detector:
        """Fit on rows of what is usual, shape (n, features), without labels; NaN is missing.

        Raises
        ------
        BadInput
            For fewer than ``LEAST_ROWS`` rows, or rows that are all the same.
        """
        kept = np.flatnonzero(_varies(matrix)).astype(np.int64)
        if len(matrix) < LEAST_ROWS or not len(kept):
            raise BadInput(f"at least {LEAST_ROWS} rows that differ", f"{len(matrix)} rows",
                           "wait until more has happened")
        rows = np.ascontiguousarray(matrix[:, kept])
        picked = np.random.default_rng(seed).permutation(len(rows))[:ROWS]
        reference = rows[np.sort(picked)]
        scale, ecod = Scale.fit(rows), Ecod.fit(reference)
        scaled, known = scale.apply(rows), scale.apply(reference)
        forest, distance = IsolationTrees.grow(scaled, trees, seed), Distance.fit(scaled)
        scores = forest.score(known), ecod.score(reference), distance.score(known)
        first, second, third = (Ranks(np.sort(score)) for score in scores)
        mean = (first.share(scores[0]) + second.share(scores[1]) + third.share(scores[2])) / 3
        return cls(kept, scale, forest, ecod, distance, first, second, third,
                   Ranks(np.sort(mean)))

    def score(self, matrix: Floats) -> Floats:
        """Share of reference rows that look less unusual, 0..1, shape (n,)."""
        rows = np.ascontiguousarray(matrix[:, self.kept])
        scaled = self.scale.apply(rows)
        by_tree = self.tree_ranks.share(self.trees.score(scaled))
        by_tail = self.ecod_ranks.share(self.ecod.score(rows))
        by_distance = self.distance_ranks.share(self.distance.score(scaled))
        return self.ranks.share((by_tree + by_tail + by_distance) / 3)

    def may_reach(self, matrix: Floats, least: Floats) -> npt.NDArray[np.bool_]:
        """Whether each row's score may be ``least``, shape (n,), or more; never a wrong no.

        The quickest scorer comes first: who would not get there were the others as unusual as can
        be needs no other. That is a fifth of the work of `score` for limits far out.
        """
        rows = np.ascontiguousarray(matrix[:, self.kept])
        scaled, found = self.scale.apply(rows), np.zeros(len(rows), dtype=np.bool_)
        by_tree = self.tree_ranks.share(self.trees.score(scaled))
        at = np.flatnonzero(self._may(by_tree + 2.0, least))
        both = by_tree[at] + self.distance_ranks.share(self.distance.score(scaled[at]))
        can = self._may(both + 1.0, least[at])
        at, both = at[can], both[can]
        found[at] = self._may(both + self.ecod_ranks.share(self.ecod.score(rows[at])), least[at])
        return found

    def _may(self, most: Floats, least: Floats) -> npt.NDArray[np.bool_]:
        # added in another order, a sum may fall short of the one in `score` by its last bit
        return np.asarray(self.ranks.share(most / 3 + SLACK) >= least - SLACK)

    def score_row(self, row: Floats) -> float:
        """Share of one row, shape (features,): equal to `score`, and fast."""
        return self._by_row.score(row)

    def prepare(self) -> None:
        """Lay out what `score_row` reads; it would at its first row, which takes 50 ms."""
        _ = self._by_row

    @cached_property
    def _by_row(self) -> DetectorRow:
        return DetectorRow(self)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays to store."""
        own = {"kept": self.kept, "centre": self.scale.centre, "spread": self.scale.spread,
               "is_heavy": self.scale.is_heavy, "tree_ranks": self.tree_ranks.reference,
               "ecod_ranks": self.ecod_ranks.reference,
               "distance_ranks": self.distance_ranks.reference, "ranks": self.ranks.reference}
        parts = {"tree": self.trees.arrays(), "ecod": self.ecod.arrays(),
                 "distance": self.distance.arrays()}
        return own | {f"{part}_{name}": array for part, arrays in parts.items()
                      for name, array in arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Detector:
        """Detector of stored arrays."""
        def under(prefix: str) -> dict[str, npt.NDArray[Any]]:
            return {name.removeprefix(prefix): array for name, array in arrays.items()
                    if name.startswith(prefix)}

        return cls(arrays["kept"],
                   Scale(arrays["centre"], arrays["spread"], arrays["is_heavy"]),
                   IsolationTrees.from_arrays(under("tree_")), Ecod.from_arrays(under("ecod_")),
                   Distance.from_arrays(under("distance_")), Ranks(arrays["tree_ranks"]),
                   Ranks(arrays["ecod_ranks"]), Ranks(arrays["distance_ranks"]),
                   Ranks(arrays["ranks"]))


def _varies(matrix: Floats) -> npt.NDArray[np.bool_]:
    """Whether a column has two different known values.

    >>> _varies(np.array([[1.0, 5.0, np.nan], [np.nan, 6.0, np.nan]]))
    array([False,  True, False])
    """
    known = ~np.isnan(matrix)
    low = np.where(known, matrix, np.inf).min(axis=0, initial=np.inf)
    high = np.where(known, matrix, -np.inf).max(axis=0, initial=-np.inf)
    return np.asarray(high > low)
