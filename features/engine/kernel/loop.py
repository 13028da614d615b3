"""The loop over records, compiled once and kept on disk.

numba's cache looks at the file of the cached function alone. The loop is therefore made in a
closure over a digest of every file it is compiled from: numba keys its cache by closures too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from features import places, records
from features.engine import plan
from features.engine.kernel import (
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
from features.engine.kernel.compiled import inner, outer
from features.engine.kernel.filling import fill, fill_credit, load
from features.engine.kernel.filters import match, remember
from features.engine.kernel.memory import (
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
from features.engine.plan import Ints, Plan
from features.records import COLUMN, ENTITIES, SCORED

SCORE, SETTLE, BOTH, QUIET = range(4)
"""What to do with a judged record: read and update; apply its outcome; both; both, reading
nothing."""
_PLACE, _SEQ, _KIND, _EVENT = (COLUMN[n] for n in ("place", "seq", "kind", "event"))
_OUTCOME, _IDS_END = COLUMN["outcome"], COLUMN[ENTITIES[-1]] + 1
_GROUPS: Final = 64
"""More values than any column of words has: numbers that `Group` may give."""
_PLANNED: Final = len(Plan._fields)
Arrays = tuple[Ints, ...]
Loop = Callable[..., int]


@inner
def _has_room(plan: Arrays, memory: Arrays, records: Ints, i: int) -> bool:  # pragma: no cover
    """Whether one more record is sure to fit."""
    scalars, cells, pages, log, _, table, numbers, _, _, _ = memory
    template, pairs = plan[14], plan[15]
    highest = _GROUPS
    for column in range(_EVENT, _IDS_END):
        highest = max(highest, records[i, column])
    for pair in range(len(pairs)):
        highest = max(highest, numbers[pair, 0] + 1)
    return (
        (highest >> PAGE_BITS) < pages.shape[1]
        and scalars[USED] + PAGE * len(template) <= len(cells)
        and scalars[NEXT] - scalars[START] + 2 <= len(log)
        and 2 * (scalars[PAIRS] + len(pairs)) <= len(table)
    )


@inner
def _score(
    plan: Arrays, memory: Arrays, records: Ints, i: int, is_read: bool, out: Ints
) -> None:  # pragma: no cover
    """Take in all of a record but its outcome; read its integers before and after."""
    (blank, steps, filters, clauses, by_kind, listed, ops, spans, slots_of, gone, gone_at,
     reads, read_at, keys, template, pairs, log_columns, arguments, zone, sizes) = plan
    (scalars, cells, pages, log, log_keys, table, numbers, tails, wide, matched) = memory
    scalars[ROW] = -1
    scalars[LAST_PLACE], scalars[LAST_SEQ] = records[i, _PLACE], records[i, _SEQ]
    advance(spans, gone, gone_at, keys, pairs, sizes, scalars, cells, pages, log, log_keys, table,
            numbers, tails, records[i, _PLACE])
    load(blank, zone, wide, records, i)
    fill(steps, filters, clauses, blank, keys, template, pairs, scalars, cells, pages, table,
         numbers, wide)
    match(filters, clauses, by_kind, listed, blank, wide, matched, 0)
    if is_read:
        read(reads, read_at, blank, keys, sizes, cells, pages, log, wide, 0, out, scalars[ROWS])
    remember(filters, log_columns, arguments, sizes, scalars, log, log_keys, wide, matched)
    update(filters, ops, slots_of, blank, keys, template, sizes, scalars, cells, pages, log, tails,
           wide, matched)
    if is_read:
        read(reads, read_at, blank, keys, sizes, cells, pages, log, wide, 1, out, scalars[ROWS])
        scalars[ROWS] += 1


@inner
def _settle(plan: Arrays, memory: Arrays, outcome: int) -> None:  # pragma: no cover
    """Apply what is known of the record in the wide row only after scoring."""
    (blank, _, filters, clauses, by_kind, listed, ops, _, slots_of, _, _, _, _, keys, template, _,
     log_columns, arguments, _, sizes) = plan
    scalars, cells, pages, log, log_keys, _, _, tails, wide, matched = memory
    fill_credit(keys, template, sizes, scalars, cells, pages, wide, outcome)
    match(filters, clauses, by_kind, listed, blank, wide, matched, 1)
    remember(filters, log_columns, arguments, sizes, scalars, log, log_keys, wide, matched)
    update(filters, ops, slots_of, blank, keys, template, sizes, scalars, cells, pages, log, tails,
           wide, matched)


def _made(digest: str) -> Loop:
    @outer
    def run(
        records: Ints, first: int, mode: int, out: Ints, *arrays: Ints
    ) -> int:  # pragma: no cover
        """Run records from ``first`` on; judged ones write rows of ``out`` from ``ROWS`` on.

        ``arrays`` are those of the plan, then of the memory: one by one, as a tuple of arrays
        costs twice as much to call with. Returns the number of records done: fewer than all where
        the memory must grow first or, as ``-done - 1``, where a record is older than the last.
        """
        _ = digest
        plan, memory = arrays[:_PLANNED], arrays[_PLANNED:]
        scalars = memory[0]
        if first == 0:
            scalars[ROWS] = 0
        for i in range(first, len(records)):
            judged = records[i, _KIND] < SCORED
            if mode != SETTLE or not judged:
                if not _has_room(plan, memory, records, i):
                    return i
                if records[i, _PLACE] < scalars[LAST_PLACE]:
                    return -i - 1
                _score(plan, memory, records, i, judged and mode != QUIET, out)
                scalars[PENDING] = records[i, _EVENT] if judged else 0
            if mode != SCORE or not judged:
                _settle(plan, memory, records[i, _OUTCOME])
                scalars[PENDING] = 0
        return len(records)

    return run


def _digest() -> str:
    """Digest of all that the loop is compiled from."""
    parts = (compiled, conditions, filling, filters, memory, pairs, reads, updates, windows, plan,
             places, records)
    sources = [Path(str(part.__file__)).read_bytes() for part in parts]
    return hashlib.sha256(b"".join(sources)).hexdigest()


run: Final = _made(_digest())
