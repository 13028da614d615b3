"""Rings as published at a midnight: immutable, asked by whoever judges until the next one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.links.facts import Facts, most_together
from features.links.kinds import DAY_MS, KINDS, REFERRAL
from features.links.score import EVIDENCE
from features.places import MISSING, Ints

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]


class Standing(NamedTuple):
    """Where a member stands: number of his ring (0: none), its size, his score from 0 to 1.

    His score is the ring's, less where he has plenty of his own to show.
    """

    ring: int = 0
    size: int = 1
    score: float = 0.0


class Sharing(NamedTuple):
    """One identifier that members of a ring share.

    Parameters
    ----------
    kind : str
        One of `kinds.KINDS`.
    entity : int
        Its number in that kind.
    members : tuple of int
        Who shares it.
    same_day : int
        Most of them who joined on one UTC day.
    """

    kind: str
    entity: int
    members: tuple[int, ...]
    same_day: int


class Description(NamedTuple):
    """A ring for a reviewer: size, score, evidence by name, what is shared, who makes it first."""

    ring: int
    size: int
    score: float
    evidence: dict[str, float]
    shared: tuple[Sharing, ...]
    members: tuple[int, ...]


@dataclass(frozen=True)
class Rings:
    """The rings of a program, known from a midnight on.

    Parameters
    ----------
    known_at_ms : int
        The midnight; only what was known before it is in here.
    members, ring, strength, joined, part : shape (n,)
        Everybody in a ring, sorted; the ring's number (its smallest member); how much he makes
        it; when he joined; how far the ring's score is his, one half to one.
    rings, size, score, mask : shape (rings,)
        Ring numbers, sorted; members; score; kinds shared as bits.
    evidence : shape (rings, len(EVIDENCE))
        What the score is made of.
    made_ring, made_kind, made_entity : shape (identifiers,)
        Identifiers that two members or more of a ring share.
    edge_made, edge_member : shape (edges,)
        Position of an identifier in these, and a member who shares it.
    """

    known_at_ms: int
    members: Ints
    ring: Ints
    strength: Floats
    joined: Ints
    part: Floats
    rings: Ints
    size: Ints
    score: Floats
    mask: Ints
    evidence: Floats
    made_ring: Ints
    made_kind: Ints
    made_entity: Ints
    edge_made: Ints
    edge_member: Ints

    def __post_init__(self) -> None:
        """Lock the arrays: what is published stays."""
        for column in fields(self):
            value = getattr(self, column.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def of(self, member: int) -> Standing:
        """Where a member stands.

        >>> nobody().of(7)
        Standing(ring=0, size=1, score=0.0)
        """
        at = int(self.members.searchsorted(member))
        if at == len(self.members) or self.members[at] != member:
            return Standing()
        row = int(self.rings.searchsorted(self.ring[at]))
        return Standing(int(self.ring[at]), int(self.size[row]),
                        float(self.score[row] * self.part[at]))

    def table(self, members: Ints) -> tuple[Ints, Ints, Floats]:
        """Ring, size and score of many members at once; 0, 1 and 0.0 where in none."""
        ring, size = np.zeros(len(members), dtype=np.int64), np.ones(len(members), dtype=np.int64)
        score = np.zeros(len(members))
        if len(self.members):
            at = np.minimum(np.searchsorted(self.members, members), len(self.members) - 1)
            inside = self.members[at] == members
            ring[inside] = self.ring[at[inside]]
            row = np.searchsorted(self.rings, ring[inside])
            size[inside] = self.size[row]
            score[inside] = self.score[row] * self.part[at[inside]]
        return ring, size, score

    def facts(self, ring: int) -> Facts:
        """A ring in numbers, worked out once."""
        found = self._told.get(ring)
        if found is None:
            found = self._told[ring] = self._facts(ring)
        return found

    def _facts(self, ring: int) -> Facts:
        row, mine = int(self.rings.searchsorted(ring)), self.made_ring == ring
        users = np.bincount(self.edge_made, minlength=len(mine))[mine]
        kind = self.made_kind[mine]
        shared = [(KINDS[each], int(users[kind == each].max())) for each in np.unique(kind)]
        return Facts(int(self.size[row]), tuple(sorted(shared, key=lambda pair: -pair[1])),
                     most_together(self.joined[self.ring == ring]),
                     bool(self.mask[row] >> REFERRAL & 1))

    @cached_property
    def _told(self) -> dict[int, Facts]:
        return {}

    def kinds(self, ring: int) -> tuple[str, ...]:
        """Kinds of links that make a ring."""
        row = int(self.rings.searchsorted(ring))
        if row == len(self.rings) or self.rings[row] != ring:
            return ()
        return tuple(kind for bit, kind in enumerate(KINDS) if self.mask[row] >> bit & 1)

    def describe(self, member: int) -> Description | None:
        """Facts about a member's ring for words; None where he is in none.

        Identifiers shared by most come first, members who make the ring most come first.
        """
        standing = self.of(member)
        if not standing.ring:
            return None
        row = int(self.rings.searchsorted(standing.ring))
        mine = self.ring == standing.ring
        order = np.lexsort((self.members[mine], -self.strength[mine]))
        makers = np.flatnonzero(self.made_ring == standing.ring).tolist()
        found = [self._sharing(made) for made in makers]
        found.sort(key=lambda s: (-len(s.members), s.kind, s.entity))
        told = dict(zip(EVIDENCE, self.evidence[row].round(3).tolist(), strict=True))
        return Description(standing.ring, standing.size, float(self.score[row]), told,
                           tuple(found), tuple(self.members[mine][order].tolist()))

    def arrays(self) -> dict[str, Any]:
        """Columns by name, for a snapshot."""
        return {f"rings_{column.name}": np.asarray(getattr(self, column.name))
                for column in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Rings:
        """Read a snapshot back."""
        known_at, *rest = (np.array(arrays[f"rings_{c.name}"]) for c in fields(cls))
        return cls(int(known_at), *rest)

    def _sharing(self, made: int) -> Sharing:
        who = self.edge_member[self.edge_made == made]
        return Sharing(KINDS[self.made_kind[made]], int(self.made_entity[made]),
                       tuple(who.tolist()), self._same_day(who))

    def _same_day(self, who: Ints) -> int:
        joined = self.joined[np.searchsorted(self.members, who)]
        days = joined[joined != MISSING] // DAY_MS
        return int(np.unique(days, return_counts=True)[1].max(initial=0))


def nobody(known_at_ms: int = 0) -> Rings:
    """No rings: what is known before the first midnight."""
    none, real = np.empty(0, dtype=np.int64), np.empty(0)
    return Rings(known_at_ms, none, none, real, none, real, none, none, real, none,
                 np.empty((0, len(EVIDENCE))), none, none, none, none, none)


def words(description: Description) -> list[str]:
    """Sentences for a reviewer, one for each identifier that is shared.

    >>> words(Description(4, 5, 0.9, {}, (Sharing("payout", 8, (4, 5, 6, 7, 9), 3),), (4,)))
    ['5 accounts share one payout account; 3 joined on the same day']
    """
    named = {"payout": "payout account", "phone": "phone number"}
    return [f"{len(s.members)} accounts share one {named.get(s.kind, s.kind)}"
            + (f"; {s.same_day} joined on the same day" if s.same_day > 1 else "")
            for s in description.shared]
