"""Events summed to days: one row for each member and day, in one pass over the events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.compiling import compiled

if TYPE_CHECKING:
    from features.places import Ints

Floats = npt.NDArray[np.float64]
SUMS: Final = ("events", "scans", "redemptions", "visits", "points", "amount", "quantity", "skus")
"""Rows of the sums, in order."""
_REDEMPTION, _VISIT = 2, 3


def day_sums(
    member: Ints, day: Ints, kind: Ints, sku: Ints, worth: tuple[Any, Any, Any], counted: Any
) -> tuple[Ints, Ints, Floats]:
    """Sum events by member and day, each sum in the order of the events.

    Parameters
    ----------
    member, day, kind, sku : shape (n,)
        Small numbers, at least 0; sku 0 is no product.
    worth : three arrays of shape (n,)
        Points, amount and quantity.
    counted : bool, shape (n,)
        Which events count.

    Returns
    -------
    member, day : shape (m,)
        Unique pairs, sorted.
    sums : shape (len(SUMS), m)

    Examples
    --------
    >>> one, two = np.ones(3, dtype=np.int64), np.full(3, 2)
    >>> member, day, sums = day_sums(np.array([5, 4, 5]), two, 0 * one, one, (one, one, one),
    ...                              np.full(3, True))
    >>> member, sums[0], sums[-1]
    (array([4, 5]), array([1., 2.]), array([1., 1.]))
    """
    ids = [np.ascontiguousarray(column, dtype=np.int64) for column in (member, day, kind, sku)]
    worths = [np.ascontiguousarray(column, dtype=np.float64) for column in worth]
    first = int(ids[1].min(initial=0))
    order = np.flatnonzero(counted)
    for column, least in ((ids[1], first), (ids[0], 0)):
        order = _sorted_by(order, column, least, int(column.max(initial=0)) - least + 1)
    return _summed(order, *ids, *worths, int(ids[3].max(initial=0)) + 1)


@compiled(nogil=True)
def _sorted_by(order, column, least, size):  # type: ignore[no-untyped-def]
    """Sort rows by a column of small numbers, those of one number in the order they had."""
    place = np.zeros(size + 1, dtype=np.int64)
    for row in order:
        place[column[row] - least + 1] += 1
    for i in range(size):
        place[i + 1] += place[i]
    found = np.empty_like(order)
    for row in order:
        number = column[row] - least
        found[place[number]] = row
        place[number] += 1
    return found


@compiled(nogil=True)
def _summed(order, member, day, kind, sku, points, amount, quantity, skus):  # type: ignore[no-untyped-def]
    size = 0
    for i in range(len(order)):
        row, last = order[i], order[i - 1]
        size += i == 0 or member[row] != member[last] or day[row] != day[last]
    members, days = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    sums = np.zeros((8, size))
    seen = np.full(skus, -1, dtype=np.int64)
    at = -1
    for i in range(len(order)):
        row, last = order[i], order[i - 1]
        if i == 0 or member[row] != member[last] or day[row] != day[last]:
            at += 1
            members[at], days[at] = member[row], day[row]
        sums[0, at] += 1
        sums[1, at] += kind[row] == 0
        sums[2, at] += kind[row] == _REDEMPTION
        sums[3, at] += kind[row] == _VISIT
        sums[4, at] += 0.0 if kind[row] == _REDEMPTION else points[row]
        sums[5, at] += amount[row]
        sums[6, at] += quantity[row]
        if sku[row] > 0 and seen[sku[row]] != at:
            seen[sku[row]] = at
            sums[7, at] += 1
    return members, days, sums
