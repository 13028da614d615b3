"""Leaving windows: tails follow the log in place order and take out what has become too old."""

from __future__ import annotations

from features.engine.kernel.compiled import inner
from features.engine.kernel.memory import NEXT, PAGE, PAGE_BITS, START
from features.engine.kernel.pairs import drop
from features.engine.plan import COUNT, DEQUE, DISTINCT, SUM, WORD, Ints
from features.places import MISSING


@inner
def advance(
    spans: Ints, gone: Ints, gone_at: Ints, keys: Ints, pairs: Ints, sizes: Ints, scalars: Ints,
    cells: Ints, pages: Ints, log: Ints, log_keys: Ints, table: Ints, numbers: Ints, tails: Ints,
    place: int,
) -> None:  # pragma: no cover
    """Move every window to ``(place - span, place]``."""
    last = len(log) - 1
    longest = len(spans) - 1
    for w in range(len(spans)):
        bound, tail = place - spans[w], tails[w]
        while tail < scalars[NEXT] and log[tail & last, 0] <= bound:
            _leave(gone, gone_at, keys, sizes, cells, pages, log, log_keys, tail, w)
            if w == longest:
                at = tail & last
                for pair in range(len(pairs) - 1, -1, -1):
                    number = log_keys[at, pairs[pair, 6]]
                    if pairs[pair, 5] == 1 and number > 0:
                        drop(pairs, keys, scalars, cells, pages, table, numbers, pair, number,
                             tail)
            tail += 1
        tails[w] = tail
    scalars[START] = tails[longest] if longest >= 0 else scalars[NEXT]


@inner
def _leave(
    gone: Ints, gone_at: Ints, keys: Ints, sizes: Ints, cells: Ints, pages: Ints, log: Ints,
    log_keys: Ints, index: int, w: int,
) -> None:  # pragma: no cover
    """Take one logged record out of one window."""
    at = index & (len(log) - 1)
    bit = place = row = -1
    holds = False
    for i in range(gone_at[w], gone_at[w + 1]):
        if gone[i, 0] != bit:
            bit, place = gone[i, 0], -1
            holds = (log[at, 1 + (bit >> WORD)] >> (bit & 63)) & 1 == 1
        if not holds:
            continue
        if gone[i, 2] != place:
            place, number, key = gone[i, 2], log_keys[at, gone[i, 2]], gone[i, 5]
            row = -1
            if number > 0:
                row = pages[key, number >> PAGE_BITS] + (number & (PAGE - 1)) * keys[key, 1]
        if row < 0:
            continue
        code, cell, special = gone[i, 1], row + gone[i, 3], gone[i, 4]
        if code == COUNT:
            cells[cell] += 1
        elif code == DISTINCT:
            superseded = (log[at, sizes[1] + (special >> WORD)] >> (special & 63)) & 1 == 1
            if log_keys[at, gone[i, 6]] > 0 and not superseded:
                cells[cell] -= 1
        elif code == DEQUE:
            if cells[cell] == index:
                cells[cell] = log[at, sizes[3] + 2 * special + 1]
        else:
            value = log[at, sizes[2] + special]
            if value != MISSING:
                cells[cell] += value if code == SUM else value * value
