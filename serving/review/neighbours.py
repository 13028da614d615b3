"""Who is linked with whom within two hops: by accounts, devices, phones, addresses, referrals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from features.links.kinds import ADDRESS, DEVICE, KNEES, PAYOUT, PHONE
from features.places import place_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from serving.review.files import Files
    from serving.review.trail import Trail

MOST: Final = {"payout": int(KNEES[PAYOUT]), "phone": int(KNEES[PHONE]),
               "address": int(KNEES[ADDRESS]), "device": int(KNEES[DEVICE]), "ip": 5}
"""Members of a thing up to which it is a link of its own; beyond, it is weak and ends there."""
WEAK: Final = frozenset({"ip", "referrer"})
"""Kinds that say little by themselves: a carrier's address, a referral as programs ask for them."""
STRONG: Final = ("payout", "device")
"""Kinds of things in events that are followed a second hop."""
NODES: Final = 60
"""Members that a picture can show."""
THINGS: Final = 80


@dataclass(frozen=True)
class Node:
    """A member or a thing in the picture.

    Parameters
    ----------
    key : str
        ``member-7``, ``device-12``.
    kind : str
        ``member``, ``payout``, ``device``, ``phone``, ``address``, ``referrer`` or ``ip``.
    number : int
    hop : int
        0 is in the case, 1 and 2 that far from it; a thing has that of its nearest member.
    members : int
        Of a thing: members of all who share it.
    x, y : float
        Place in the picture, -1..1.
    """

    key: str
    kind: str
    number: int
    hop: int
    members: int
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Edge:
    """That a member is linked with a thing.

    ``events`` on it, the first and last at ``first_ms`` and ``last_ms``; all 0 where it stands on
    his file only.
    """

    member: str
    thing: str
    kind: str
    weak: bool
    events: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True)
class Picture:
    """Nodes and edges; ``cut`` says that not everybody had room."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    cut: bool


class Neighbours:
    """Finds links out of the trail and the files of members.

    Parameters
    ----------
    trail : Trail
    files : Files
    """

    def __init__(self, trail: Trail, files: Files) -> None:
        self._trail = trail
        self._files = files

    def of(self, members: Sequence[int]) -> Picture:
        """Draw what links some members with others within two hops.

        Weak things are shown and not followed. Of too many, those with the fewest members stay.
        """
        hops = dict.fromkeys(sorted(members)[:NODES], 0)
        things: dict[tuple[str, int], tuple[int, int]] = {}
        cut = len(members) > NODES
        front = list(hops)
        for hop in (0, 1):
            near = self._things(front, (*STRONG, "ip") if hop == 0 else STRONG)
            fresh = {thing: count for thing, count in near.items() if thing not in things}
            things |= {thing: (hop, count) for thing, count in fresh.items()}
            strong = [thing for thing, count in sorted(fresh.items(), key=lambda each: each[1])
                      if count > 1 and not is_weak(thing[0], count)]
            found = list(dict.fromkeys(one for thing in strong for one in self._members(thing)
                                       if one not in hops))
            room = NODES - len(hops)
            cut |= len(found) > room
            front = found[:room]
            hops |= dict.fromkeys(front, hop + 1)
        return self._drawn(hops, things, cut)

    def _things(self, members: Sequence[int], kinds: Sequence[str]
                ) -> dict[tuple[str, int], int]:
        """Things of some members, and how many members of all share each.

        ``kinds`` are those that are looked for in their events.
        """
        rows = self._trail.rows("member", members)
        found: dict[tuple[str, int], int] = {}
        for kind in kinds:
            used = np.unique(self._trail.column(kind, rows))
            counts = self._trail.shared(kind, used.tolist())
            found |= {(kind, number): count for number, count in counts.items()}
        for kind in ("payout", "phone", "address", "referrer"):
            filed = np.unique(self._files.of(kind, members))
            for number in filed[filed > 0].tolist():
                count = len(self._members((kind, number)))
                found[kind, number] = max(found.get((kind, number), 0), count)
        return found

    def _members(self, thing: tuple[str, int]) -> list[int]:
        kind, number = thing
        found: set[int] = set()
        if kind in ("payout", "device", "ip"):
            rows = self._trail.rows(kind, [number])
            found |= set(self._trail.column("member", rows).tolist())
        if kind in ("payout", "phone", "address", "referrer"):
            found |= set(self._files.members(kind, [number]).tolist())
        return sorted(found | ({number} if kind == "referrer" else set()))

    def _drawn(self, hops: dict[int, int],
               things: dict[tuple[str, int], tuple[int, int]], cut: bool) -> Picture:
        """Keep things that link two of those shown."""
        edges: dict[tuple[str, int], list[Edge]] = {}
        for edge, number in self._edges(sorted(hops), things):
            edges.setdefault((edge.kind, number), []).append(edge)
        linked = [thing for thing, own in edges.items()
                  if len({edge.member for edge in own}) > 1]
        linked.sort(key=lambda thing: (things[thing][0], is_weak(thing[0], things[thing][1]),
                                       things[thing][1], thing))
        cut |= len(linked) > THINGS
        nodes = [Node(f"{kind}-{number}", kind, number, *things[kind, number])
                 for kind, number in linked[:THINGS]]
        shown = tuple(edge for thing in linked[:THINGS] for edge in edges[thing])
        touched = {edge.member for edge in shown}
        people = [Node(f"member-{one}", "member", one, hop, 1) for one, hop in hops.items()
                  if hop == 0 or f"member-{one}" in touched]
        return Picture(tuple(placed(people, nodes, shown)), shown, cut)

    def _edges(self, members: Sequence[int], things: dict[tuple[str, int], tuple[int, int]]
               ) -> list[tuple[Edge, int]]:
        """Edges of some members to some things, and the things' numbers."""
        trail = self._trail
        found: dict[tuple[str, int, int], tuple[int, int, int]] = {}
        rows = trail.rows("member", members)
        for kind in ("payout", "device", "ip"):
            for number, member, place in zip(*(trail.column(name, rows).tolist()
                                               for name in (kind, "member", "place")),
                                             strict=True):
                if (kind, number) in things:
                    first, _, events = found.get((kind, number, member), (place, place, 0))
                    found[kind, number, member] = (first, place, events + 1)
        for kind in ("payout", "phone", "address", "referrer"):
            for member, number in zip(members, self._files.of(kind, members).tolist(),
                                      strict=True):
                if (kind, number) in things:
                    found.setdefault((kind, number, member), (0, 0, 0))
        known = set(members)
        for kind, number in things:
            if kind == "referrer" and number in known:
                found.setdefault((kind, number, number), (0, 0, 0))
        return [(Edge(f"member-{member}", f"{kind}-{number}", kind,
                      is_weak(kind, things[kind, number][1]), events, place_ms(first),
                      place_ms(last)), number)
                for (kind, number, member), (first, last, events) in sorted(found.items())]


def is_weak(kind: str, members: int) -> bool:
    """Whether a thing links weakly: by its kind, or because so many share it.

    >>> is_weak("device", 3), is_weak("device", 300), is_weak("ip", 2)
    (False, True, True)
    """
    return kind in WEAK or members > MOST.get(kind, 0)


def placed(people: Sequence[Node], things: Sequence[Node], edges: Iterable[Edge]) -> list[Node]:
    """Put members on rings by their hop, and each thing amid its members; the same each time."""
    at: dict[str, tuple[float, float]] = {}
    farthest = max((node.hop for node in people), default=0)
    for hop in (0, 1, 2):
        ring = [node for node in people if node.hop == hop]
        inner = 0.0 if len(ring) == 1 else (0.9, 0.4, 0.32)[farthest]
        reach = (inner, 1.0 if farthest == 1 else 0.7, 1.0)[hop]
        for index, node in enumerate(ring):
            angle = 2 * math.pi * (index / len(ring) + hop / 7)
            at[node.key] = (reach * math.cos(angle), reach * math.sin(angle))
    ends: dict[str, list[str]] = {}
    for edge in edges:
        ends.setdefault(edge.thing, []).append(edge.member)
    for index, thing in enumerate(things):
        around = [at[member] for member in ends.get(thing.key, []) if member in at]
        turn = 2.4 * index  # the golden angle: things amid the same members do not cover each other
        x = sum(place[0] for place in around) / max(len(around), 1) + 0.09 * math.cos(turn)
        y = sum(place[1] for place in around) / max(len(around), 1) + 0.09 * math.sin(turn)
        at[thing.key] = (x, y)
    return [Node(node.key, node.kind, node.number, node.hop, node.members, *(
        round(part, 4) for part in at[node.key])) for node in [*people, *things]]
