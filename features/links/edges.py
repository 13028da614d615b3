"""Edges between members and what they were seen with: sorted arrays, merged batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from features.places import Ints

BITS: Final = 30
"""Bits of an entity's and a member's number in a key: a thousand million of each."""
_MASK: Final = (1 << BITS) - 1


class Edges(NamedTuple):
    """Edges in the order of their keys: kind, then entity, then member.

    Parameters
    ----------
    key, last, events : int64 arrays, shape (n,)
        The packed edge, when it was last seen (UTC ms), in how many judged events.
    """

    key: Ints
    last: Ints
    events: Ints

    @property
    def group(self) -> Ints:
        """Kind and entity of each edge, packed."""
        return self.key >> BITS

    @property
    def kind(self) -> Ints:
        """Kind of each edge."""
        return self.key >> 2 * BITS

    @property
    def entity(self) -> Ints:
        """Entity of each edge."""
        return self.key >> BITS & _MASK

    @property
    def member(self) -> Ints:
        """Member of each edge."""
        return self.key & _MASK

    def where(self, chosen: Any) -> Edges:
        """Those that a mask or positions choose."""
        return Edges(self.key[chosen], self.last[chosen], self.events[chosen])


def nothing() -> Edges:
    """No edges."""
    return Edges(*(np.empty(0, dtype=np.int64) for _ in Edges._fields))


def packed(kind: Ints | int, entity: Ints, member: Ints) -> Ints:
    """Keys of edges.

    >>> Edges(packed(3, np.array([7]), np.array([9])), *[np.zeros(1)] * 2).member.tolist()
    [9]
    """
    return np.asarray(kind, dtype=np.int64) << 2 * BITS | entity << BITS | member


def fresh(values: Ints) -> npt.NDArray[np.bool_]:
    """Where a run of equal values begins.

    >>> fresh(np.array([4, 4, 7])).tolist(), fresh(np.array([])).tolist()
    ([True, False, True], [])
    """
    begins = np.ones(len(values), dtype=bool)
    begins[1:] = values[1:] != values[:-1]
    return begins


def folded(key: Ints, last: Ints, count: Ints) -> Edges:
    """Edges out of single sightings, in any order: one an edge, latest time, counts summed.

    >>> folded(np.array([4, 2, 4]), np.array([5, 1, 3]), np.array([1, 1, 0]))
    Edges(key=array([2, 4]), last=array([1, 5]), events=array([1, 1]))
    """
    if not len(key):
        return nothing()
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(fresh(key))
    return Edges(key[starts], np.maximum.reduceat(last[order], starts),
                 np.add.reduceat(count[order], starts))


def merged(old: Edges, new: Edges) -> Edges:
    """Put two sets of edges together; costs a copy of the larger one, and no sort of it."""
    at = np.searchsorted(old.key, new.key)
    near = np.minimum(at, max(len(old.key) - 1, 0))
    known = old.key[near] == new.key if len(old.key) else np.zeros(len(new.key), dtype=bool)
    last, count = old.last.copy(), old.events.copy()
    last[at[known]] = np.maximum(last[at[known]], new.last[known])
    count[at[known]] += new.events[known]
    if known.all():
        return Edges(old.key, last, count)
    at, new = at[~known], new.where(~known)
    return Edges(np.insert(old.key, at, new.key), np.insert(last, at, new.last),
                 np.insert(count, at, new.events))
