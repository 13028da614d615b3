"""One raw cell to the integer or string the journal keeps: the meaning of every column type.

This is the oracle: the quick way over whole columns (`features.store.columns`) decides only what is
plainly good, and asks here for the rest, sentence included.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from features.errors import BadCell
from features.places import FIRST_MS, LAST_MS, MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.contract import Column, Type
    from features.exports.program import Program

BLANKS: Final = " \t\r\n"
"""Cut off both ends of every text; a cell of blanks only is unknown."""
MOST_BYTES: Final = 2000
"""Longest text: an entry of a PostgreSQL B-tree holds 2,704 bytes."""
MOST_SHOWN: Final = 80
MILLION: Final = 1_000_000
FARTHEST: Final = 10**12
"""Largest decimal; its millionths fit the journal's integers."""
MOST_WHOLE: Final = 10**18
WHOLE: Final = r"[+-]?[0-9]{1,18}(\.0*)?"
MONEY: Final = r"[+-]?[0-9]{1,18}(\.[0-9]{0,18})?"
REAL: Final = r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?"
TIME: Final = (
    r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
"""RFC 3339, section 5.6; the note there allows a space for the T."""
WANTED_TIME: Final = "an RFC 3339 time with an offset, from 1970 to 2200"

_whole = re.compile(WHOLE)
_money = re.compile(MONEY)
_real = re.compile(REAL)
_time = re.compile(TIME)
TIME_PATTERN: Final = _time
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_EXACT: Final = Context(prec=80)


class UnreadableError(Exception):
    """A cell is not of its type; the message says what came, where the cell itself would not."""


def parse_cell(column: Column, value: object, program: Program) -> int | str:
    """Integer (or string, for ``id`` and ``private``) of one raw cell.

    Unknown is `features.places.MISSING`, or ``""`` for a string: an empty text, ``None``, NaN,
    NaT. Times are UTC milliseconds, money minor units of the program's currency, decimals and
    degrees millionths.

    Raises
    ------
    BadCell
        With the column's name, what was expected and what came.

    Examples
    --------
    >>> from features.contract import SCANS
    >>> from features.exports.program import Program
    >>> acme = Program(program_id="acme", currency="USD")
    >>> parse_cell(SCANS.column("amount"), "12.5", acme)
    1250
    >>> parse_cell(SCANS.column("occurred_at"), "1970-01-01T07:00:01+07:00", acme)
    1000
    >>> parse_cell(SCANS.column("proof"), "photo", acme)
    Traceback (most recent call last):
    features.errors.BadCell: Wanted qr, barcode, serial or invoice in proof; came photo. ...
    """
    text = column.type in ("id", "private")
    if isinstance(value, str):
        value = value.strip(BLANKS)
    if is_unknown(value):
        if column.required:
            raise BadCell(column.name, wanted(column, program), "an empty cell")
        return "" if text else MISSING
    try:
        parsed = _PARSERS[column.type](value, column, program)
    except UnreadableError as error:
        raise BadCell(column.name, wanted(column, program), str(error) or shown(value)) from None
    if isinstance(parsed, int) and not in_bounds(column, parsed):
        raise BadCell(column.name, wanted(column, program), shown(value))
    return parsed


def is_unknown(value: object) -> bool:
    """Whether a cell says nothing: None, an empty text, NaN or NaT.

    >>> is_unknown(float("nan")), is_unknown(0)
    (True, False)
    """
    if value is None or (isinstance(value, str) and not value):
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return type(value).__name__ in ("NaTType", "NAType") or (
        isinstance(value, float) and math.isnan(value)
    )


def in_bounds(column: Column, number: int) -> bool:
    """Whether an integer is one the column may hold."""
    low, high = column.low, column.high
    return (low is None or number >= low) and (high is None or number <= high)


def shown(value: object) -> str:
    """Shorten what came to fit a sentence.

    >>> shown("x" * 100)[-3:]
    '...'
    """
    text = str(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."


def wanted(column: Column, program: Program) -> str:
    """Say as a phrase what the contract asks of a column.

    >>> from features.contract import MEMBERS
    >>> from features.exports.program import Program
    >>> wanted(MEMBERS.column("lat"), Program(program_id="acme"))
    'decimal degrees from -90 to 90'
    """
    return _WANTED[column.type](column, program)


def _list(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _bounds(column: Column, unit: int = 1) -> str:
    if column.low is None or column.high is None:
        return ""
    low, high = Decimal(column.low) / unit, Decimal(column.high) / unit
    return f" from {low.normalize():f} to {high.normalize():f}"


def money_digits(program: Program) -> int:
    """Digits after the point that an amount of the program may have."""
    return len(str(program.minor_units)) - 1


def _money_wanted(column: Column, program: Program) -> str:
    return (f"an amount in {program.currency} with at most {money_digits(program)} digits after "
            f"the point,{_bounds(column, program.minor_units)}")


_WANTED: Final[dict[Type, Callable[[Column, Program], str]]] = {
    "id": lambda column, program: f"a text of at most {MOST_BYTES} bytes",
    "private": lambda column, program: f"a text of at most {MOST_BYTES} bytes",
    "time": lambda column, program: WANTED_TIME,
    "points": lambda column, program: "a whole number" + _bounds(column),
    "integer": lambda column, program: "a whole number" + _bounds(column),
    "money": _money_wanted,
    "decimal": lambda column, program: "a number" + _bounds(column, MILLION),
    "degrees": lambda column, program: "decimal degrees" + _bounds(column, MILLION),
    "boolean": lambda column, program: "true or false",
    "enum": lambda column, program: _list(column.values),
    "set": lambda column, program: f"{_list(column.values)}, separated by ;",
}


def _parse_text(value: object, column: Column, program: Program) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float | Decimal) and is_whole(value, 2**53):
        return str(int(value))
    if not isinstance(value, str) or "\0" in value:
        raise UnreadableError
    try:
        length = len(value.encode())
    except UnicodeEncodeError:
        raise UnreadableError("text that is not Unicode") from None
    if length > MOST_BYTES:
        raise UnreadableError(f"{length} bytes")
    return value


def is_whole(value: int | float | Decimal, bound: int) -> bool:
    """Whether a number is an integer smaller than ``bound``.

    >>> is_whole(2.0, 10), is_whole(2.5, 10), is_whole(float("inf"), 10)
    (True, False, False)
    """
    return -bound < value < bound and value == int(value)


def _parse_whole(value: object, column: Column, program: Program) -> int:
    if isinstance(value, bool):
        raise UnreadableError
    if isinstance(value, str) and _whole.fullmatch(value):
        return int(value.partition(".")[0])
    if isinstance(value, int | float | Decimal) and is_whole(value, MOST_WHOLE):
        return int(value)
    raise UnreadableError


def _parse_money(value: object, column: Column, program: Program) -> int:
    if isinstance(value, bool) or (isinstance(value, str) and not _money.fullmatch(value)):
        raise UnreadableError
    if not isinstance(value, str | int | float | Decimal):
        raise UnreadableError
    exact = Decimal(repr(value) if isinstance(value, float) else value)
    if not exact.is_finite() or exact.copy_abs() >= MOST_WHOLE:
        raise UnreadableError
    minor = _EXACT.multiply(exact, program.minor_units)
    if minor != int(minor):
        raise UnreadableError(f"{shown(value)} with more digits after the point")
    return int(minor)


def _parse_real(value: object, column: Column, program: Program) -> int:
    """Millionths; all forms go through one double, so that both ways round alike."""
    if isinstance(value, bool) or (isinstance(value, str) and not _real.fullmatch(value)):
        raise UnreadableError
    if not isinstance(value, str | int | float | Decimal):
        raise UnreadableError
    if not isinstance(value, str) and not -FARTHEST <= value <= FARTHEST:
        raise UnreadableError
    real = float(value)
    if abs(real) > FARTHEST:
        raise UnreadableError
    return round(real * MILLION)


def _parse_time(value: object, column: Column, program: Program) -> int:
    if isinstance(value, str):
        if not _time.fullmatch(value):
            raise UnreadableError
        try:
            moment = datetime.fromisoformat(_for_python(value))
        except ValueError:
            raise UnreadableError from None
    elif isinstance(value, datetime):
        moment = value
    else:
        raise UnreadableError(f"{shown(value)} without a time" if isinstance(value, date) else "")
    if moment.tzinfo is None:
        raise UnreadableError(f"{shown(value)} without an offset")
    ms = (moment - _EPOCH) // _MS
    if not FIRST_MS <= ms <= LAST_MS:
        raise UnreadableError
    return ms


def _for_python(text: str) -> str:
    """Digits past the microsecond cut off: a millisecond is kept, downwards."""
    head, point, tail = text.upper().partition(".")
    if not point:
        return head
    digits = re.match(r"[0-9]+", tail)
    end = digits.end() if digits else 0
    return f"{head}.{tail[:end][:6].ljust(6, '0')}{tail[end:]}"


def _parse_boolean(value: object, column: Column, program: Program) -> int:
    if type(value).__name__ in ("bool", "bool_"):
        return int(bool(value))
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return int(value.lower() == "true")
    raise UnreadableError


def _parse_enum(value: object, column: Column, program: Program) -> int:
    if not isinstance(value, str) or value not in column.values:
        raise UnreadableError
    return column.values.index(value)


def _parse_set(value: object, column: Column, program: Program) -> int:
    if not isinstance(value, str):
        raise UnreadableError
    mask = 0
    for word in value.split(";"):
        name = word.strip(BLANKS)
        if name and name not in column.values:
            raise UnreadableError(shown(name))
        mask |= 1 << column.values.index(name) if name else 0
    return mask


_PARSERS: Final[dict[Type, Callable[[object, Column, Program], int | str]]] = {
    "id": _parse_text, "private": _parse_text, "time": _parse_time, "points": _parse_whole,
    "integer": _parse_whole, "money": _parse_money, "decimal": _parse_real,
    "degrees": _parse_real, "boolean": _parse_boolean, "enum": _parse_enum, "set": _parse_set,
}
