"""Cells of a source read as text, numbers, times or truth, a whole column at once.

A cell that cannot be read (``n/a`` where a number is wanted) does not become unknown in silence:
its text is kept as a *fault* and comes out in place of the result, so that the row ends among the
rejects with what was written in the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import BadConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT: Final = 1 << 53
"""Integers up to here are exact as floats."""
MOMENT: Final = pa.timestamp("ms", "UTC")
NUMBER: Final = {
    ".": r"^[+-]?((\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?$",
    ",": r"^[+-]?((\d{1,3}([. ]\d{3})+|\d+)(,\d*)?|,\d+)$",
}
"""How numbers are written with a decimal point and with a decimal comma."""
GROUPS: Final = {".": ",", ",": r"[. ]"}
OFFSET: Final = r"([Zz]|[+-]\d{2}:?\d{2})$"
TRUE: Final = ("true", "1", "yes", "y", "t")
FALSE: Final = ("false", "0", "no", "n", "f")


@dataclass(frozen=True)
class Scope:
    """What an expression needs beside its columns.

    Parameters
    ----------
    size : int
        Rows of the chunk.
    timezone : str
        Zone of times without an offset.
    decimal : str
        The source's decimal mark.
    first_row : int
        Rows of the source before the chunk.
    """

    size: int
    timezone: str = "UTC"
    decimal: str = "."
    first_row: int = 0


@dataclass(frozen=True)
class Cells:
    """A column of results, and the texts of cells that could not be read, null elsewhere."""

    values: pa.Array
    faults: pa.Array | None = None

    def joined(self) -> pa.Array:
        """Values, as text with the faults in their places where there are any."""
        if self.faults is None or self.faults.null_count == len(self.faults):
            return self.values
        return pc.coalesce(self.faults, text(self).values)


def text(cells: Cells) -> Cells:
    """Cells as text; whole numbers without a decimal point, truth as true and false."""
    values = cells.values
    if pa.types.is_string(values.type):
        return cells
    if pa.types.is_floating(values.type):
        whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), EXACT))
        ints = pc.if_else(whole, values, 0.0).cast(pa.int64()).cast(pa.string())
        return Cells(pc.if_else(whole, ints, values.cast(pa.string())), cells.faults)
    if pa.types.is_timestamp(values.type) and values.type.tz:
        utc = values.cast(MOMENT, safe=False).cast(pa.timestamp("ms"))
        return Cells(pc.strftime(utc, format="%Y-%m-%dT%H:%M:%SZ"), cells.faults)
    return Cells(values.cast(pa.string()), cells.faults)


def numbers(cells: Cells, scope: Scope) -> Cells:
    """Cells as floats; text that is no number is a fault."""
    values = cells.values
    kind = values.type
    if pa.types.is_boolean(kind):
        return Cells(values.cast(pa.int8()).cast(pa.float64()), cells.faults)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Cells(values.cast(pa.float64(), safe=False), cells.faults)
    trimmed = pc.utf8_trim_whitespace(text(cells).values)
    good = pc.match_substring_regex(trimmed, NUMBER[scope.decimal])
    plain = pc.replace_substring_regex(trimmed, GROUPS[scope.decimal], "")
    plain = pc.replace_substring(plain, scope.decimal, ".")
    plain = pc.replace_substring_regex(plain, r"^\+|\.$", "")
    floats = pc.if_else(good, plain, None).cast(pa.float64())
    return Cells(floats, faults_of([cells], pc.invert(good), trimmed))


def times(cells: Cells, scope: Scope, written: str = "") -> Cells:
    """Cells as UTC times; those without an offset are of the scope's time zone."""
    kind = cells.values.type
    if written in ("unix_s", "unix_ms"):
        found = numbers(cells, scope)
        scale = 1000.0 if written == "unix_s" else 1.0
        return Cells(whole(pc.round(pc.multiply(found.values, scale))).cast(MOMENT),
                     found.faults)
    if pa.types.is_timestamp(kind) and kind.tz:
        return Cells(cells.values.cast(MOMENT, safe=False), cells.faults)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return Cells(_local(cells.values, scope), cells.faults)
    words = pc.utf8_trim_whitespace(text(cells).values)
    if written:
        found = _read_times(words, written, "%z" in written.lower(), scope)
    else:
        aware = pc.match_substring_regex(words, OFFSET)
        found = pc.coalesce(
            _read_times(pc.if_else(aware, words, None), "ISO8601", True, scope),
            _read_times(pc.if_else(aware, None, words), "ISO8601", False, scope),
        )
    return Cells(found, faults_of([cells], pc.is_null(found), words))


def _read_times(words: pa.Array, written: str, aware: bool, scope: Scope) -> pa.Array:
    try:
        read = pd.to_datetime(words.to_pandas(), format=written, errors="coerce", utc=aware)
    except (ValueError, TypeError, OverflowError) as error:
        raise BadConfig("a format of times such as %d/%m/%Y %H:%M", written,
                        f"mend it ({str(error)[:100]})") from error
    if aware:
        return pa.array(read, MOMENT, from_pandas=True, safe=False)
    return _local(pa.array(read, pa.timestamp("ms"), from_pandas=True, safe=False), scope)


def _local(values: pa.Array, scope: Scope) -> pa.Array:
    """Give times without an offset theirs; in an hour that comes twice, the first."""
    naive = values.cast(pa.timestamp("ms"), safe=False)
    if scope.timezone == "UTC":
        return naive.cast(MOMENT)
    index = pd.DatetimeIndex(naive.to_pandas()).tz_localize(
        scope.timezone, ambiguous=np.ones(len(naive), dtype=bool), nonexistent="shift_forward"
    )
    return pa.array(index.tz_convert("UTC"), MOMENT, from_pandas=True)


def truths(cells: Cells) -> Cells:
    """Cells as truth values; words that mean neither are faults."""
    values = cells.values
    if pa.types.is_boolean(values.type):
        return cells
    words = pc.utf8_lower(pc.utf8_trim_whitespace(text(cells).values))
    yes = pc.is_in(words, pa.array(TRUE))
    known = pc.or_(yes, pc.is_in(words, pa.array(FALSE)))
    return Cells(pc.if_else(known, yes, None), faults_of([cells], pc.invert(known), words))


def faults_of(cells: Sequence[Cells], broken: pa.Array | None = None,
            words: pa.Array | None = None) -> pa.Array | None:
    """First fault of each row: of the arguments, else the word where this step broke."""
    found = [cell.faults for cell in cells if cell.faults is not None]
    if broken is not None and words is not None:
        here = pc.if_else(pc.and_(broken, pc.is_valid(words)), words, None)
        if here.null_count < len(here):
            found.append(here)
    return pc.coalesce(*found) if found else None


def whole(values: pa.Array) -> pa.Array:
    """Floats as integers; what no integer can hold is unknown."""
    fits = pc.less(pc.abs(values), 2.0**63)
    return pc.if_else(fits, values, None).cast(pa.int64(), safe=False)
