"""What can link two members, how strongly, and how sharing by many damps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from features.places import Ints

DAY_MS: Final = 86_400_000
KINDS: Final = ("payout", "phone", "address", "device", "rep", "referral")
"""Kinds of links, in the order of their integers; ``joined together`` is company, no kind."""
PAYOUT, PHONE, ADDRESS, DEVICE, REP, REFERRAL = range(len(KINDS))
IDENTIFIERS: Final = (PAYOUT, PHONE, ADDRESS, DEVICE)
"""Kinds that join the members who share one; the others only keep them company."""
WEIGHTS: Final = np.array([1.0, 0.8, 0.6, 0.4, 0.3, 0.3])
"""A judgement (fraud patterns 9, 17, 18, 21, 24): who is paid with another profits with him; a
phone number is one person's or one household's; an address may be a market; a device lies on a
counter; a rep enrols a whole quarter; referring is what a program asks for."""
KNEES: Final = np.array([50.0, 10.0, 10.0, 20.0, 10.0, 1e9])
"""Members who share an identifier up to which it keeps its weight; beyond, it falls as 1 / n."""
ALONE: Final = 0.5
"""Weight from which an identifier joins by itself: payout up to 100 members, phone 16, address 12,
a device never."""
COMPANY: Final = 0.25
"""Weight from which it joins those who also share a second kind: payout up to 200 members, phone
32, address 24, device 32; below, it is no link. A rep keeps company up to 12 enrolled."""
FADES_MS: Final = 180 * DAY_MS
"""An identifier not seen with a member for so long no longer links him; nor does an enrolment."""
OWN_EVENTS: Final = 2
"""Judged events from which a device is a member's: once is a phone handed over at a meeting."""
TOGETHER_MS: Final = 7 * DAY_MS
"""Members who joined within so long of each other joined together."""
ROLL_OUT: Final = (100, 0.25)
"""Where more than so many members, and more than this share of all, joined within a week before or
after somebody, the program was launched: joining together then says nothing."""


def weight(kind: Ints, members: Ints) -> npt.NDArray[np.float64]:
    """Weight of identifiers of kinds, each shared by so many members.

    Examples
    --------
    >>> weight(np.array([PAYOUT, DEVICE, DEVICE]), np.array([9, 9, 80])).tolist()
    [1.0, 0.4, 0.1]
    """
    return np.asarray(WEIGHTS[kind] * np.minimum(1.0, KNEES[kind] / np.maximum(members, 1)))


def midnight(ms: int) -> int:
    """UTC midnight at or before a moment.

    >>> midnight(DAY_MS + 5) == DAY_MS
    True
    """
    return ms - ms % DAY_MS
