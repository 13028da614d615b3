"""Offsets of a time zone as a table, so that local time is integer arithmetic everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from features.errors import BadConfig
from features.places import LAST_MS, MISSING

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STEP_MS: Final = 7 * 86_400_000
"""No zone of the tz database changes twice within a week."""


@lru_cache(maxsize=8)
def offsets(timezone: str) -> npt.NDArray[np.int64]:
    """From when which offset to UTC holds, in ms, shape (n, 2); BadConfig for no such zone.

    Examples
    --------
    >>> offsets("Asia/Jakarta")[-1, 1] // 3_600_000
    np.int64(7)
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadConfig("a time zone of the tz database", f"'{timezone}'",
                        "write for example Asia/Jakarta") from error
    rows = [(MISSING, _offset(zone, 0))]
    for start in range(0, LAST_MS, _STEP_MS):
        end = start + _STEP_MS
        if _offset(zone, end) != rows[-1][1]:
            change = _first_change(zone, start, end)
            rows.append((change, _offset(zone, change)))
    table = np.array(rows, np.int64)
    table.setflags(write=False)
    return table


def _offset(zone: ZoneInfo, ms: int) -> int:
    delta = (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone).utcoffset()
    return round((delta or timedelta()).total_seconds()) * 1000


def _first_change(zone: ZoneInfo, low: int, high: int) -> int:
    """Smallest ms in (low, high] with the offset of ``high``."""
    after = _offset(zone, high)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == after:
            high = middle
        else:
            low = middle
    return high
