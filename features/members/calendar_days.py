"""Days of a program: whole local days since 1970, in the program's time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from features.places import Ints

DAY_MS: Final = 86_400_000


def local_days(ms: Ints, timezone: str) -> Ints:
    """Local day of each moment, as whole days since 1970-01-01 in that time zone.

    Parameters
    ----------
    ms : shape (n,)
        UTC milliseconds.
    timezone : str
        An IANA name.

    Examples
    --------
    >>> import numpy as np
    >>> local_days(np.array([0, 61_200_000]), "Asia/Jakarta")
    array([0, 1])
    """
    moments = pd.to_datetime(np.asarray(ms, dtype=np.int64), unit="ms", utc=True)
    local = moments.tz_convert(timezone).tz_localize(None).as_unit("ms")
    return np.asarray(local.asi8, dtype=np.int64) // DAY_MS


def day_start(day: int, timezone: str) -> int:
    """UTC milliseconds at which a local day begins.

    >>> day_start(1, "Asia/Jakarta")
    61200000
    """
    start = pd.Timestamp(day * DAY_MS, unit="ms").tz_localize(
        timezone, nonexistent="shift_forward", ambiguous=True
    )
    return int(start.as_unit("ms").value // 1_000_000)


def as_of_day(as_of_ms: int, timezone: str) -> int:
    """First local day that has not begun to count at ``as_of_ms``: the days before it are known.

    A moment in the middle of a day belongs to the morning after, so that what happened today is
    in the past and a horizon is made of whole days.

    >>> as_of_day(0, "UTC"), as_of_day(1, "UTC")
    (0, 1)
    """
    return int(local_days(np.array([as_of_ms - 1]), timezone)[0]) + 1
