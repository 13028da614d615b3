"""How many independent parties a crowd of members is.

Members who share a phone, payout, address, phone number, clerk or referrer are one party: a ring,
a family, a clerk's friends. A party none of whose members is known to have a phone of its own
weighs a third, as accounts alone are cheap to make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

WITHOUT_DEVICE: Final = 1 / 3
"""Weight of a party without any known phone; a judgement, not a measured figure."""


def count_parties(crowd: Iterable[tuple[bool, tuple[int, ...]]]) -> float:
    """Weigh the parties of a crowd.

    Parameters
    ----------
    crowd : iterable of (whether a phone is known, keys of everything that may be shared)

    Examples
    --------
    >>> count_parties([(True, (1, 11)), (True, (2, 12)), (True, (3, 12)), (False, (4,))])
    2.3333333333333335
    """
    parent: dict[int, int] = {}
    phoned: list[tuple[int, bool]] = []
    for has_device, keys in crowd:
        first = _root(parent, keys[0])
        for key in keys[1:]:
            parent[_root(parent, key)] = first
        phoned.append((keys[0], has_device))
    weight: dict[int, float] = {}
    for key, has_device in phoned:
        root = _root(parent, key)
        weight[root] = max(weight.get(root, 0.0), 1.0 if has_device else WITHOUT_DEVICE)
    return sum(weight.values())


def _root(parent: dict[int, int], key: int) -> int:
    above = parent.setdefault(key, key)
    while above != parent[above]:
        parent[above] = parent[parent[above]]
        above = parent[above]
    return above
