"""Arms of an experiment and their chances: 0 is to be left alone, 1 and up are missions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def checked(arm: Any, propensity: Any) -> tuple[Ints, Floats]:
    """Arms of shape (n,) and their chances of shape (n, arms), or BadInput.

    A chance of 0 says that an arm was not open to the row; the arm that a row was given must have
    been.

    Examples
    --------
    >>> checked([1, 0], [[0.5, 0.5], [1.0, 0.0]])[0]
    array([1, 0])
    """
    arms, chance = np.asarray(arm, dtype=np.int64), np.asarray(propensity, dtype=np.float64)
    if chance.ndim != 2 or len(chance) != len(arms) or chance.shape[1] < 2:
        raise BadInput("a chance of every arm for each row", f"shape {chance.shape}",
                       "give one column for each arm, left alone first")
    if len(arms) and not (arms.min() >= 0 and arms.max() < chance.shape[1]):
        raise BadInput(f"arms 0 to {chance.shape[1] - 1}", f"{arms.min()} to {arms.max()}",
                       "give a chance of every arm")
    taken = chance[np.arange(len(arms)), arms]
    if not (np.isfinite(chance).all() and (chance >= 0).all() and (chance <= 1).all()
            and (taken > 0).all()):
        raise BadInput("chances of 0 to 1, above 0 for the arm that was given", "others",
                       "leave rows of unknown chance out")
    return arms, chance


def comparable(propensity: Floats, arm: int) -> Bools:
    """Rows that could have been given this arm and could have been left alone, shape (n,)."""
    return np.asarray((propensity[:, arm] > 0) & (propensity[:, 0] > 0))
