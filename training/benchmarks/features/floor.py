"""What any engine pays: read the log, sort it once by member and place, write 25 columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa


def floor_of(columns: pa.Table) -> Callable[[Path, Path], None]:
    """Give the floor that writes these columns, which lie in memory already.

    Parameters
    ----------
    columns : pyarrow.Table
        ``place`` and the features, written with the settings of `features.rowfile`; the floor's
        sort moves the log's columns.
    """

    def floor(log: Path, out: Path) -> None:
        table = pq.read_table(log)
        order = np.lexsort((table["place"].to_numpy(), table["member"].to_numpy()))
        table.take(order)
        pq.write_table(
            columns.slice(0, len(table)), out, compression="zstd", use_dictionary=["place"],
            use_byte_stream_split=[name for name in columns.column_names if name != "place"])

    return floor
