"""Rows that could not be taken, each bad cell with a sentence that says what was expected."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

SCHEMA: Final = pa.schema([
    ("table", pa.string()), ("row", pa.int64()), ("column", pa.string()),
    ("value", pa.string()), ("sentence", pa.string()),
])


class Reject(NamedTuple):
    """One bad cell: table, number of the row (1 is the first below the header), column, value."""

    table: str
    row: int
    column: str
    value: str
    sentence: str


def reject_frame(rejects: Iterable[Reject]) -> pd.DataFrame:
    """Rejects as a frame, one line per bad cell.

    >>> reject_frame([Reject("scans", 3, "points", "5.5", "expected a whole number, got 5.5")]).row
    0    3
    Name: row, dtype: int64
    """
    columns = list(zip(*rejects, strict=True)) or [()] * len(SCHEMA)
    arrays = [pa.array(cells, field.type) for cells, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA).to_pandas()


def write_rejects(rejects: pd.DataFrame, path: Path) -> None:
    """Replace the rejects of the ingest before, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    pq.write_table(pa.Table.from_pandas(rejects, schema=SCHEMA, preserve_index=False), draft)
    draft.replace(path)
