"""The rings of a midnight while they are weighed: members, what they share, who referred whom."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from features.links.kinds import DEVICE, REFERRAL, TOGETHER_MS, WEIGHTS
from features.places import MISSING, Ints

if TYPE_CHECKING:
    from features.links.circle import Circle
    from features.links.edges import Edges
    from features.links.joining import Shared

Floats = npt.NDArray[np.float64]


class Group:
    """Rings by position; members in the order of their numbers.

    Parameters
    ----------
    members, ring : shape (n,)
        Who is in a ring, and its number, from `joining.components`.
    found : Shared
        What links members, also across rings.
    circle : Circle
    """

    def __init__(self, members: Ints, ring: Ints, found: Shared, circle: Circle) -> None:
        self.members = members
        self.rings, self.at = np.unique(ring, return_inverse=True)
        self.size = np.bincount(self.at, minlength=len(self.rings))
        inside, at = self._position(found.edges.member)
        group = found.group[inside]
        key, made = np.unique(group * (len(self.rings) + 1) + self.at[at], return_inverse=True)
        several = np.bincount(made, minlength=len(key)) > 1
        number = np.cumsum(several) - 1
        chosen = several[made]
        self.edges: Edges = found.edges.where(np.flatnonzero(inside)[chosen])
        self.at_edge = at[chosen]
        self.made = number[made[chosen]]
        self.heavy = found.weight[group[chosen]]
        self.users = found.size[group[chosen]]
        self.made_ring = key[several] % (len(self.rings) + 1)
        self.made_size = np.bincount(self.made, minlength=int(several.sum()))
        first = np.zeros(len(self.made_size), dtype=np.int64)
        first[self.made] = np.arange(len(self.made))
        self.made_kind, self.made_entity = self.edges.kind[first], self.edges.entity[first]
        self.payer, self.referred = self._referrals(circle)

    def _position(self, member: Ints) -> tuple[Any, Ints]:
        """Which of these are in a ring, and the position of those among the members."""
        at = np.minimum(np.searchsorted(self.members, member), max(len(self.members) - 1, 0))
        inside = self.members[at] == member if len(self.members) else np.zeros(len(member), bool)
        return inside, at[inside]

    def _referrals(self, circle: Circle) -> tuple[Ints, Ints]:
        """Positions of referrer and referred of one ring."""
        first, second = circle.referrals
        inside = np.isin(first, self.members) & np.isin(second, self.members)
        one = np.searchsorted(self.members, first[inside])
        other = np.searchsorted(self.members, second[inside])
        same = self.at[one] == self.at[other]
        return one[same], other[same]

    def sum(self, values: Any) -> Floats:
        """Sum of a value of the members of each ring."""
        weights = np.asarray(values, dtype=np.float64)
        found: Floats = np.bincount(self.at, weights, minlength=len(self.rings)).astype(np.float64)
        return found

    def most(self, kind: int) -> Ints:
        """Most members who share one identifier of a kind, by ring; 0 for none."""
        found = np.zeros(len(self.rings), dtype=np.int64)
        mine = self.made_kind == kind
        np.maximum.at(found, self.made_ring[mine], self.made_size[mine])
        return found

    @cached_property
    def closed(self) -> Floats:
        """How far what a ring shares is the ring's alone: its part of the users, of the best."""
        part = self.made_size[self.made] / np.maximum(self.users, 1)
        found = np.zeros(len(self.rings))
        np.maximum.at(found, self.at[self.at_edge], part)
        shares = np.zeros(len(self.rings), dtype=bool)
        shares[self.made_ring] = True
        return np.where(shares, found, 1.0)

    @cached_property
    def mask(self) -> Ints:
        """Kinds that members of each ring share, as bits; referrals too."""
        found = np.zeros(len(self.rings), dtype=np.int64)
        np.bitwise_or.at(found, self.made_ring, 1 << self.made_kind)
        found[self.at[self.referred]] |= 1 << REFERRAL
        return found

    @cached_property
    def kinds(self) -> Ints:
        """How many kinds members of each ring share."""
        return np.bitwise_count(self.mask).astype(np.int64)

    def burst(self, joined: Ints, within_ms: int) -> Ints:
        """Most members of each ring who joined within so long of one another."""
        when, at = joined[self.members], self.at
        known = when != MISSING
        order = np.lexsort((when[known], at[known]))
        when, at = when[known][order], at[known][order]
        if not len(when):
            return np.zeros(len(self.rings), dtype=np.int64)
        key = at * (int(np.ptp(when)) + 2 * within_ms) + when - when.min()
        count = np.searchsorted(key, key + within_ms, "right") - np.arange(len(key))
        found = np.zeros(len(self.rings), dtype=np.int64)
        np.maximum.at(found, at, count)
        return found

    def share_on(self, kind: int, circle: Circle) -> Floats:
        """Share of each member's events on identifiers of a kind that his ring shares."""
        mine = self.edges.kind == kind
        count = np.bincount(self.at_edge[mine], self.edges.events[mine],
                            minlength=len(self.members))
        return np.minimum(count / np.maximum(circle.events[self.members], 1), 1.0)

    def quick_referrals(self, circle: Circle) -> Floats:
        """Referrals between members who joined within two weeks, by ring; a closed loop is four."""
        joined = circle.joined[self.members]
        known = (joined[self.payer] != MISSING) & (joined[self.referred] != MISSING)
        one, other = self.payer[known], self.referred[known]
        quick = np.abs(joined[one] - joined[other]) <= 2 * TOGETHER_MS
        count = np.bincount(self.at[other[quick]], minlength=len(self.rings)).astype(np.float64)
        np.maximum.at(count, self.at[self._looped()], 4.0)
        return count

    def _looped(self) -> Ints:
        """Positions of members who referred each other in a circle."""
        above = np.full(len(self.members), -1)
        above[self.referred] = self.payer
        start = np.flatnonzero(above >= 0)
        at = above[start]
        looped = np.zeros(len(start), dtype=bool)
        for _ in range(16):
            looped |= at == start
            at = np.where(at >= 0, above[at], -1)
        return start[looped]

    def strength(self, circle: Circle) -> Floats:
        """How much each member makes his ring: weights of what he shares, a device by its use."""
        part = self.heavy.copy()
        on = self.edges.kind == DEVICE
        events = np.maximum(circle.events[self.members[self.at_edge[on]]], 1)
        part[on] *= np.minimum(self.edges.events[on] / events, 1.0)
        found: Floats = np.zeros(len(self.members))
        np.add.at(found, self.at_edge, part)
        for end in (self.payer, self.referred):
            found += WEIGHTS[REFERRAL] * (np.bincount(end, minlength=len(self.members)) > 0)
        return found
