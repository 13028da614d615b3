"""Cases of the desk: open alerts of one hand, one batch, one upload or one member, put together.

Who is paid with another, or acts from his phone, is looked at with him; whoever holds the case sees
all of them at once and decides once. Work is kept per alert, so that grouping anew loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.links.kinds import DEVICE, KNEES, PAYOUT, REP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.places import Ints

TIES: Final = ("payout", "device", "referrer")
"""What ties members to a ring, the strongest first; the order of their integers."""
LEAST: Final = {"payout": 2, "device": 2, "referrer": 3}
"""Members with open alerts from which a thing ties them; to refer two is what programs ask for."""
MOST: Final = {"payout": int(KNEES[PAYOUT]), "device": int(KNEES[DEVICE]),
               "referrer": int(KNEES[REP])}
"""Members of all who may share a thing that ties: where its weight as a link begins to fall."""
FILES: Final = ("batch", "upload")
"""What puts alerts of members without a ring together, the strongest first."""
LEAST_OF_FILE: Final = 3
"""Alerts of one batch or upload from which they are one case."""


@dataclass(frozen=True)
class Alerts:
    """Open alerts in columns, one row an event; 0 is unknown.

    Parameters
    ----------
    event, member : shape (n,)
    payout, device, referrer : shape (n,)
        Payout account of a redemption, else of the member's file; device; who referred the
        member.
    batch, upload : shape (n,)
        Of a scan.
    """

    event: Ints
    member: Ints
    payout: Ints
    device: Ints
    referrer: Ints
    batch: Ints
    upload: Ints


@dataclass(frozen=True)
class Limits:
    """What does not tie: how often a thing may be shared, and what is innocent.

    Parameters
    ----------
    most : dict of str to int
        By tie, the members of all that may share a thing which ties.
    shared : dict of str to dict of int to int
        By tie, members that share a thing in the whole program; what is not named is counted
        among the alerts.
    innocent : dict of str to set of int
        By tie, what the program declared innocent, or allowed.
    """

    most: Mapping[str, int] = field(default_factory=lambda: MOST)
    shared: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    innocent: Mapping[str, frozenset[int]] = field(default_factory=dict)


class Group(NamedTuple):
    """A case: its id, its kind, what holds it together, and rows of the alerts in it.

    Parameters
    ----------
    case_id : str
        ``ring-payout-123``, ``batch-45``, ``upload-46`` or ``member-77``.
    kind : str
        ``ring``, ``batch`` or ``member``.
    tie : str
        ``payout``, ``device``, ``referrer``, ``batch``, ``upload`` or ``member``.
    subject : int
        Number of what ties them: the one with the most members, the strongest tie first.
    rows : tuple of int
    """

    case_id: str
    kind: str
    tie: str
    subject: int
    rows: tuple[int, ...]


def group(alerts: Alerts, limits: Limits | None = None) -> list[Group]:
    """Put alerts together; each is in one group, and the order of the alerts does not matter.

    Members who share a payout account, a device or a referrer are one ring, directly or through
    others. What is left is one case per batch, per upload, else per member.

    Examples
    --------
    >>> def column(*numbers): return np.array(numbers)
    >>> alerts = Alerts(column(1, 2, 3, 4), column(7, 8, 8, 9), column(5, 5, 0, 0), *[column(
    ...     0, 0, 0, 0)] * 4)
    >>> [(one.case_id, one.rows) for one in group(alerts)]
    [('ring-payout-5', (0, 1, 2)), ('member-9', (3,))]
    """
    limits = limits or Limits()
    links = _links(alerts, limits)
    ring = _rings(alerts.member, links)
    found = [_ring(alerts, rows, links) for rows in _parts(ring, ring > 0)]
    left = ring == 0
    for name in FILES:
        number = getattr(alerts, name)
        of_file = np.bincount(number[left], minlength=1)
        mine = left & (number > 0) & (of_file[np.where(left, number, 0)] >= LEAST_OF_FILE)
        found += [Group(f"{name}-{number[rows[0]]}", "batch", name, int(number[rows[0]]),
                        tuple(rows.tolist())) for rows in _parts(number, mine)]
        left &= ~mine
    found += [Group(f"member-{alerts.member[rows[0]]}", "member", "member",
                    int(alerts.member[rows[0]]), tuple(rows.tolist()))
              for rows in _parts(alerts.member, left)]
    return found


def candidates(alerts: Alerts) -> dict[str, list[int]]:
    """List what may tie members, by tie: of these it matters how many members of all share them.

    >>> column = np.array([4, 4, 6])
    >>> candidates(Alerts(column, np.array([1, 2, 3]), *[column] * 5))["payout"]
    [4]
    """
    found: dict[str, list[int]] = {}
    for tie in TIES:
        number = getattr(alerts, tie)
        pairs = np.unique(np.stack([number, alerts.member])[:, number > 0], axis=1)
        things, members = np.unique(pairs[0], return_counts=True)
        found[tie] = things[members >= LEAST[tie]].tolist()
    return found


class _Link(NamedTuple):
    """A thing that ties members: its kind, its number, its members, each once."""

    tie: int
    subject: int
    members: Ints


def _links(alerts: Alerts, limits: Limits) -> list[_Link]:
    """List what ties, the strongest tie and the most members first."""
    found: list[_Link] = []
    for at, tie in enumerate(TIES):
        number = getattr(alerts, tie)
        pairs = np.unique(np.stack([number, alerts.member])[:, number > 0], axis=1)
        starts = np.flatnonzero(np.diff(pairs[0], prepend=-1))
        shared, innocent = limits.shared.get(tie, {}), limits.innocent.get(tie, frozenset())
        for members, subject in zip(np.split(pairs[1], starts[1:]), pairs[0, starts].tolist(),
                                    strict=False):
            of_all = max(shared.get(subject, 0), len(members))
            if (len(members) >= LEAST[tie] and of_all <= limits.most[tie]
                    and subject not in innocent):
                found.append(_Link(at, subject, members))
    return sorted(found, key=lambda link: (link.tie, -len(link.members), link.subject))


def _rings(member: Ints, links: list[_Link]) -> Ints:
    """Smallest member of each alert's ring, 0 for none; shape (n,)."""
    above: dict[int, int] = {}

    def top(one: int) -> int:
        while above.get(one, one) != one:
            above[one] = above.get(above[one], above[one])
            one = above[one]
        return one

    for link in links:
        tops = sorted({top(int(one)) for one in link.members})
        for one in tops:
            above[one] = tops[0]
    return np.array([top(int(one)) if int(one) in above else 0 for one in member], dtype=np.int64)


def _ring(alerts: Alerts, rows: Ints, links: list[_Link]) -> Group:
    mine = frozenset(alerts.member[rows].tolist())
    link = next(link for link in links if int(link.members[0]) in mine)
    tie = TIES[link.tie]
    return Group(f"ring-{tie}-{link.subject}", "ring", tie, link.subject, tuple(rows.tolist()))


def _parts(key: Ints, mine: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[Ints]:
    """Rows of a mask by their key, keys increasing, rows in their order."""
    rows = np.flatnonzero(mine)
    order = rows[np.argsort(key[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    return np.split(order, starts[1:]) if len(order) else []
