"""What the kernel remembers: rows of slots in pages, and the log of records inside windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from features.engine.kernel.compiled import inner, prefetch, rare

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from features.engine.plan import Ints

USED, NEXT, START, LAST_PLACE, LAST_SEQ, PENDING, ROW, PAIRS, ROWS, GIVEN = range(10)
"""Scalars: cells in use, next and first logged record, last place and seq, event scored and not
yet settled, its logged record, live pairs, rows written, highest number given to a pair."""
SCALARS: Final = 10
PAGE_BITS: Final = 8
PAGE: Final = 1 << PAGE_BITS
"""Entities of a key per page of rows."""
FIRST_CELL: Final = 8
"""Where the first page may start: 0 says that there is no page."""
LINE: Final = 8
"""Cells in a cache line."""


class Memory(NamedTuple):
    """Flat arrays; each may be replaced by a longer one between two records.

    ``scalars``; ``cells``: rows of slots, in pages; ``pages`` (keys, n): where each page of a
    key starts in ``cells``, 0 for none; ``log`` (capacity, width): place, filter bits, bits of
    superseded pairs, arguments, links; ``log_keys`` (capacity, n): ids; ``table`` (capacity, 2):
    open-addressed pairs: hash, number << 8 | pair; ``numbers`` (pairs, 2): last number given,
    first free one; ``tails``: first logged record inside each window; ``wide``: the wide row;
    ``matched``: how many filters hold, and which.
    """

    scalars: Ints
    cells: Ints
    pages: Ints
    log: Ints
    log_keys: npt.NDArray[np.int32]
    table: Ints
    numbers: Ints
    tails: Ints
    wide: Ints
    matched: Ints


@inner
def row_of(keys: Ints, pages: Ints, key: int, number: int) -> int:  # pragma: no cover
    """Where the row of an entity starts in the cells; -1 where it has none."""
    page = number >> PAGE_BITS
    if number <= 0 or page >= pages.shape[1] or pages[key, page] == 0:
        return -1
    return pages[key, page] + (number & (PAGE - 1)) * keys[key, 1]


@inner
def fetch(
    keys: Ints, cells: Ints, pages: Ints, key: int, number: int, first: int, last: int
) -> None:  # pragma: no cover
    """Ask for the slots ``first`` to ``last`` of an entity's row, which come up soon."""
    row = row_of(keys, pages, key, number)
    if row >= 0:
        for slot in range(first, last, LINE):
            prefetch(cells, row + slot)
        prefetch(cells, row + last)


@rare
def _new_page(
    keys: Ints, template: Ints, scalars: Ints, cells: Ints, pages: Ints, key: int, page: int
) -> None:  # pragma: no cover
    start, slots = scalars[USED], keys[key, 1]
    pages[key, page] = start
    scalars[USED] = start + PAGE * slots
    for i in range(PAGE):
        for slot in range(slots):
            cells[start + i * slots + slot] = template[keys[key, 2] + slot, 0]


@inner
def touch(
    keys: Ints, template: Ints, scalars: Ints, cells: Ints, pages: Ints, key: int, number: int
) -> int:  # pragma: no cover
    """Where the row of an entity starts in the cells, its page made where it is new."""
    page = number >> PAGE_BITS
    if pages[key, page] == 0:
        _new_page(keys, template, scalars, cells, pages, key, page)
    return pages[key, page] + (number & (PAGE - 1)) * keys[key, 1]
