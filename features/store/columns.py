"""Whole columns of raw cells to integers or texts, at the speed of Arrow.

Every function here answers only for cells that are plainly good. The rest (odd spellings, bad
cells) go one by one to `features.store.cells`, whose meaning is the meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import infer_dtype

from features.errors import BadCell
from features.places import FIRST_MS, LAST_MS, MISSING
from features.store.cells import (
    BLANKS,
    FARTHEST,
    MILLION,
    MOST_BYTES,
    MOST_WHOLE,
    parse_cell,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from features.contract import Column
    from features.exports.program import Program

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Quick = tuple[Ints, Mask]

TEXT: Final = pa.dictionary(pa.int32(), pa.large_string())
_WHOLE: Final = "^-?[0-9]{1,17}$"
_MONEY: Final = "^-?[0-9]{1,11}(\\.[0-9]{1,%d})?$"
_REAL: Final = "^-?[0-9]{1,15}(\\.[0-9]{1,15})?(e-?[0-9]{1,2})?$"
_TIME: Final = (
    "^(19[7-9]|20[0-9]|21[0-9])[0-9]-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[T ]"
    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
    "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
_NS_PER_MS: Final = 1_000_000
_PER_MS: Final = {"s": (1000, 1), "ms": (1, 1), "us": (1, 1000), "ns": (1, _NS_PER_MS)}


@dataclass(frozen=True)
class Fault:
    """A bad cell: index of the row in the chunk, the column, what came, and the sentence."""

    index: int
    column: str
    value: str
    sentence: str


def read_column(column: Column, cells: pd.Series, program: Program) -> tuple[pa.Array, list[Fault]]:
    """Integers (or texts) of a column, null where unknown or bad, and the bad cells.

    Parameters
    ----------
    column : Column
        What the cells should be.
    cells : Series, shape (n,)
        Raw cells: texts, numbers, booleans, times, decimals.
    program : Program
        For the currency's digits.

    Returns
    -------
    values : Array, shape (n,)
        int64, or dictionary-encoded text for ``id`` and ``private``.
    faults : list of Fault

    Examples
    --------
    >>> import pandas as pd
    >>> from features.contract import SCANS
    >>> from features.exports.program import Program
    >>> cells = pd.Series(["5", "", "5.5"])
    >>> values, faults = read_column(SCANS.column("points"), cells, Program(program_id="acme"))
    >>> values.to_pylist(), faults[1].sentence
    ([5, None, None], 'expected a whole number from 0 to 1000000000000, got 5.5')
    """
    raw = _to_arrow(cells)
    if raw is None:
        return _read_each(column, cells.tolist(), program)
    if pa.types.is_dictionary(raw.type) or _is_text(raw.type):
        encoded = raw if pa.types.is_dictionary(raw.type) else raw.dictionary_encode()
        if _is_text(encoded.type.value_type):
            return _spread(column, encoded, program)
        raw = encoded.cast(encoded.type.value_type)
    return _read(column, raw, program)


def _to_arrow(cells: pd.Series) -> pa.Array | None:
    """Give an Arrow array, or None where the cells are Python objects other than text."""
    if cells.dtype == object and infer_dtype(cells, skipna=True) not in ("string", "empty"):
        return None
    try:
        array = pa.array(cells, from_pandas=True)
    except UnicodeEncodeError:
        return None
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _read_each(column: Column, cells: list[Any], program: Program) -> tuple[pa.Array, list[Fault]]:
    """Cells of several types, one by one."""
    values: list[Any] = [None] * len(cells)
    faults = []
    for index, cell in enumerate(cells):
        try:
            value = parse_cell(column, cell, program)
        except BadCell as error:
            faults.append(Fault(index, column.name, shown(cell), error.sentence))
        else:
            values[index] = None if value in ("", MISSING) else value
    text = column.type in ("id", "private")
    return pa.array(values, TEXT if text else pa.int64()), faults


def _spread(column: Column, encoded: pa.Array, program: Program) -> tuple[pa.Array, list[Fault]]:
    """Read each distinct text once, then spread the answers over the rows."""
    texts = pc.utf8_trim(encoded.dictionary.cast(pa.large_string()), characters=BLANKS)
    codes = encoded.indices.fill_null(len(texts))
    texts = pa.concat_arrays([texts, pa.array([""], pa.large_string())])
    values, faults = _read(column, texts, program)
    rows = np.asarray(codes).astype(np.int64)
    return _take(values, rows), _spread_faults(faults, rows, len(texts))


def _take(values: pa.Array, rows: Ints) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        taken = values.indices.take(pa.array(rows))
        return pa.DictionaryArray.from_arrays(taken, values.dictionary)
    return values.take(pa.array(rows))


def _spread_faults(faults: list[Fault], rows: Ints, size: int) -> list[Fault]:
    if not faults:
        return []
    by_code = {fault.index: fault for fault in faults}
    bad = np.zeros(size, dtype=bool)
    bad[list(by_code)] = True
    found = []
    for index in np.flatnonzero(bad[rows]):
        fault = by_code[int(rows[index])]
        found.append(Fault(int(index), fault.column, fault.value, fault.sentence))
    return found


def _read(column: Column, raw: pa.Array, program: Program) -> tuple[pa.Array, list[Fault]]:
    if column.type in ("id", "private"):
        return _read_texts(column, raw, program)
    unknown = _unknown(raw)
    values, good = _quick(column, raw, program)
    low, high = column.low, column.high
    if low is not None:
        good &= values >= low
    if high is not None:
        good &= values <= high
    faults = []
    asked = ~unknown & ~good
    if column.required:
        asked |= unknown
    for index in np.flatnonzero(asked):
        answer = _ask(column, _cell(raw, int(index)), int(index), program)
        if isinstance(answer, Fault):
            faults.append(answer)
        else:
            values[index], good[index] = int(answer), answer != MISSING
    return pa.array(values, mask=~good), faults


def _cell(raw: pa.Array, index: int) -> object:
    """One cell as a Python object; a time that Python has none for, past the year 9999, as text."""
    try:
        return raw[index].as_py()
    except (OverflowError, ValueError):
        return f"{raw[index].value} {raw.type.unit} after 1970"


def _ask(column: Column, cell: object, index: int, program: Program) -> int | str | Fault:
    try:
        return parse_cell(column, cell, program)
    except BadCell as error:
        return Fault(index, column.name, "" if cell is None else shown(cell), error.sentence)


def _unknown(raw: pa.Array) -> Mask:
    unknown = np.asarray(raw.is_null(nan_is_null=True))
    if _is_text(raw.type):
        unknown = unknown | np.asarray(pc.fill_null(pc.equal(raw, ""), True))
    return unknown


def _read_texts(column: Column, raw: pa.Array, program: Program) -> tuple[pa.Array, list[Fault]]:
    unknown = _unknown(raw)
    if _is_text(raw.type):
        texts = raw.cast(pa.large_string())
        long = pc.greater(pc.binary_length(texts), MOST_BYTES)
        odd = np.asarray(pc.fill_null(pc.or_(long, pc.match_substring(texts, "\0")), False))
    elif pa.types.is_integer(raw.type):
        texts, odd = raw.cast(pa.large_string()), np.zeros(len(raw), dtype=bool)
    else:
        return _read_each(column, [_cell(raw, index) for index in range(len(raw))], program)
    faults = []
    asked = odd | unknown if column.required else odd
    for index in np.flatnonzero(asked):
        answer = _ask(column, _cell(raw, int(index)), int(index), program)
        if isinstance(answer, Fault):
            faults.append(answer)
    hidden = pa.array(unknown | odd)
    known = pc.if_else(hidden, pa.scalar(None, pa.large_string()), texts)
    return known.dictionary_encode(), faults


def _nothing(raw: pa.Array) -> Quick:
    return np.full(len(raw), MISSING, dtype=np.int64), np.zeros(len(raw), dtype=bool)


def _quick(column: Column, raw: pa.Array, program: Program) -> Quick:
    """Values and which of them are plainly good, by the column's and the cells' type."""
    if _is_text(raw.type):
        return _FROM_TEXT[column.type](raw, column, program)
    if pa.types.is_boolean(raw.type) and column.type == "boolean":
        return _filled(raw.cast(pa.int64())), np.asarray(raw.is_valid())
    if pa.types.is_timestamp(raw.type) and raw.type.tz and column.type == "time":
        return _from_timestamps(raw)
    if column.type in _FROM_NUMBER:
        number = pa.types.is_floating(raw.type) or pa.types.is_integer(raw.type)
        if number and raw.type != pa.uint64():
            return _FROM_NUMBER[column.type](raw, program)
    return _nothing(raw)


def _filled(array: pa.Array) -> Ints:
    return np.array(array.fill_null(0), dtype=np.int64)


def _matching(raw: pa.Array, pattern: str) -> Mask:
    return np.asarray(pc.fill_null(pc.match_substring_regex(raw, pattern), False))


def _cast(raw: pa.Array, good: Mask, kind: pa.DataType) -> tuple[pa.Array | None, Mask]:
    """Cast the good texts to another type; none are good if Arrow refuses one of them."""
    try:
        return pc.if_else(pa.array(good), raw, pa.scalar(None, raw.type)).cast(kind), good
    except pa.ArrowInvalid:
        return None, np.zeros(len(raw), dtype=bool)


def _whole_text(raw: pa.Array, column: Column, program: Program) -> Quick:
    numbers, good = _cast(raw, _matching(raw, _WHOLE), pa.int64())
    return (_filled(numbers), good) if numbers is not None else _nothing(raw)


def _money_text(raw: pa.Array, column: Column, program: Program) -> Quick:
    digits = len(str(program.minor_units)) - 1
    pattern = _MONEY % digits if digits else "^-?[0-9]{1,15}$"
    numbers, good = _cast(raw, _matching(raw, pattern), pa.float64())
    if numbers is None:
        return _nothing(raw)
    return np.rint(np.asarray(numbers.fill_null(0.0)) * program.minor_units).astype(np.int64), good


def _real_text(raw: pa.Array, column: Column, program: Program) -> Quick:
    numbers, good = _cast(raw, _matching(raw, _REAL), pa.float64())
    if numbers is None:
        return _nothing(raw)
    values, near = _real_number(numbers, program)
    return values, good & near


def _time_text(raw: pa.Array, column: Column, program: Program) -> Quick:
    moments, good = _cast(raw, _matching(raw, _TIME), pa.timestamp("ns", "UTC"))
    if moments is None:
        return _nothing(raw)
    ms, near = _from_timestamps(moments)
    return ms, good & near


def _from_timestamps(moments: pa.Array) -> Quick:
    times, per = _PER_MS[moments.type.unit]
    counts = _filled(moments.cast(pa.int64()))
    near = np.abs(counts) <= (LAST_MS + 1) * per
    ms = np.where(near, counts, 0) * times // per
    return ms, near & (ms >= FIRST_MS) & (ms <= LAST_MS) & np.asarray(moments.is_valid())


def _boolean_text(raw: pa.Array, column: Column, program: Program) -> Quick:
    return _words(pc.utf8_lower(raw), ("false", "true"))


def _enum_text(raw: pa.Array, column: Column, program: Program) -> Quick:
    return _words(raw, column.values)


def _words(raw: pa.Array, words: tuple[str, ...]) -> Quick:
    found = pc.index_in(raw, pa.array(words, raw.type))
    return _filled(found), np.asarray(found.is_valid())


def _set_text(raw: pa.Array, column: Column, program: Program) -> Quick:
    return _nothing(raw)


def _reals(raw: pa.Array) -> npt.NDArray[np.float64]:
    return np.array(raw.cast(pa.float64(), safe=False).fill_null(np.nan), dtype=np.float64)


def _whole_number(raw: pa.Array, program: Program) -> Quick:
    if pa.types.is_integer(raw.type):
        whole = _filled(raw)
        return whole, np.asarray(raw.is_valid()) & (np.abs(whole) < MOST_WHOLE)
    reals = _reals(raw)
    good = (np.abs(reals) < 2.0**53) & (reals == np.floor(reals))
    return np.where(good, reals, 0).astype(np.int64), good


def _money_number(raw: pa.Array, program: Program) -> Quick:
    """Good where the double nearest to so many minor units is the cell itself."""
    reals = _reals(raw)
    near = np.abs(reals) <= 1e15 / program.minor_units
    minor = np.rint(np.where(near, reals, 0) * program.minor_units)
    return minor.astype(np.int64), near & (minor / program.minor_units == reals)


def _real_number(raw: pa.Array, program: Program) -> Quick:
    reals = _reals(raw)
    near = np.abs(reals) <= FARTHEST
    return np.rint(np.where(near, reals, 0) * MILLION).astype(np.int64), near


_FROM_TEXT: Final[dict[str, Callable[[pa.Array, Column, Program], Quick]]] = {
    "points": _whole_text, "integer": _whole_text, "money": _money_text, "decimal": _real_text,
    "degrees": _real_text, "time": _time_text, "boolean": _boolean_text, "enum": _enum_text,
    "set": _set_text,
}
_FROM_NUMBER: Final[dict[str, Callable[[pa.Array, Program], Quick]]] = {
    "points": _whole_number, "integer": _whole_number, "money": _money_number,
    "decimal": _real_number, "degrees": _real_number,
}
