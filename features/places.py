"""The one order of a program: places, and what is known before them.

A *place* is a 64-bit integer, ``milliseconds << 20 | tie``. Each judged event gets one place,
unique and increasing, when it reaches the journal, and keeps it. A reference row (a member, a
code, a label) has no place of its own in that order; it has the place *after which it is known*.
An event sees exactly the rows whose place is smaller than its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

TIE_BITS: Final = 20
LAST_TIE: Final = (1 << TIE_BITS) - 1
MISSING: Final = -(1 << 63)
"""An unknown value in an integer column; an unknown id is 0, as numbers of entities start at 1."""
FIRST_MS: Final = 0
LAST_MS: Final = 7_258_118_400_000
"""2200-01-01T00:00:00Z: past it a place would leave 64 bits in 2248."""
BEGINNING: Final = 0
"""Known from the start: before every event."""

Ints = npt.NDArray[np.int64]


def first_place(ms: int) -> int:
    """Place of the first event of a millisecond.

    >>> first_place(1) == 1 << 20
    True
    """
    return ms << TIE_BITS


def known_place(ms: int) -> int:
    """Place after which a row learnt of at ``ms`` is known: the end of that millisecond.

    >>> first_place(5) < known_place(5) < first_place(6)
    True
    """
    return ms << TIE_BITS | LAST_TIE


def place_ms(place: int) -> int:
    """Milliseconds since 1970 UTC of a place.

    >>> place_ms(known_place(5))
    5
    """
    return place >> TIE_BITS


def assign_places(recorded_ms: Ints, last: int) -> Ints:
    """Places of events in arrival order, each after ``last`` and after the one before.

    Parameters
    ----------
    recorded_ms : shape (n,)
        When the server learnt of each event, in milliseconds, already in arrival order.
    last : int
        The last place given so far. An event older than it takes the next place and its time.

    Examples
    --------
    >>> import numpy as np
    >>> assign_places(np.array([3, 3, 2]), first_place(3)) - first_place(3)
    array([1, 2, 3])
    """
    steps = np.arange(len(recorded_ms), dtype=np.int64)
    wanted = (recorded_ms.astype(np.int64) << TIE_BITS) - steps
    return np.maximum(np.maximum.accumulate(wanted), last + 1) + steps if len(steps) else wanted
