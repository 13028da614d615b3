"""Fetching ahead: in a batch the next records are known, and so is the memory they will touch.

Most of a record's time is waiting for rows that lie anywhere in memory. Asked for some records
before they are needed, they arrive in time; a wrong guess costs nothing but the asking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.engine.kernel.compiled import inner, prefetch
from features.engine.kernel.memory import fetch, row_of
from features.engine.kernel.pairs import hash_of
from features.records import COLUMNS

if TYPE_CHECKING:
    from features.engine.plan import Ints

FAR: Final = 12
"""Records ahead at which rows of entities and homes of pairs are fetched."""
NEAR: Final = 6
"""Records ahead at which the rows of pairs are fetched: their homes have come by then."""
_RAW: Final = len(COLUMNS)


@inner
def look_ahead(
    near: Ints, pairs: Ints, keys: Ints, cells: Ints, pages: Ints, table: Ints, records: Ints,
    i: int,
) -> None:  # pragma: no cover
    """Fetch what the records after ``i`` will touch."""
    last = len(table) - 1
    if i + FAR < len(records):
        for n in range(len(near)):
            fetch(keys, cells, pages, near[n, 1], records[i + FAR, near[n, 0]], near[n, 2],
                  near[n, 3])
        for pair in range(len(pairs)):
            home = _hash(pairs, records, i + FAR, pair) & last
            prefetch(table, 2 * home)
    if i + NEAR < len(records):
        for pair in range(len(pairs)):
            hashed = _hash(pairs, records, i + NEAR, pair)
            at = hashed & last
            if table[at, 0] == hashed:
                row = row_of(keys, pages, pairs[pair, 4], table[at, 1] >> 8)
                if row >= 0:
                    prefetch(cells, row)


@inner
def _hash(pairs: Ints, records: Ints, i: int, pair: int) -> int:  # pragma: no cover
    """Hash that a pair will have if both its columns stand in the record; else anything."""
    first, second = pairs[pair, 1], pairs[pair, 2]
    if first >= _RAW or second >= _RAW:
        return 0
    return hash_of(records[i, first], records[i, second], pair)
