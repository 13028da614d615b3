"""Parts of a result side by side: one row for each position of the first part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from features.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.places import Ints


def aligned(parts: Sequence[pa.Table]) -> pa.Table:
    """Put the columns of parts into one table, NULL where a part lacks a position.

    Parameters
    ----------
    parts : sequence of Table
        Each with ``pos``, ascending and unique; the first has every position.

    Raises
    ------
    Unavailable
        A part is out of order, or has a position twice or one that the first part lacks.

    Examples
    --------
    >>> first = pa.table({"pos": [1, 4, 5], "member": [7, 7, 8]})
    >>> aligned([first, pa.table({"pos": [4], "tries": [2]})]).column("tries").to_pylist()
    [None, 2, None]
    """
    first = parts[0]
    positions = _positions(first)
    columns = dict(zip(first.column_names, first.columns, strict=True))
    for part in parts[1:]:
        found = _spread(part, positions)
        columns |= dict(zip(found.column_names, found.columns, strict=True))
    return pa.table(columns)


def _spread(part: pa.Table, positions: Ints) -> pa.Table:
    own = _positions(part)
    values = part.drop_columns("pos")
    if np.array_equal(own, positions):
        return values
    at = np.searchsorted(positions, own)
    if len(own) and (at[-1] == len(positions) or not np.array_equal(positions[at], own)):
        raise _broken("a position that no judged record has")
    rows = np.full(len(positions), -1)
    rows[at] = np.arange(len(own))
    return values.combine_chunks().take(pa.array(rows, mask=rows < 0))


def _positions(part: pa.Table) -> Ints:
    positions = part.column("pos").to_numpy()
    if (positions[1:] <= positions[:-1]).any():
        raise _broken("positions that do not ascend")
    return positions


def _broken(came: str) -> Unavailable:
    return Unavailable("one row for each position in every part of the result", came,
                       "report this catalog; the local engine is not concerned")
