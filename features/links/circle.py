"""The members at a midnight as the graph sees them: merged numbers one, what faded gone."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from features.links.edges import BITS, Edges, folded, packed
from features.links.kinds import (
    ADDRESS,
    COMPANY,
    DEVICE,
    FADES_MS,
    OWN_EVENTS,
    REFERRAL,
    REP,
    ROLL_OUT,
    TOGETHER_MS,
    weight,
)
from features.links.people import FILED
from features.places import MISSING, Ints

if TYPE_CHECKING:
    from features.links.declared import Declared, Kept
    from features.links.people import People


class Circle:
    """Everybody a program knows at a midnight, columns by the member's number.

    Parameters
    ----------
    edges : Edges
        All edges so far.
    people : People
    declared : Declared
    kept : Kept
    ms : int
        The midnight; nothing in the other arguments may be later.
    """

    def __init__(
        self, edges: Edges, people: People, declared: Declared, kept: Kept, ms: int
    ) -> None:
        self.ms = ms
        self._numbers = kept.numbers(len(people))
        self.joined, self.first, self.last = people.joined, people.first, people.last
        self.events, self.days = people.events, people.days
        self._enroller = people.enroller
        if self._numbers is not None:
            self._unite(people, self._numbers)
        kind = edges.kind
        self._told = edges.where(kind == REFERRAL)
        lately = edges.where((kind != REFERRAL) & (self._seen(edges, people) >= ms - FADES_MS))
        self.edges = self._innocent(self._united(lately), declared)

    def _unite(self, people: People, number: Ints) -> None:
        """Count what merged members did under the number they go by."""
        merged = np.flatnonzero(number != np.arange(len(number)))
        into = number[merged]
        self.events, self.days = people.events.copy(), people.days.copy()
        self.first, self.last = people.first.copy(), people.last.copy()
        np.add.at(self.events, into, people.events[merged])
        np.add.at(self.days, into, people.days[merged])
        np.maximum.at(self.last, into, people.last[merged])
        acted = people.first[merged] != MISSING
        self.first[self.first == MISSING] = np.iinfo(np.int64).max
        np.minimum.at(self.first, into[acted], people.first[merged][acted])
        self.first[self.first == np.iinfo(np.int64).max] = MISSING

    def _seen(self, edges: Edges, people: People) -> Ints:
        """When each edge was last seen; what stands on a file is seen with every act of his."""
        seen, group = edges.last.copy(), edges.group
        for name, kind in FILED.items():
            low, high = np.searchsorted(group, [kind << BITS, (kind + 1) << BITS])
            member = edges.member[low:high]
            filed = getattr(people, name)[member] == edges.entity[low:high]
            acted = np.where(filed, people.last[member], MISSING)
            seen[low:high] = np.maximum(seen[low:high], acted)
        return seen

    def _united(self, edges: Edges) -> Edges:
        if self._numbers is None:
            return edges
        member = self._numbers[edges.member]
        if (member == edges.member).all():
            return edges
        return folded(packed(edges.kind, edges.entity, member), edges.last, edges.events)

    def _innocent(self, edges: Edges, declared: Declared) -> Edges:
        """Leave out what the program declared, and phones that were only handed over once."""
        without, owners = declared.identifiers(self.ms), declared.owners(self.ms)
        out = (edges.kind == DEVICE) & (edges.events < OWN_EVENTS)
        if len(without):
            out |= np.isin(edges.group, without)
        if len(owners):
            own = owners if self._numbers is None else self._numbers[owners]
            at_shop = np.isin(edges.kind, [DEVICE, ADDRESS])
            out |= at_shop & np.isin(edges.member, own)
        return edges.where(~out) if out.any() else edges

    @cached_property
    def since(self) -> int:
        """When the program's first event or activity was; the midnight where there was none."""
        acted = self.first[self.first != MISSING]
        return int(acted.min(initial=self.ms))

    @cached_property
    def joined_with(self) -> Ints:
        """When members joined, `MISSING` where unknown or in the week of a roll-out."""
        order = np.argsort(self.joined, kind="stable")
        order = order[np.searchsorted(self.joined[order], MISSING, "right") :]
        when = self.joined[order]
        near = (np.searchsorted(when, when + TOGETHER_MS, "right")
                - np.searchsorted(when, when - TOGETHER_MS))
        fewest, share = ROLL_OUT
        found = self.joined.copy()
        found[order[(near > fewest) & (near > share * len(when))]] = MISSING
        return found

    @cached_property
    def lately(self) -> npt.NDArray[np.bool_]:
        """Who joined so lately that his enrolment still says something; a mask."""
        return self.joined >= self.ms - FADES_MS

    @cached_property
    def reps(self) -> Ints:
        """Who enrolled each member, 0 where that was long ago or of too many to say anything."""
        rep = np.where(self.lately, self._enroller, 0)
        count = np.bincount(rep, minlength=1)
        heavy = weight(np.full(len(count), REP), count) >= COMPANY
        return np.where(heavy[rep], rep, 0)

    @cached_property
    def referrals(self) -> tuple[Ints, Ints]:
        """Referrers and whom they referred, of the last months."""
        first, second = self._told.entity, self._told.member
        if self._numbers is not None:
            first, second = self._numbers[first], self._numbers[second]
        good = (first != second) & self.lately[second]
        pairs = np.unique(first[good] << BITS | second[good])
        return pairs >> BITS, pairs & ((1 << BITS) - 1)
