"""Leaving windows: tails follow the log in place order and take out what has become too old."""

from __future__ import annotations

from typing import Final

from features.engine.kernel.compiled import inner, prefetch
from features.engine.kernel.memory import NEXT, PAGE, PAGE_BITS, START, fetch, row_of
from features.engine.kernel.pairs import drop, hash_of
from features.engine.plan import COUNT, DEQUE, DISTINCT, SUM, WORD, Ints
from features.places import MISSING

FAR: Final = 12
"""Logged records that a fetch of what leaves next runs ahead of a tail."""
NEAR: Final = 6


@inner
def advance(
    spans: Ints, leave: Ints, leave_at: Ints, gone: Ints, fetched: Ints, fetched_at: Ints,
    keys: Ints, pairs: Ints, sizes: Ints, scalars: Ints, cells: Ints, pages: Ints, log: Ints,
    log_keys: Ints, table: Ints, numbers: Ints, tails: Ints, place: int,
) -> None:  # pragma: no cover
    """Move every window to ``(place - span, place]``."""
    last = len(log) - 1
    longest = len(spans) - 1
    for w in range(len(spans)):
        bound, tail = place - spans[w, 0], tails[w]
        while tail < scalars[NEXT] and log[tail & last, 0] <= bound:
            for i in range(fetched_at[w, 0], fetched_at[w + 1, 0]):
                fetch(keys, cells, pages, fetched[i, 1],
                      log_keys[(tail + FAR) & last, fetched[i, 0]], fetched[i, 2], fetched[i, 3])
            _leave(leave, leave_at, gone, keys, sizes, cells, pages, log, log_keys, tail, w)
            if w == longest:
                _drop_pairs(pairs, keys, scalars, cells, pages, log, log_keys, table, numbers, tail)
            tail += 1
        tails[w] = tail
    scalars[START] = tails[longest] if longest >= 0 else scalars[NEXT]


@inner
def _drop_pairs(
    pairs: Ints, keys: Ints, scalars: Ints, cells: Ints, pages: Ints, log: Ints, log_keys: Ints,
    table: Ints, numbers: Ints, index: int,
) -> None:  # pragma: no cover
    """Free the pairs that no window needs any more, pairs of pairs before their parts."""
    last = len(log) - 1
    for pair in range(len(pairs) - 1, -1, -1):
        if pairs[pair, 5] == 0:
            continue
        number = log_keys[(index + NEAR) & last, pairs[pair, 6]]
        row = row_of(keys, pages, pairs[pair, 4], number)
        if row >= 0 and cells[row + 2] == index + NEAR:
            home = hash_of(cells[row], cells[row + 1], pair) & (len(table) - 1)
            prefetch(table, 2 * home)
        number = log_keys[index & last, pairs[pair, 6]]
        if number > 0:
            drop(pairs, keys, scalars, cells, pages, table, numbers, pair, number, index)


@inner
def _leave(
    leave: Ints, leave_at: Ints, gone: Ints, keys: Ints, sizes: Ints, cells: Ints, pages: Ints,
    log: Ints, log_keys: Ints, index: int, w: int,
) -> None:  # pragma: no cover
    """Take one logged record out of one window."""
    at = index & (len(log) - 1)
    for group in range(leave_at[w, 0], leave_at[w + 1, 0]):
        bit, key = leave[group, 0], leave[group, 2]
        number = log_keys[at, leave[group, 1]]
        if number <= 0 or (log[at, 1 + (bit >> WORD)] >> (bit & 63)) & 1 == 0:
            continue
        row = pages[key, number >> PAGE_BITS] + (number & (PAGE - 1)) * keys[key, 1]
        for i in range(leave[group, 3], leave[group, 4]):
            code, cell, special = gone[i, 0], row + gone[i, 1], gone[i, 2]
            if code == COUNT:
                cells[cell] += 1
            elif code == DISTINCT:
                superseded = (log[at, sizes[1, 0] + (special >> WORD)] >> (special & 63)) & 1 == 1
                if log_keys[at, gone[i, 3]] > 0 and not superseded:
                    cells[cell] -= 1
            elif code == DEQUE:
                if cells[cell] == index:
                    cells[cell] = log[at, sizes[3, 0] + 2 * special + 1]
            else:
                value = log[at, sizes[2, 0] + special]
                if value != MISSING:
                    cells[cell] += value if code == SUM else value * value
