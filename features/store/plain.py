"""Cells that are plainly good, in a fraction of the time; `features.store.cells` reads the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from features.places import FIRST_MS, LAST_MS
from features.store.cells import BLANKS, FARTHEST, MILLION, MOST_BYTES, MOST_WHOLE, TIME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.contract import Column, Type

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def plain_cell(column: Column, value: object) -> int | str | None:
    """Integer or string of one raw cell as `parse_cell` gives it, None where that must be asked.

    >>> from features.contract import SCANS
    >>> plain_cell(SCANS.column("code_id"), " C-1 "), plain_cell(SCANS.column("proof"), "photo")
    ('C-1', None)
    """
    quick = _QUICK.get(column.type)
    return None if quick is None else quick(column, value)


def _text(column: Column, value: object) -> str | None:
    if type(value) is not str or not value.isascii() or "\0" in value:
        return None
    text = value.strip(BLANKS)
    return text if 0 < len(text) <= MOST_BYTES else None


def _time(column: Column, value: object) -> int | None:
    if type(value) is not str or len(value) not in (20, 24) or not TIME_PATTERN.fullmatch(value):
        return None
    try:
        ms = (datetime.fromisoformat(value) - _EPOCH) // _MS
    except ValueError:
        return None
    return _bounded(column, ms) if FIRST_MS <= ms <= LAST_MS else None


def _whole(column: Column, value: object) -> int | None:
    if type(value) is not int or not -MOST_WHOLE < value < MOST_WHOLE:
        return None
    return _bounded(column, value)


def _real(column: Column, value: object) -> int | None:
    if type(value) is not float or not -FARTHEST <= value <= FARTHEST:
        return None
    return _bounded(column, round(value * MILLION))


def _enum(column: Column, value: object) -> int | None:
    if type(value) is not str or value not in column.values:
        return None
    return _bounded(column, column.values.index(value))


def _bounded(column: Column, number: int) -> int | None:
    low, high = column.low, column.high
    fits = (low is None or number >= low) and (high is None or number <= high)
    return number if fits else None


_QUICK: Final[dict[Type, Callable[[Column, object], int | str | None]]] = {
    "id": _text, "time": _time, "points": _whole, "integer": _whole, "decimal": _real,
    "degrees": _real, "enum": _enum,
}
