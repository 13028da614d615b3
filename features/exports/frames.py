"""Arrow columns as pandas columns of raw cells, without guessing and without losing digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NULLABLE: Final = {
    pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(), pa.uint8(): pd.UInt8Dtype(), pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(), pa.uint64(): pd.UInt64Dtype(), pa.bool_(): pd.BooleanDtype(),
}
"""Types with room for unknown; as floats, long ids would lose their last digits."""
JOIN: Final = ";"
"""Separator of the contract's cells that hold several words."""


def rechunk(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Join and cut batches into tables of exactly ``rows`` rows, the last one shorter.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batches = [pa.record_batch({"a": [1, 2]}), pa.record_batch({"a": [3, 4, 5]})]
    >>> [table["a"].to_pylist() for table in rechunk(batches, 3)]
    [[1, 2, 3], [4, 5]]
    """
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in batches:
        start = 0
        while held + batch.num_rows - start >= rows:
            taken = rows - held
            yield pa.Table.from_batches([*waiting, batch.slice(start, taken)])
            waiting, held, start = [], 0, start + taken
        if start < batch.num_rows:
            waiting.append(batch.slice(start))
            held += batch.num_rows - start
    if waiting:
        yield pa.Table.from_batches(waiting)


def frame(columns: dict[str, pa.ChunkedArray]) -> pd.DataFrame:
    """Build a frame of raw cells.

    Text stays text; integers and booleans stay exact also beside unknown cells; decimals and
    dates become text; a list of words becomes one text with semicolons.

    Raises
    ------
    BadInput
        Where a column holds tables or bytes instead of plain cells.
    """
    return pd.DataFrame({name: _series(cells, name) for name, cells in columns.items()})


def _series(cells: pa.ChunkedArray, name: str) -> pd.Series:
    ready = plain(cells, name)
    return ready.to_pandas(types_mapper=NULLABLE.get if ready.null_count else None)


def plain(cells: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return a column of text, numbers, truth or times; ``name`` is for errors.

    Raises
    ------
    BadInput
        For tables, bytes and durations.
    """
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return plain(cells.cast(kind.value_type), name)
    if _is_text(kind):
        return cells.cast(pa.string())
    if (pa.types.is_list(kind) or pa.types.is_large_list(kind)) and _is_text(kind.value_type):
        return pc.binary_join(cells, JOIN).cast(pa.string())
    if pa.types.is_float16(kind):
        return cells.cast(pa.float32())
    if any(test(kind) for test in (pa.types.is_decimal, pa.types.is_date, pa.types.is_null,
                                   pa.types.is_time)):
        return cells.cast(pa.string())
    if any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating,
                                   pa.types.is_boolean, pa.types.is_timestamp)):
        return cells
    raise BadInput(f"plain cells in the column {name}", f"cells of the type {kind}",
                   "write the column as text or numbers")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind)
                or pa.types.is_string_view(kind))
