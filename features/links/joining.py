"""Which members are joined: strong links alone, weak ones only in company of a second kind.

Every rule is written as chains over sorted arrays, so that an identifier shared by n members costs
n bonds and not n squared; connected, both are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from features.links.edges import BITS, Edges, fresh
from features.links.kinds import (
    ALONE,
    COMPANY,
    IDENTIFIERS,
    TOGETHER_MS,
    weight,
)
from features.places import MISSING, Ints

if TYPE_CHECKING:
    from features.links.circle import Circle

Bonds = tuple[Ints, Ints]
_NEVER: Final = np.empty(0, dtype=np.int64)


class Shared(NamedTuple):
    """Edges to identifiers that link: seen lately, innocent ones left out, two members or more.

    Parameters
    ----------
    edges : Edges
        In the order of their groups.
    group : int64 array, shape (n,)
        Position of each edge's identifier, from 0.
    size, weight : arrays, shape (groups,)
        Members who share each identifier, and its weight.
    """

    edges: Edges
    group: Ints
    size: Ints
    weight: Any


def shared(edges: Edges) -> Shared:
    """Group edges by what they lead to, and keep what two members or more share."""
    new = fresh(edges.group)
    size = np.diff(np.r_[np.flatnonzero(new), len(edges.key)])
    kind = edges.kind[new]
    heavy = weight(kind, size)
    links = (size > 1) & (heavy >= COMPANY) & np.isin(kind, IDENTIFIERS)
    chosen = np.repeat(links, size)
    group = np.repeat(np.arange(int(links.sum())), size[links])
    return Shared(edges.where(chosen), group, size[links], heavy[links])


def bonds(found: Shared, circle: Circle) -> Bonds:
    """Pairs of members whose links join them."""
    member = found.edges.member
    weak = found.weight[found.group] < ALONE
    alone = _chain(found.group[~weak], member[~weak], _NEVER)
    group, member = found.group[weak], member[weak]
    joined = _chain(group, member, circle.joined_with[member], TOGETHER_MS)
    rep = _chain(group, member, circle.reps[member])
    referrals = _referred(group, member, circle)
    pairs = (alone, joined, rep, referrals)
    return (np.concatenate([first for first, _ in pairs]),
            np.concatenate([second for _, second in pairs]))


def components(pairs: Bonds) -> Bonds:
    """Members who are joined with somebody, sorted, and each one's ring: its smallest member.

    >>> components((np.array([9, 4]), np.array([4, 7])))
    (array([4, 7, 9]), array([4, 4, 4]))
    """
    members, at = np.unique(np.concatenate(pairs), return_inverse=True)
    first, second = at[: len(pairs[0])], at[len(pairs[0]) :]
    graph = coo_matrix((np.ones(len(first), np.int8), (first, second)),
                       shape=(len(members), len(members)))
    _, label = connected_components(graph, directed=False)
    _, smallest, ring = np.unique(label, return_index=True, return_inverse=True)
    return members, members[smallest][ring]


def _chain(group: Ints, member: Ints, by: Ints, gap: int = 0) -> Bonds:
    """Bond neighbours within a group whose values differ by ``gap`` at most; unknown bonds nobody.

    An empty ``by`` bonds the whole group.
    """
    if not len(by):
        near = group[1:] == group[:-1]
        return member[1:][near], member[:-1][near]
    known = (by != MISSING) & (by != 0)
    group, member, by = group[known], member[known], by[known]
    order = np.lexsort((by, group))
    group, member, by = group[order], member[order], by[order]
    near = (group[1:] == group[:-1]) & (np.diff(by) <= gap)
    return member[1:][near], member[:-1][near]


def _referred(group: Ints, member: Ints, circle: Circle) -> Bonds:
    """Referrer and referred of the last months who share a weak identifier or joined together."""
    first, second = circle.referrals
    one, other = circle.joined_with[first], circle.joined_with[second]
    known = (one != MISSING) & (other != MISSING)
    near = known & (np.abs(np.where(known, one - other, 0)) <= TOGETHER_MS)
    order = np.argsort(member, kind="stable")
    by_member, groups = member[order], group[order]
    start = np.searchsorted(by_member, second)
    count = np.searchsorted(by_member, second, "right") - start
    rows = np.repeat(np.arange(len(second)), count)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    wanted = groups[start[rows] + step] << BITS | first[rows]
    have = np.sort(group << BITS | member)
    at = np.minimum(np.searchsorted(have, wanted), max(len(have) - 1, 0))
    both = have[at] == wanted if len(have) else np.zeros(len(rows), bool)
    near[rows[both]] = True
    return first[near], second[near]
