"""Jaga's own batch, end to end: Parquet in, the kernel over slices of records, Parquet out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from features.engine.batch import records_from, replay_slices
from features.records import COLUMN
from features.rowfile import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.engine.state import Floats
    from features.places import Ints

ROWS: Final = 16_000
"""Records read at a time: 8 MB, that mostly stay in the cache until the kernel has read them."""
ZONE: Final = "Asia/Jakarta"
_KEYS: Final = (pa.field("place", pa.int64()),)


def read_slices(log: Path) -> Iterator[Ints]:
    """Yield the records of a Parquet file whose columns are those of records, in its order."""
    with pq.ParquetFile(log) as file:
        names = [name for name in file.schema_arrow.names if name in COLUMN]
        for batch in file.iter_batches(ROWS, columns=names):
            columns = {name: batch.column(name).to_numpy() for name in names}
            yield records_from({"seq": columns["event"], **columns})


def batch(catalog: Catalog, log: Path, out: Path) -> None:
    """Compute the catalog's features of a log: one row an event, ``place`` and the features."""
    def rows() -> Iterator[tuple[list[pa.Array], Floats]]:
        for judged, matrix in replay_slices(catalog, ZONE, read_slices(log)):
            yield [pa.array(judged[:, COLUMN["place"]])], matrix

    write_rows(out, _KEYS, catalog, rows())


