"""Entering: what a record adds to the slots of its entities."""

from __future__ import annotations

import numpy as np

from features.engine.kernel.compiled import inner
from features.engine.kernel.conditions import is_known
from features.engine.kernel.filling import NOW
from features.engine.kernel.memory import ROW, START, touch
from features.engine.plan import (
    COUNT,
    DEQUE,
    DISTINCT,
    FIRST_MS,
    LAST,
    LAST_MS,
    MAX,
    MIN,
    SQUARE,
    SUM,
    WORD,
    Ints,
)
from features.places import MISSING
from features.records import COLUMN

_FROM, _TO = COLUMN["valid_from_ms"], COLUMN["valid_to_ms"]


@inner
def _enter_distinct(
    ops: Ints, slots_of: Ints, sizes: Ints, scalars: Ints, cells: Ints, log: Ints, tails: Ints,
    i: int, row: int, cell: int,
) -> None:  # pragma: no cover
    """Count a pair where its last record, named in ``cell``, has left the window or never was."""
    last, bit = cells[cell], ops[i, 5]
    live = last != MISSING and last >= scalars[START]
    if live:
        log[last & (len(log) - 1), sizes[1, 0] + (bit >> WORD)] |= np.int64(1) << (bit & 63)
    for n in range(ops[i, 3], ops[i, 4]):
        w = slots_of[n, 0]
        if last == MISSING or (w >= 0 and (not live or last < tails[w])):
            cells[row + slots_of[n, 1]] += 1
    cells[cell] = scalars[ROW]


@inner
def _enter_deque(
    ops: Ints, slots_of: Ints, sizes: Ints, cells: Ints, log: Ints, i: int, row: int, index: int,
    value: int,
) -> None:  # pragma: no cover
    """Append to the monotone chain of an entity: what it covers can be no extreme any more."""
    last, sign = len(log) - 1, ops[i, 5]
    before, argument = sizes[3, 0] + 2 * ops[i, 6], sizes[2, 0] + ops[i, 7]
    oldest = cells[row + slots_of[ops[i, 4] - 1, 1]]
    tail = cells[row + ops[i, 1]] if oldest != MISSING else MISSING
    while tail != MISSING and sign * log[tail & last, argument] <= sign * value:
        for n in range(ops[i, 3], ops[i, 4]):
            if cells[row + slots_of[n, 1]] == tail:
                cells[row + slots_of[n, 1]] = MISSING
        tail = log[tail & last, before] if tail != oldest else MISSING
    log[index & last, before] = tail
    log[index & last, before + 1] = MISSING
    if tail != MISSING:
        log[tail & last, before + 1] = index
    for n in range(ops[i, 3], ops[i, 4]):
        if cells[row + slots_of[n, 1]] == MISSING:
            cells[row + slots_of[n, 1]] = index
    cells[row + ops[i, 1]] = index


@inner
def _declare(cells: Ints, cell: int, start: int, end: int) -> None:  # pragma: no cover
    """Keep the last two declarations of a subject; one with a known start is a new version."""
    if cells[cell] > 0 and cells[cell + 1] == start:
        cells[cell + 2] = end
    elif cells[cell] > 1 and cells[cell + 3] == start:
        cells[cell + 4] = end
    else:
        cells[cell + 3], cells[cell + 4] = cells[cell + 1], cells[cell + 2]
        cells[cell + 1], cells[cell + 2] = start, end
        cells[cell] += 1


@inner
def _enter(
    cells: Ints, code: int, cell: int, value: int, now: int
) -> None:  # pragma: no cover
    """Update a slot that needs its own argument only."""
    if code == LAST:
        cells[cell] = value
    elif code == LAST_MS:
        cells[cell] = now
    elif code == FIRST_MS:
        if cells[cell] == MISSING:
            cells[cell] = now
    elif value == MISSING:
        return
    elif code == SUM:
        cells[cell] += value
    elif code == SQUARE:
        cells[cell] += value * value
    elif code == MIN:
        if cells[cell] == MISSING or value < cells[cell]:
            cells[cell] = value
    elif code == MAX and (cells[cell] == MISSING or value > cells[cell]):
        cells[cell] = value


@inner
def update(
    filters: Ints, groups: Ints, ops: Ints, slots_of: Ints, blank: Ints, keys: Ints,
    template: Ints, sizes: Ints, scalars: Ints, cells: Ints, pages: Ints, log: Ints, tails: Ints,
    wide: Ints, matched: Ints,
) -> None:  # pragma: no cover
    """Apply every op of the filters that hold, entity by entity."""
    for m in range(1, matched[0] + 1):
        for g in range(filters[matched[m], 2], filters[matched[m], 3]):
            number = wide[groups[g, 1]]
            if number > 0:
                row = touch(keys, template, scalars, cells, pages, groups[g, 0], number)
                _update_row(groups, ops, slots_of, blank, keys, template, sizes, scalars, cells,
                            pages, log, tails, wide, g, row)


@inner
def _update_row(
    groups: Ints, ops: Ints, slots_of: Ints, blank: Ints, keys: Ints, template: Ints, sizes: Ints,
    scalars: Ints, cells: Ints, pages: Ints, log: Ints, tails: Ints, wide: Ints, g: int, row: int,
) -> None:  # pragma: no cover
    """Apply the ops of one entity."""
    for i in range(groups[g, 2], groups[g, 3]):
        code, cell, argument = ops[i, 0], row + ops[i, 1], ops[i, 2]
        if code == COUNT:
            cells[cell] += 1
        elif code == DISTINCT:
            if wide[argument] > 0:
                pair = touch(keys, template, scalars, cells, pages, ops[i, 6], wide[argument])
                _enter_distinct(ops, slots_of, sizes, scalars, cells, log, tails, i, row,
                                pair + ops[i, 1])
        elif code == DEQUE:
            if wide[argument] != MISSING:
                _enter_deque(ops, slots_of, sizes, cells, log, i, row, scalars[ROW],
                             wide[argument])
        elif code <= MAX:
            value = MISSING
            if argument >= 0 and is_known(blank, wide, argument):
                value = wide[argument]
            _enter(cells, code, cell, value, wide[NOW])
        else:
            _declare(cells, cell, wide[_FROM], wide[_TO])
