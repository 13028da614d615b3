"""The rings of a midnight while they are weighed: of copies, so that another thread may do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.links.circle import Circle
from features.links.group import Group
from features.links.joining import bonds, components, shared
from features.links.rings import Rings, nobody
from features.links.score import belonging, evidence, ring_score

if TYPE_CHECKING:
    from features.links.declared import Declared, Kept
    from features.links.edges import Edges
    from features.links.people import People

DIGITS: Final = 6
"""Of a score: sums over members in another order, as in a journal that numbers them otherwise,
differ in the last bits."""


@dataclass(frozen=True)
class Draft:
    """What was known before a midnight, to find and score its rings.

    Parameters
    ----------
    edges, people, declared, kept
        As `circle.Circle` takes them; nothing may change them while they are weighed.
    ms : int
        The midnight, UTC milliseconds.
    taken : int
        How often rows had been taken into the graph by then.
    """

    edges: Edges
    people: People
    declared: Declared
    kept: Kept
    ms: int
    taken: int

    def weighed(self) -> Rings:
        """Find and score the rings; reads nothing but what was given."""
        circle = Circle(self.edges, self.people, self.declared, self.kept, self.ms)
        found = shared(circle.edges)
        members, ring = components(bonds(found, circle))
        if not len(members):
            return nobody(self.ms)
        group = Group(members, ring, found, circle)
        weighed = evidence(group, circle)
        return Rings(
            self.ms, members, ring, group.strength(circle), circle.joined[members],
            belonging(group, circle).round(DIGITS), group.rings, group.size,
            ring_score(weighed).round(DIGITS), group.mask,
            weighed, group.rings[group.made_ring], group.made_kind, group.made_entity,
            group.made, group.edges.member)
