"""Records as Parquet parts that both engines read: the table ``records``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.errors import BadInput
from features.records import COLUMN, COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from features.places import Ints

SCHEMA: Final = pa.schema([("pos", pa.int64()), *((name, pa.int64()) for name in COLUMNS)])
"""``pos`` numbers the records of all parts from 1 on, in the order of place, then seq."""


def write_records(slices: Iterable[Ints], folder: Path) -> int:
    """Write records as parts, one a slice; return how many there are.

    Parameters
    ----------
    slices : iterable of int64, shape (n, len(COLUMNS))
        In the order of place, then seq, as `Journal.records` gives them.

    Raises
    ------
    BadInput
        A record is older than the one before it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count, last = 0, -1
    for number, records in enumerate(slices):
        places = records[:, COLUMN["place"]]
        if len(records) and (places[0] < last or (np.diff(places) < 0).any()):
            raise BadInput("records in the order of their places", "one before its time",
                           "sort by place, then seq")
        last = int(places[-1]) if len(records) else last
        positions = np.arange(count + 1, count + 1 + len(records), dtype=np.int64)
        columns = [positions, *np.ascontiguousarray(records.T)]
        pq.write_table(pa.table(columns, schema=SCHEMA), folder / f"part-{number:06}.parquet",
                       compression="zstd", compression_level=1)
        count += len(records)
    return count


def read_parts(parts: Iterable[Path], rows: int = 200_000) -> Iterator[Ints]:
    """Give the records of Parquet parts slice by slice, in the order of the parts.

    Parameters
    ----------
    parts : iterable of path
        Files with the columns of `features.records.COLUMNS`; others are left out.
    rows : int
        Records a slice may have at most.
    """
    for part in parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(rows, columns=list(COLUMNS)):
                yield np.column_stack([batch.column(name).to_numpy() for name in COLUMNS])
