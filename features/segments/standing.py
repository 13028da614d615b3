"""Which version of a row was known at an event's place: one search for all events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from features.places import Ints


def known_row(keys: Ints, places: Ints, asked: Ints, at: Ints) -> Ints:
    """Row of the last version of each entity asked for that was known before a place.

    Parameters
    ----------
    keys, places : shape (versions,)
        Entity and place of each version; of equal places the later row wins.
    asked, at : shape (n,)
        Entity and place of each question.

    Returns
    -------
    shape (n,); -1 where nothing was known.

    Examples
    --------
    >>> known_row(np.array([7, 7, 8]), np.array([10, 20, 10]), np.array([7, 7, 9]),
    ...           np.array([15, 25, 25]))
    array([ 0,  1, -1])
    """
    if not len(keys):
        return np.full(len(asked), -1, dtype=np.int64)
    moments = np.unique(places)
    step = len(moments) + 1
    mine = keys * step + np.searchsorted(moments, places)
    order = np.argsort(mine, kind="stable")
    wanted = asked * step + np.searchsorted(moments, at)
    found = np.searchsorted(mine[order], wanted) - 1
    row = order[np.maximum(found, 0)]
    return np.where((found >= 0) & (keys[row] == asked), row, -1)
