"""The kernel: one table-driven loop that updates and reads every aggregate of a record.

One event costs the same whatever its entities' sizes: a record enters each total once and leaves
each window once, when a tail that follows the log in place order reaches it. Distinct counts are
exact: a pair of entity and value is counted when its last record is absent from the window, and
uncounted when a record leaves that no later record of the pair has superseded.

All functions work on `features.plan.Plan` (never written) and `Memory` (flat, grows outside).
They stay in one file because numba's cache looks at one file only.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from features.places import MISSING, TIE_BITS
from features.plan import (
    BITS, CELL, COUNT, DEQUE, DISTINCT, ELAPSED, FILL, FIRST_MS, FOLLOW, FRESH, GROUP, HEAD, LAST,
    LAST_MS, MAX, MIN, NOW_VALID, PAIR, PROBE, SAME, SINCE, SQUARE, SUM, TOTAL, UNSEEN, WINDOW,
    Ints, Plan,
)
from features.records import COLUMN, COLUMNS, ENTITIES, KINDS, SCORED

USED, NEXT, START, LAST_PLACE, LAST_SEQ, PENDING, ROW, PAIRS, ROWS = range(9)
"""Scalars: cells in use, next and first logged record, last place and seq, event scored and not
yet settled, its logged record, live pairs, rows written."""
SCORE, SETTLE, BOTH, QUIET = range(4)
"""What to do with a judged record: read and update; apply its outcome; both; both, reading
nothing."""
PAGE_BITS: Final = 8
PAGE: Final = 1 << PAGE_BITS
"""Entities of a key per page of rows."""
FOLLOWED: Final = 8
"""Merges followed at most, so that a circle of merges ends."""

_RAW: Final = len(COLUMNS)
_NOW, _LOCAL, _PROGRAM, _CREDIT, _POINTS_MOVED = range(_RAW, _RAW + 5)
_PLACE, _SEQ, _KIND, _EVENT = (COLUMN[n] for n in ("place", "seq", "kind", "event"))
_OUTCOME, _STATUS, _POINTS = (COLUMN[n] for n in ("outcome", "status", "points"))
_OCCURRED, _FROM, _TO = (COLUMN[n] for n in ("occurred_ms", "valid_from_ms", "valid_to_ms"))
_MEMBER, _IDS, _IDS_END = COLUMN["member"], COLUMN[ENTITIES[0]], COLUMN[ENTITIES[-1]] + 1
_DECISION, _MERGE = KINDS.index("decision"), KINDS.index("merge")


class Memory(NamedTuple):
    """What the kernel remembers.

    ``scalars``; ``cells``: rows of slots, in pages; ``pages`` (keys, n): where each page of a
    key starts in ``cells``, -1 for none; ``log`` (capacity, width): place, filter bits, bits of
    superseded pairs, arguments, links; ``log_keys`` (capacity, n): ids; ``table`` (capacity, 3):
    open-addressed pairs: two values, number << 8 | pair; ``numbers`` (pairs, 2): last number
    given, first free one; ``tails``: first logged record inside each window; ``wide``: the row;
    ``matched``: filters that hold, their number first.
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


@njit(cache=True)
def _slot_of(first: int, second: int, pair: int, capacity: int) -> int:  # pragma: no cover
    """Home of a pair in the table; the mixer is that of splitmix64 (Steele et al. 2014)."""
    h = np.uint64(first) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(second)
    h = (h ^ (h >> np.uint64(30)) ^ np.uint64(pair)) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((h ^ (h >> np.uint64(31))) & np.uint64(capacity - 1))


@njit(cache=True)
def _locate(table: Ints, first: int, second: int, pair: int) -> int:  # pragma: no cover
    """Where a pair is in the table, or the empty place where it belongs."""
    capacity = len(table)
    at = _slot_of(first, second, pair, capacity)
    while table[at, 2] != 0:
        if (table[at, 0] == first and table[at, 1] == second
                and (table[at, 2] & 255) == pair):
            return at
        at = (at + 1) & (capacity - 1)
    return at


@njit(cache=True)
def _forget(table: Ints, at: int) -> None:  # pragma: no cover
    """Empty a place and close the gap behind it (linear probing, Knuth 6.4 algorithm R)."""
    capacity = len(table)
    hole = at
    table[hole, 2] = 0
    at = (at + 1) & (capacity - 1)
    while table[at, 2] != 0:
        home = _slot_of(table[at, 0], table[at, 1], table[at, 2] & 255, capacity)
        if (at - home) & (capacity - 1) >= (at - hole) & (capacity - 1):
            table[hole] = table[at]
            table[at, 2] = 0
            hole = at
        at = (at + 1) & (capacity - 1)


@njit(cache=True)
def rehash(old: Ints, new: Ints) -> None:  # pragma: no cover
    """Move every pair from one table to a larger empty one."""
    for i in range(len(old)):
        if old[i, 2] != 0:
            new[_locate(new, old[i, 0], old[i, 1], old[i, 2] & 255)] = old[i]


@njit(cache=True)
def _row(plan: Plan, memory: Memory, key: int, number: int) -> int:  # pragma: no cover
    """Where the row of an entity starts in the cells, or -1."""
    page = number >> PAGE_BITS
    if number <= 0 or page >= memory.pages.shape[1] or memory.pages[key, page] < 0:
        return -1
    return memory.pages[key, page] + (number & (PAGE - 1)) * plan.keys[key, 1]


@njit(cache=True)
def _touch(plan: Plan, memory: Memory, key: int, number: int) -> int:  # pragma: no cover
    """Where the row of an entity starts, its page made where it is new."""
    page = number >> PAGE_BITS
    slots, template = plan.keys[key, 1], plan.keys[key, 2]
    if memory.pages[key, page] < 0:
        start = memory.scalars[USED]
        memory.pages[key, page] = start
        memory.scalars[USED] = start + PAGE * slots
        for i in range(PAGE):
            for slot in range(slots):
                memory.cells[start + i * slots + slot] = plan.template[template + slot]
    return memory.pages[key, page] + (number & (PAGE - 1)) * slots


@njit(cache=True)
def _is_known(plan: Plan, memory: Memory, column: int) -> bool:  # pragma: no cover
    value = memory.wide[column]
    return value > 0 if plan.blank[column] == 0 else value != MISSING


@njit(cache=True)
def _number(plan: Plan, memory: Memory, step: Ints, kind: int) -> int:  # pragma: no cover
    """Number of a pair, added where its kind of record may; 0 unknown, -1 never seen."""
    if not (_is_known(plan, memory, step[2]) and _is_known(plan, memory, step[3])):
        return 0
    pair, first, second = step[4], memory.wide[step[2]], memory.wide[step[3]]
    at = _locate(memory.table, first, second, pair)
    number = memory.table[at, 2] >> 8
    adds = step[0] == PAIR and (plan.pairs[pair, 3] >> kind) & 1
    if not adds:
        return number if number > 0 else -1
    key = plan.pairs[pair, 4]
    if number == 0:
        number = memory.numbers[pair, 1]
        if number > 0:
            row = _touch(plan, memory, key, number)
            memory.numbers[pair, 1] = memory.cells[row]
            for slot in range(plan.keys[key, 1]):
                memory.cells[row + slot] = plan.template[plan.keys[key, 2] + slot]
        else:
            memory.numbers[pair, 0] += 1
            number = memory.numbers[pair, 0]
        memory.table[at, 0], memory.table[at, 1] = first, second
        memory.table[at, 2] = number << 8 | pair
        memory.scalars[PAIRS] += 1
        row = _touch(plan, memory, key, number)
        memory.cells[row], memory.cells[row + 1] = first, second
    memory.cells[_touch(plan, memory, key, number) + 2] = memory.scalars[NEXT]
    memory.scalars[ROW] = memory.scalars[NEXT]
    return number


@njit(cache=True)
def _follow(plan: Plan, memory: Memory, step: Ints) -> None:  # pragma: no cover
    first = member = memory.wide[step[1]]
    for _ in range(FOLLOWED):
        row = _row(plan, memory, step[5], member)
        if row < 0 or memory.cells[row + step[4]] <= 0:
            break
        member = memory.cells[row + step[4]]
        if member == first:
            break
    memory.wide[step[1]] = member


@njit(cache=True)
def _fill(plan: Plan, memory: Memory, kind: int) -> None:  # pragma: no cover
    """Run the steps that fill the wide row."""
    wide, cells = memory.wide, memory.cells
    for i in range(len(plan.steps)):
        step = plan.steps[i]
        code, target = step[0], step[1]
        if code == FOLLOW:
            if not (kind == _MERGE and target == _MEMBER):
                _follow(plan, memory, step)
        elif wide[target] != plan.blank[target]:
            continue
        elif code == FILL:
            row = _row(plan, memory, step[5], wide[step[2]])
            if row >= 0 and cells[row + step[4]] != MISSING:
                wide[target] = cells[row + step[4]]
        elif code == SAME:
            if _is_known(plan, memory, step[2]):
                wide[target] = wide[step[2]]
        elif code == GROUP:
            if _is_known(plan, memory, step[2]):
                wide[target] = wide[step[2]] + 1
        elif code == PAIR or code == PROBE:
            wide[target] = _number(plan, memory, step, kind)
        elif wide[step[2]] > 0:
            row = _row(plan, memory, step[5], wide[step[2]])
            seen = cells[row + step[4]] if row >= 0 else MISSING
            if code == FRESH:
                wide[target] = 1 if seen == MISSING else 0
            elif seen != MISSING:
                wide[target] = (wide[_NOW] - seen) // 1000


@njit(cache=True)
def _load(plan: Plan, memory: Memory, record: Ints) -> None:  # pragma: no cover
    """Copy a record into the wide row; what happened to a judged event is not known yet."""
    wide = memory.wide
    wide[:] = plan.blank
    wide[:_RAW] = record
    wide[_NOW] = record[_PLACE] >> TIE_BITS
    wide[_PROGRAM] = 1
    if record[_KIND] < SCORED:
        wide[_OUTCOME] = MISSING
    local = wide[_OCCURRED] if wide[_OCCURRED] != MISSING else wide[_NOW]
    low, high = 0, len(plan.zone)
    while high - low > 1:
        middle = (low + high) // 2
        if plan.zone[middle, 0] <= local:
            low = middle
        else:
            high = middle
    wide[_LOCAL] = local + plan.zone[low, 1]


@njit(cache=True)
def _credit(plan: Plan, memory: Memory) -> None:  # pragma: no cover
    """Set how this record changes whether its event is credited, and remember it."""
    wide = memory.wide
    if wide[_KIND] < SCORED:
        credited = wide[_OUTCOME] == 0
    elif wide[_KIND] == _DECISION:
        credited = wide[_STATUS] == 0 or wide[_STATUS] == 2 or wide[_STATUS] == 4
    else:
        return
    if wide[_EVENT] <= 0:
        return
    cell = _touch(plan, memory, plan.sizes[5], wide[_EVENT]) + plan.sizes[6]
    was = memory.cells[cell] == 1
    memory.cells[cell] = 1 if credited else 0
    wide[_CREDIT] = np.int64(credited) - np.int64(was)
    if wide[_POINTS] != MISSING:
        wide[_POINTS_MOVED] = wide[_CREDIT] * wide[_POINTS]


@njit(cache=True)
def _holds(plan: Plan, memory: Memory, clause: Ints) -> bool:  # pragma: no cover
    known = _is_known(plan, memory, clause[0])
    if clause[1] >= 6:
        return known == (clause[1] == 6)
    if not known or (clause[2] and not _is_known(plan, memory, clause[3])):
        return False
    left = memory.wide[clause[0]]
    right = memory.wide[clause[3]] if clause[2] else clause[3]
    if clause[1] == 0:
        return left == right
    if clause[1] == 1:
        return left != right
    if clause[1] == 2:
        return left < right
    if clause[1] == 3:
        return left <= right
    return left > right if clause[1] == 4 else left >= right


@njit(cache=True)
def _match(plan: Plan, memory: Memory, late: int) -> None:  # pragma: no cover
    """List the filters that hold for the wide row."""
    group = plan.by_kind[2 * memory.wide[_KIND] + late]
    count = 0
    for i in range(group[0], group[1]):
        rule = plan.listed[i]
        holds = True
        for c in range(plan.filters[rule, 0], plan.filters[rule, 1]):
            if not _holds(plan, memory, plan.clauses[c]):
                holds = False
                break
        if holds:
            count += 1
            memory.matched[count] = rule
    memory.matched[0] = count


@njit(cache=True)
def _record(plan: Plan, memory: Memory) -> None:  # pragma: no cover
    """Log the wide row under the filters that hold, on the row that it may already have."""
    scalars = memory.scalars
    index = scalars[ROW]
    bits = False
    for i in range(1, memory.matched[0] + 1):
        bits = bits or plan.filters[memory.matched[i], 4] >= 0
    if index < 0 and not bits:
        return
    if index < 0 or index == scalars[NEXT]:
        index = scalars[NEXT]
        scalars[NEXT] += 1
        scalars[ROW] = index
        at = index & (len(memory.log) - 1)
        memory.log[at, 0] = memory.wide[_PLACE]
        memory.log[at, 1:plan.sizes[2]] = 0
        for i in range(len(plan.log_keys)):
            memory.log_keys[at, i] = memory.wide[plan.log_keys[i]]
    at = index & (len(memory.log) - 1)
    for i in range(1, memory.matched[0] + 1):
        bit = plan.filters[memory.matched[i], 4]
        if bit >= 0:
            memory.log[at, 1 + bit // BITS] |= np.int64(1) << (bit % BITS)
    for i in range(len(plan.log_args)):
        memory.log[at, plan.sizes[2] + i] = memory.wide[plan.log_args[i]]


@njit(cache=True)
def _enter_distinct(plan: Plan, memory: Memory, op: Ints, row: int) -> None:  # pragma: no cover
    pair = memory.wide[op[4]]
    if pair <= 0:
        return
    cell = _touch(plan, memory, op[8], pair) + op[3]
    last, mask = memory.cells[cell], len(memory.log) - 1
    live = last != MISSING and last >= memory.scalars[START]
    if live:
        memory.log[last & mask, plan.sizes[1] + op[7] // BITS] |= np.int64(1) << (op[7] % BITS)
    for i in range(op[5], op[6]):
        w, slot = plan.slots_of[i, 0], plan.slots_of[i, 1]
        if last == MISSING or (w >= 0 and (not live or last < memory.tails[w])):
            memory.cells[row + slot] += 1
    memory.cells[cell] = memory.scalars[ROW]


@njit(cache=True)
def _enter_deque(plan: Plan, memory: Memory, op: Ints, row: int) -> None:  # pragma: no cover
    """Append to the monotone chain of an entity: what it covers can be no extreme any more."""
    value = memory.wide[op[4]]
    if value == MISSING:
        return
    cells, log, mask = memory.cells, memory.log, len(memory.log) - 1
    before = plan.sizes[3] + 2 * op[8]
    argument = plan.sizes[2] + op[9]
    index, tail = memory.scalars[ROW], cells[row + op[3]]
    oldest = cells[row + plan.slots_of[op[6] - 1, 1]]
    if oldest == MISSING:
        tail = MISSING
    while tail != MISSING and op[7] * log[tail & mask, argument] <= op[7] * value:
        for i in range(op[5], op[6]):
            if cells[row + plan.slots_of[i, 1]] == tail:
                cells[row + plan.slots_of[i, 1]] = MISSING
        tail = log[tail & mask, before] if tail != oldest else MISSING
    log[index & mask, before], log[index & mask, before + 1] = tail, MISSING
    if tail != MISSING:
        log[tail & mask, before + 1] = index
    for i in range(op[5], op[6]):
        if cells[row + plan.slots_of[i, 1]] == MISSING:
            cells[row + plan.slots_of[i, 1]] = index
    cells[row + op[3]] = index


@njit(cache=True)
def _declare(memory: Memory, row: int) -> None:  # pragma: no cover
    """Keep the last two declarations of a subject; one with a known start is a new version."""
    cells, start, end = memory.cells, memory.wide[_FROM], memory.wide[_TO]
    if cells[row] > 0 and cells[row + 1] == start:
        cells[row + 2] = end
    elif cells[row] > 1 and cells[row + 3] == start:
        cells[row + 4] = end
    else:
        cells[row + 3], cells[row + 4] = cells[row + 1], cells[row + 2]
        cells[row + 1], cells[row + 2] = start, end
        cells[row] += 1


@njit(cache=True)
def _update(plan: Plan, memory: Memory) -> None:  # pragma: no cover
    """Apply every op of the filters that hold."""
    wide, cells = memory.wide, memory.cells
    for m in range(1, memory.matched[0] + 1):
        rule = memory.matched[m]
        for i in range(plan.filters[rule, 2], plan.filters[rule, 3]):
            op = plan.ops[i]
            number = wide[op[2]]
            if number <= 0:
                continue
            row = _touch(plan, memory, op[1], number)
            code, cell = op[0], row + op[3]
            value = wide[op[4]] if op[4] >= 0 else 0
            if code == COUNT:
                cells[cell] += 1
            elif code == DISTINCT:
                _enter_distinct(plan, memory, op, row)
            elif code == LAST:
                cells[cell] = value
            elif code == LAST_MS:
                cells[cell] = wide[_NOW]
            elif code == FIRST_MS:
                if cells[cell] == MISSING:
                    cells[cell] = wide[_NOW]
            elif code == DEQUE:
                _enter_deque(plan, memory, op, row)
            elif code == SUM:
                if value != MISSING:
                    cells[cell] += value
            elif code == SQUARE:
                if value != MISSING:
                    cells[cell] += value * value
            elif code == MIN:
                if value != MISSING and (cells[cell] == MISSING or value < cells[cell]):
                    cells[cell] = value
            elif code == MAX:
                if value != MISSING and (cells[cell] == MISSING or value > cells[cell]):
                    cells[cell] = value
            else:
                _declare(memory, cell)


@njit(cache=True)
def _leave(plan: Plan, memory: Memory, index: int, w: int) -> None:  # pragma: no cover
    """Take one logged record out of one window."""
    cells, at = memory.cells, index & (len(memory.log) - 1)
    log = memory.log[at]
    for i in range(plan.gone_at[w], plan.gone_at[w + 1]):
        gone = plan.gone[i]
        number = memory.log_keys[at, gone[2]]
        if number <= 0 or not (log[1 + gone[0] // BITS] >> (gone[0] % BITS)) & 1:
            continue
        code = gone[1]
        row = memory.pages[gone[5], number >> PAGE_BITS]
        row += (number & (PAGE - 1)) * plan.keys[gone[5], 1]
        cell = row + gone[3]
        if code == COUNT:
            cells[cell] += 1
        elif code == DISTINCT:
            if not (log[plan.sizes[1] + gone[4] // BITS] >> (gone[4] % BITS)) & 1:
                cells[cell] -= 1
        elif code == DEQUE:
            if cells[cell] == index:
                cells[cell] = log[plan.sizes[3] + 2 * gone[4] + 1]
        else:
            value = log[plan.sizes[2] + gone[4]]
            if value != MISSING:
                cells[cell] += value if code == SUM else value * value


@njit(cache=True)
def _drop_pairs(plan: Plan, memory: Memory, index: int) -> None:  # pragma: no cover
    """Free the pairs that this record touched last, pairs of pairs first."""
    at = index & (len(memory.log) - 1)
    for pair in range(len(plan.pairs) - 1, -1, -1):
        key, number = plan.pairs[pair, 4], memory.log_keys[at, plan.pairs[pair, 6]]
        if not plan.pairs[pair, 5] or number <= 0:
            continue
        row = _row(plan, memory, key, number)
        if memory.cells[row + 2] != index:
            continue
        _forget(memory.table, _locate(memory.table, memory.cells[row], memory.cells[row + 1], pair))
        memory.scalars[PAIRS] -= 1
        memory.cells[row], memory.cells[row + 2] = memory.numbers[pair, 1], MISSING
        memory.numbers[pair, 1] = number


@njit(cache=True)
def _advance(plan: Plan, memory: Memory, place: int) -> None:  # pragma: no cover
    """Move every window's tail to ``(place - span, place]``."""
    log, mask = memory.log, len(memory.log) - 1
    for w in range(len(plan.spans)):
        bound, tail = place - plan.spans[w], memory.tails[w]
        while tail < memory.scalars[NEXT] and log[tail & mask, 0] <= bound:
            _leave(plan, memory, tail, w)
            if w + 1 == len(plan.spans):
                _drop_pairs(plan, memory, tail)
            tail += 1
        memory.tails[w] = tail
    windows = len(plan.spans)
    memory.scalars[START] = memory.tails[windows - 1] if windows else memory.scalars[NEXT]


@njit(cache=True)
def _read(plan: Plan, memory: Memory, phase: int, out: Ints) -> None:  # pragma: no cover
    """Write the integers of one phase; an unknown entity is missing, a new one is empty."""
    wide, cells, now = memory.wide, memory.cells, memory.wide[_NOW]
    key = column = row = np.int64(-1)
    for i in range(plan.read_at[phase], plan.read_at[phase + 1]):
        read = plan.reads[i]
        code, value = read[0], MISSING
        if read[1] < 0:
            if _is_known(plan, memory, read[2]):
                value = wide[read[2]]
        elif wide[read[2]] != 0:
            if read[1] != key or read[2] != column:
                key, column = read[1], read[2]
                row = _row(plan, memory, key, wide[column])
            cell = cells[row + read[3]] if row >= 0 else MISSING
            if code == TOTAL:
                value = cell if row >= 0 else 0
            elif code == WINDOW:
                value = cell - cells[row + read[4]] if row >= 0 else 0
            elif code == UNSEEN:
                value = 1 if cell == MISSING else 0
            elif code == NOW_VALID:
                value = 0
                for n in range(min(cell, 2) if row >= 0 else 0):
                    start, end = cells[row + read[3] + 1 + 2 * n], cells[row + read[3] + 2 + 2 * n]
                    if start <= now and (end == MISSING or now < end):
                        value = 1
            elif cell != MISSING:
                if code == CELL:
                    value = cell
                elif code == SINCE:
                    value = now - cell
                elif code == HEAD:
                    value = memory.log[cell & (len(memory.log) - 1), plan.sizes[2] + read[4]]
        out[read[5]] = value


@njit(cache=True)
def has_room(plan: Plan, memory: Memory, record: Ints) -> bool:  # pragma: no cover
    """Whether one more record is sure to fit."""
    highest = record[_EVENT]
    for i in range(_IDS, _IDS_END):
        highest = max(highest, record[i])
    for pair in range(len(plan.pairs)):
        highest = max(highest, memory.numbers[pair, 0] + 1)
    persona = len(KINDS)
    return (
        (max(highest, persona) >> PAGE_BITS) < memory.pages.shape[1]
        and memory.scalars[USED] + 2 * PAGE * len(plan.template) <= len(memory.cells)
        and memory.scalars[NEXT] - memory.scalars[START] + 2 <= len(memory.log)
        and 2 * (memory.scalars[PAIRS] + len(plan.pairs)) <= len(memory.table)
    )


@njit(cache=True)
def _observe(plan: Plan, memory: Memory, record: Ints, reads: bool, out: Ints) -> None:  # pragma: no cover
    """Everything about a record but its outcome."""
    memory.scalars[ROW] = -1
    memory.scalars[LAST_PLACE], memory.scalars[LAST_SEQ] = record[_PLACE], record[_SEQ]
    _load(plan, memory, record)
    _advance(plan, memory, record[_PLACE])
    _fill(plan, memory, record[_KIND])
    _match(plan, memory, 0)
    if reads:
        _read(plan, memory, 0, out)
    _record(plan, memory)
    _update(plan, memory)
    if reads:
        _read(plan, memory, 1, out)


@njit(cache=True)
def _settle(plan: Plan, memory: Memory, record: Ints) -> None:  # pragma: no cover
    """Apply what is known only after scoring."""
    if record[_KIND] < SCORED:
        outcome = record[_OUTCOME]
        memory.wide[_OUTCOME] = 0 if outcome == MISSING else outcome
    _credit(plan, memory)
    _match(plan, memory, 1)
    _record(plan, memory)
    _update(plan, memory)


@njit(cache=True)
def run(
    plan: Plan, memory: Memory, records: Ints, first: int, mode: int, out: Ints
) -> int:  # pragma: no cover
    """Run records from ``first`` on; judged ones write rows of ``out`` from ``ROWS`` on.

    Returns the number of records done: fewer than all where the state must grow first or, with
    its negative, where a record is older than the one before.
    """
    for i in range(first, len(records)):
        record = records[i]
        judged = record[_KIND] < SCORED
        if mode != SETTLE or not judged:
            if not has_room(plan, memory, record):
                return i
            if record[_PLACE] < memory.scalars[LAST_PLACE]:
                return -i - 1
            _observe(plan, memory, record, judged and mode != QUIET,
                     out[memory.scalars[ROWS] if judged and mode != QUIET else 0])
            if judged and mode != QUIET:
                memory.scalars[ROWS] += 1
            memory.scalars[PENDING] = record[_EVENT] if judged else 0
        if mode != SCORE or not judged:
            _settle(plan, memory, record)
            memory.scalars[PENDING] = 0
    return len(records)
