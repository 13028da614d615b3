"""Whether two matrices of features are the same to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def differs(one: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    """Which values of two arrays of one shape differ in a bit; every NaN is the one unknown.

    Examples
    --------
    >>> differs(np.array([0.0, np.nan, 1.0]), np.array([-0.0, np.nan, 1.0]))
    array([ True, False, False])
    """
    same = one.view(np.int64) == other.view(np.int64)
    return ~(same | (np.isnan(one) & np.isnan(other)))
