"""ECOD: how far out a row is in the tails of each column, without any setting to tune.

Li, Zhao, Hu, Botta, Ionescu and Chen 2022, "ECOD: Unsupervised Outlier Detection Using Empirical
Cumulative Distribution Functions". Each value has two surprises: the negative logarithm of the
share of reference rows that lie at least as far left, and at least as far right. The paper takes
the largest of three sums over the columns (all left, all right, the tail to which each column is
skewed); the authors' own library takes the larger tail of each column and sums those. This
follows the library: published figures come from it, and a column's surprise is then the same
number in the sum and in words.

A value that is missing gives what a row gives on average, so it is never unusual by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.compiling import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]
ROWS: Final = 4_000
"""Reference rows kept: tails are told apart down to 0.025 %, at 3 MB for a hundred columns."""


@dataclass(frozen=True)
class Ecod:
    """Empirical tails of each column.

    Parameters
    ----------
    values : shape (total,)
        Known reference values of each column in rising order, columns behind one another.
    offsets : shape (features + 1,)
        Where each column begins.
    usual : shape (features,)
        Mean surprise of the reference rows, for values that are missing.
    """

    values: Floats
    offsets: npt.NDArray[np.int64]
    usual: Floats

    @classmethod
    def fit(cls, matrix: Floats) -> Ecod:
        """Learn the tails of a matrix, shape (n, features); NaN is missing.

        Examples
        --------
        >>> ecod = Ecod.fit(np.array([[0.0], [1.0], [2.0], [9.0]]))
        >>> ecod.score(np.array([[9.0], [1.0], [np.nan]])).round(2)
        array([1.39, 0.69, 1.04])
        """
        columns = [np.sort(column[~np.isnan(column)]) for column in matrix.T]
        sizes = [len(column) for column in columns]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        values = np.concatenate([*columns, np.zeros(0)])
        blank = cls(values, offsets, np.zeros(len(columns)))
        known = np.maximum((~np.isnan(matrix)).sum(axis=0), 1)
        return cls(values, offsets, blank.surprises(matrix).sum(axis=0) / known)

    def surprises(self, matrix: Floats) -> Floats:
        """Larger of left and right surprise of each value, shape (n, features); at least 0."""
        return _surprises(np.ascontiguousarray(matrix, dtype=np.float64), self.values,
                          self.offsets, self.usual)

    def score(self, matrix: Floats) -> Floats:
        """How far out each row is, shape (n,); at least zero, high is unusual."""
        return self.surprises(matrix).sum(axis=1)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays to store."""
        return {"values": self.values, "offsets": self.offsets, "usual": self.usual}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Ecod:
        """Tails of stored arrays."""
        return cls(arrays["values"], arrays["offsets"], arrays["usual"])


@compiled(nogil=True)
def _count(x, values, start, end, is_inclusive):  # type: ignore[no-untyped-def]
    """Count sorted values below x, or up to x."""
    low, high = start, end
    while low < high:
        middle = (low + high) // 2
        if values[middle] < x or (is_inclusive and values[middle] == x):
            low = middle + 1
        else:
            high = middle
    return low - start


@compiled(nogil=True)
def _surprises(matrix, values, offsets, usual):  # type: ignore[no-untyped-def]
    rows, columns = matrix.shape
    found = np.empty((rows, columns))
    for row in range(rows):
        for column in range(columns):
            x, start, end = matrix[row, column], offsets[column], offsets[column + 1]
            n = end - start
            if np.isnan(x) or n == 0:
                found[row, column] = usual[column]
            else:
                up_to = _count(x, values, start, end, True)
                from_on = n - _count(x, values, start, end, False)
                # a value beyond all others is as surprising as the most extreme of them
                found[row, column] = -np.log(max(min(up_to, from_on), 1) / n)
    return found
