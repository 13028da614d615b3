"""How much a ring looks like one hand: evidence from 0 to 1 each, and a score that grows with it.

No label is used. The shapes and weights are judgements, in the words of the patterns they serve:
self-referral, referral ring, farm of accounts on a phone, welcome farming, common payout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.links.kinds import DAY_MS, DEVICE, PAYOUT, TOGETHER_MS
from features.places import MISSING

if TYPE_CHECKING:
    from features.links.circle import Circle
    from features.links.group import Group

Floats = npt.NDArray[np.float64]
EVIDENCE: Final = ("payout", "kinds", "size", "burst", "thin", "device", "referral", "alike")
"""What speaks for one hand, in the order of the columns of the evidence."""
POINTS: Final = np.array([1.5, 1.0, 1.0, 1.5, 2.5, 1.0, 1.5, 0.5])
"""Log-odds that each evidence adds when full."""
START: Final = -4.5
"""Log-odds of a ring without evidence: about 1 %."""
FEW_DAYS: Final = 4
"""A member with at most so many active days has little of his own."""
SETTLED_MS: Final = 14 * DAY_MS
"""Before so long after joining, or since the journal's first event, nobody can have much of his
own: what is missing counts half."""
FAMILY: Final = 3
"""Two share a wallet, an address and a phone at home; from one more than so many, few do."""
SILENT_MS: Final = 30 * DAY_MS
SPELL_MS: Final = 60 * DAY_MS
"""Silent for the first after a life shorter than the second: came, took, went."""


def ring_score(evidence: Floats) -> Floats:
    """Score of rings, 0 to 1, from their evidence, shape (n, len(EVIDENCE)); grows with each.

    Examples
    --------
    >>> ring_score(np.array([[0.0] * 8, [1.0] * 8])).round(3).tolist()
    [0.011, 0.998]
    """
    return 1.0 / (1.0 + np.exp(-(START + evidence @ POINTS)))


def evidence(group: Group, circle: Circle) -> Floats:
    """Evidence of each ring, shape (rings, len(EVIDENCE)), each from 0 to 1.

    What speaks of the members (burst, thin, device) counts by how much of what they share is
    theirs alone: five newcomers on the phone of a shop that forty use are customers.
    """
    size, own = group.size, group.closed
    columns = {
        "payout": (group.most(PAYOUT) - 1) / 4,
        "kinds": (group.kinds - 1) / 2 * np.minimum((size - 1) / FAMILY, 1.0),
        "size": (size - 2) / 6,
        "burst": (group.burst(circle.joined, TOGETHER_MS) - 1) / 4 * own,
        "thin": group.sum(_thin(group, circle) * _seen_part(group, circle)) / size * own,
        "device": group.sum(group.share_on(DEVICE, circle)) / size * own,
        "referral": group.quick_referrals(circle) / 4,
        "alike": _alike(group, circle) * own,
    }
    return np.clip(np.column_stack([columns[name] for name in EVIDENCE]), 0.0, 1.0)


def _thin(group: Group, circle: Circle) -> Floats:
    """How little each member has of his own: few active days, or a short life and silence."""
    who, ms = group.members, circle.ms
    acted = circle.last[who] != MISSING
    first, last = (np.where(acted, when[who], ms) for when in (circle.first, circle.last))
    silent = ~acted | (ms - last > SILENT_MS)
    few = np.clip((2 * FEW_DAYS - circle.days[who]) / FEW_DAYS, 0.0, 1.0)
    gone = silent & (last - first < SPELL_MS)
    return np.maximum(few, gone)


def _seen_part(group: Group, circle: Circle) -> Floats:
    """Half for who is too new to have much of his own."""
    return np.where(_settled(group, circle), 1.0, 0.5)


def belonging(group: Group, circle: Circle) -> Floats:
    """How far a ring's score is each member's: half of it for who has plenty of his own."""
    return 0.5 + 0.5 * _thin(group, circle)


def _settled(group: Group, circle: Circle) -> Any:
    """Whether each member was with the program, and seen by it, for `SETTLED_MS`."""
    since = np.maximum(circle.joined[group.members], circle.since)
    return circle.ms - since >= SETTLED_MS


def _alike(group: Group, circle: Circle) -> Any:
    """Whether settled members did about equally much: 1 minus the spread of their active days."""
    days = np.log1p(circle.days[group.members].astype(np.float64))
    mean = group.sum(days) / group.size
    spread = np.sqrt(np.maximum(group.sum(days**2) / group.size - mean**2, 0.0))
    settled = group.sum(_settled(group, circle)) / group.size
    return np.where(group.size > 2, 1.0 - spread, 0.0) * settled
