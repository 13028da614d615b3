"""How far a row lies from the middle, in units of how the columns usually move together.

The Mahalanobis distance: a value that is usual by itself is far out where it does not fit the
others. Directions in which the reference rows hardly move are left out: they are sums that always
hold, and rounding would decide.
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
LEAST_SHARE: Final = 1e-6
"""Of the variance of the strongest direction: one that has less is left out."""


@dataclass(frozen=True)
class Distance:
    """Middle of the reference rows and the directions in which they move.

    Parameters
    ----------
    middle : shape (features,)
        Mean of each column.
    axes : shape (features, directions)
        Turns a row less the middle into independent directions of unit variance.
    """

    middle: Floats
    axes: Floats

    @classmethod
    def fit(cls, matrix: Floats) -> Distance:
        """Learn the middle and directions of a matrix without NaN, shape (n, features).

        Examples
        --------
        >>> steps = np.arange(-50.0, 51.0)
        >>> distance = Distance.fit(np.column_stack([steps, steps % 7 + steps]))
        >>> distance.score(np.array([[0.0, 3.0], [30.0, 30.0], [0.0, 30.0]])).round()
        array([  0.,   3., 178.])
        """
        middle, spread = matrix.mean(axis=0), matrix.std(axis=0)
        unit = np.where(spread > 0, spread, 1.0)
        together = np.cov((matrix - middle) / unit, rowvar=False, bias=True).reshape(
            len(middle), -1)
        variance, directions = np.linalg.eigh(together)
        moving = variance > LEAST_SHARE * variance[-1]
        axes = directions[:, moving] / np.sqrt(variance[moving]) / unit[:, None]
        return cls(middle, np.ascontiguousarray(axes))

    def score(self, matrix: Floats) -> Floats:
        """Squared distance of each row, shape (n,); at least 0, high is unusual."""
        return _squares(np.ascontiguousarray(matrix, dtype=np.float64), self.middle, self.axes)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Plain arrays to store."""
        return {"middle": self.middle, "axes": self.axes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Distance:
        """Distance of stored arrays."""
        return cls(arrays["middle"], arrays["axes"])


@compiled(nogil=True)
def _squares(matrix, middle, axes):  # type: ignore[no-untyped-def]
    """Row by row in one order of sums, so that one row scores bit for bit as in a batch."""
    rows, columns = matrix.shape
    directions = axes.shape[1]
    found = np.empty(rows)
    point = np.empty(directions)
    for row in range(rows):
        point[:] = 0.0
        for column in range(columns):
            away = matrix[row, column] - middle[column]
            for direction in range(directions):
                point[direction] += away * axes[column, direction]
        total = 0.0
        for direction in range(directions):
            total += point[direction] * point[direction]
        found[row] = total
    return found
