"""The loop over records, compiled once and kept on disk.

numba's cache looks at the file of the cached function alone. The loop is therefore made in a
closure over a digest of every file it is compiled from: numba keys its cache by closures too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from features import places, records
from features.engine import plan
from features.engine.kernel import (
    ahead,
    compiled,
    conditions,
    filling,
    filters,
    memory,
    pairs,
    reads,
    updates,
    windows,
)
from features.engine.kernel.ahead import look_ahead
from features.engine.kernel.compiled import inner, outer, tables_in
from features.engine.kernel.filling import fill, fill_credit, load
from features.engine.kernel.filters import match, remember
from features.engine.kernel.memory import (
    GIVEN,
    LAST_PLACE,
    LAST_SEQ,
    NEXT,
    PAGE,
    PAGE_BITS,
    PAIRS,
    PENDING,
    ROW,
    ROWS,
    START,
    USED,
)
from features.engine.kernel.reads import read
from features.engine.kernel.updates import update
from features.engine.kernel.windows import advance
from features.records import COLUMN, SCORED

if TYPE_CHECKING:
    from features.engine.plan import Ints

SCORE, SETTLE, BOTH, QUIET = range(4)
"""What to do with a judged record: read and update; apply its outcome; both; both, reading
nothing."""
_PLACE, _SEQ, _KIND, _EVENT = (COLUMN[n] for n in ("place", "seq", "kind", "event"))
_OUTCOME = COLUMN["outcome"]
_GROUPS: Final = 64
"""More values than any column of words has: numbers that `Group` may give."""
Loop = Callable[..., int]


@inner
def _has_room(
    ids: Ints, pairs: Ints, template: Ints, scalars: Ints, cells: Ints, pages: Ints, log: Ints,
    table: Ints, records: Ints, i: int,
) -> bool:  # pragma: no cover
    """Whether one more record is sure to fit."""
    highest = max(_GROUPS, scalars[GIVEN] + 1)
    for n in range(len(ids)):
        highest = max(highest, records[i, ids[n, 0]])
    return (
        (highest >> PAGE_BITS) < pages.shape[1]
        and scalars[USED] + PAGE * len(template) <= len(cells)
        and scalars[NEXT] - scalars[START] + 2 <= len(log)
        and 2 * (scalars[PAIRS] + len(pairs)) <= len(table)
    )


def _made(digest: str) -> Loop:
    @outer
    def run(
        records: Ints, first: int, mode: int, out: Ints, plan: Ints, scalars: Ints, cells: Ints,
        pages: Ints, log: Ints, log_keys: Ints, table: Ints, numbers: Ints, tails: Ints,
        wide: Ints, matched: Ints,
    ) -> int:  # pragma: no cover
        """Run records from ``first`` on; judged ones write rows of ``out`` from ``ROWS`` on.

        ``plan`` is packed, the other arrays are those of the memory. Returns the number of records
        done: fewer than all where the memory must grow first or, as ``-done - 1``, where a record
        is older than the last.
        """
        _ = digest
        (blank, loads, ids, steps, filters, clauses, by_kind, listed, groups, ops, slots_of, spans,
         leave, leave_at, gone, fetched, fetched_at, near, read_groups, reads, read_at, keys,
         template, pairs, columns, arguments, zone, sizes) = tables_in(plan)
        if first == 0:
            scalars[ROWS] = 0
        for i in range(first, len(records)):
            judged = records[i, _KIND] < SCORED
            reading = judged and mode != QUIET
            if mode != SETTLE or not judged:
                if not _has_room(ids, pairs, template, scalars, cells, pages, log, table, records,
                                 i):
                    return i
                place = records[i, _PLACE]
                if place < scalars[LAST_PLACE]:
                    return -i - 1
                look_ahead(near, pairs, keys, cells, pages, table, records, i)
                scalars[ROW] = -1
                scalars[LAST_PLACE], scalars[LAST_SEQ] = place, records[i, _SEQ]
                advance(spans, leave, leave_at, gone, fetched, fetched_at, keys, pairs, sizes,
                        scalars, cells, pages, log, log_keys, table, numbers, tails, place)
                load(blank, loads, zone, wide, records, i)
                fill(steps, filters, clauses, blank, keys, template, pairs, scalars, cells, pages,
                     table, numbers, wide)
                if reading:
                    read(read_groups, reads, read_at, blank, keys, sizes, cells, pages, log, wide,
                         0, out, scalars[ROWS])
            for late in range(1 if mode == SETTLE and judged else 0,
                              1 if mode == SCORE and judged else 2):
                if late == 1:
                    fill_credit(keys, template, sizes, scalars, cells, pages, wide,
                                records[i, _OUTCOME])
                match(filters, clauses, by_kind, listed, blank, wide, matched, late)
                remember(filters, columns, arguments, sizes, scalars, log, log_keys, wide, matched)
                update(filters, groups, ops, slots_of, blank, keys, template, sizes, scalars,
                       cells, pages, log, tails, wide, matched)
                if late == 0 and reading:
                    read(read_groups, reads, read_at, blank, keys, sizes, cells, pages, log, wide,
                         1, out, scalars[ROWS])
                    scalars[ROWS] += 1
            scalars[PENDING] = records[i, _EVENT] if mode == SCORE and judged else 0
        return len(records)

    return run


def _digest() -> str:
    """Digest of all that the loop is compiled from."""
    parts = (ahead, compiled, conditions, filling, filters, memory, pairs, reads, updates, windows,
             plan, places, records)
    sources = [Path(str(part.__file__)).read_bytes() for part in parts]
    return hashlib.sha256(b"".join(sources)).hexdigest()


run: Final = _made(_digest())
