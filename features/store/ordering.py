"""The order of a file's rows: when each became known, never where it stands in the file.

Events are put in their order where they get their places (`features.store.append`). All other
rows are put in theirs here, before numbers, versions or places are given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.places import MISSING
from features.store.normalise import KNOWN_AT

if TYPE_CHECKING:
    from features.contract import Table
    from features.places import Ints


def in_order(table: Table, rows: pa.Table) -> pa.Table:
    """Sort clean rows by when they became known, those that do not say first.

    Equal rows of a log are put in the order of their contents. Of two versions known at once the
    one further down in the file is the newer: nothing else tells them apart.

    Examples
    --------
    >>> from features.contract import MERGES
    >>> rows = pa.table({"merge_id": ["b", "c", "a"], "merged_at": [7, 5, 7]})
    >>> in_order(MERGES, rows)["merge_id"].to_pylist()
    ['c', 'a', 'b']
    """
    if table.role == "event":
        return rows
    known = _known(table, rows)
    order = np.argsort(known, kind="stable")
    if table.role == "log":
        _sort_ties(table, rows, known, order)
    if (order[1:] > order[:-1]).all():
        return rows
    return rows.take(pa.array(order))


def _known(table: Table, rows: pa.Table) -> Ints:
    """When each row became known, in ms; MISSING where it does not say."""
    known = np.full(rows.num_rows, MISSING)
    for name in (table.first_time, KNOWN_AT.name):
        if name in rows.column_names:
            said = np.asarray(rows[name].fill_null(MISSING), dtype=np.int64)
            known = np.where(said == MISSING, known, said)
    return known


def _sort_ties(table: Table, rows: pa.Table, known: Ints, order: Ints) -> None:
    """Put rows that are known at once in the order of what stands in them."""
    equal = known[order[1:]] == known[order[:-1]]
    tied = np.append(equal, False) | np.insert(equal, 0, False)
    some = rows.take(pa.array(order[tied]))
    names = [name for name in table.names if name in rows.column_names]
    keys = {name: _plain(some[name]) for name in names}
    ranked = pc.sort_indices(pa.table({"": known[order[tied]], **keys}), [
        ("", "ascending"), *((name, "ascending") for name in names)])
    order[tied] = order[tied][np.asarray(ranked)]


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.large_string()) if pa.types.is_dictionary(column.type) else column
