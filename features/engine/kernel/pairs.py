"""Numbers of pairs: one open-addressed table for all, that frees what no window needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.engine.kernel.compiled import inner, outer
from features.engine.kernel.memory import NEXT, PAIRS, ROW, touch

if TYPE_CHECKING:
    from features.engine.plan import Ints


@inner
def _home(first: int, second: int, pair: int, capacity: int) -> int:  # pragma: no cover
    """Home of a pair in the table; the mixer is that of splitmix64 (Steele et al. 2014)."""
    h = np.uint64(first) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(second)
    h = (h ^ (h >> np.uint64(30)) ^ np.uint64(pair)) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((h ^ (h >> np.uint64(31))) & np.uint64(capacity - 1))  # type: ignore[return-value]


@inner
def locate(table: Ints, first: int, second: int, pair: int) -> int:  # pragma: no cover
    """Where a pair is in the table, or the empty place where it belongs."""
    last = len(table) - 1
    at = _home(first, second, pair, len(table))
    while table[at, 2] != 0:
        if table[at, 0] == first and table[at, 1] == second and (table[at, 2] & 255) == pair:
            return at
        at = (at + 1) & last
    return at


@inner
def forget(table: Ints, hole: int) -> None:  # pragma: no cover
    """Empty a place and close the gap behind it (linear probing, Knuth 6.4 algorithm R)."""
    last = len(table) - 1
    table[hole, 2] = 0
    at = (hole + 1) & last
    while table[at, 2] != 0:
        home = _home(table[at, 0], table[at, 1], table[at, 2] & 255, len(table))
        if (at - home) & last >= (at - hole) & last:
            for i in range(3):
                table[hole, i] = table[at, i]
            table[at, 2] = 0
            hole = at
        at = (at + 1) & last


@outer
def rehash(old: Ints, new: Ints) -> None:  # pragma: no cover
    """Move every pair from one table to another, empty one."""
    for i in range(len(old)):
        if old[i, 2] != 0:
            at = locate(new, old[i, 0], old[i, 1], old[i, 2] & 255)
            for j in range(3):
                new[at, j] = old[i, j]


@inner
def number_of(
    pairs: Ints, keys: Ints, template: Ints, scalars: Ints, cells: Ints, pages: Ints, table: Ints,
    numbers: Ints, pair: int, first: int, second: int, adds: bool,
) -> int:  # pragma: no cover
    """Find the number of a pair, given where it is new and ``adds``; else -1."""
    at = locate(table, first, second, pair)
    number = table[at, 2] >> 8
    if not adds:
        return number if number > 0 else -1
    key = pairs[pair, 4]
    if number == 0:
        number = _given(pairs, keys, template, scalars, cells, pages, numbers, pair)
        table[at, 0], table[at, 1], table[at, 2] = first, second, number << 8 | pair
        scalars[PAIRS] += 1
        row = touch(keys, template, scalars, cells, pages, key, number)
        cells[row], cells[row + 1] = first, second
    cells[touch(keys, template, scalars, cells, pages, key, number) + 2] = scalars[NEXT]
    scalars[ROW] = scalars[NEXT]
    return number


@inner
def _given(
    pairs: Ints, keys: Ints, template: Ints, scalars: Ints, cells: Ints, pages: Ints,
    numbers: Ints, pair: int,
) -> int:  # pragma: no cover
    """Take a free number, its row fresh: one that was freed, else the next."""
    number = numbers[pair, 1]
    if number == 0:
        numbers[pair, 0] += 1
        return numbers[pair, 0]
    key = pairs[pair, 4]
    row = touch(keys, template, scalars, cells, pages, key, number)
    numbers[pair, 1] = cells[row]
    for slot in range(keys[key, 1]):
        cells[row + slot] = template[keys[key, 2] + slot]
    return number


@inner
def drop(
    pairs: Ints, keys: Ints, scalars: Ints, cells: Ints, pages: Ints, table: Ints, numbers: Ints,
    pair: int, number: int, index: int,
) -> None:  # pragma: no cover
    """Free a pair where the logged record ``index`` was the last that touched it."""
    key = pairs[pair, 4]
    row = pages[key, number >> 8] + (number & 255) * keys[key, 1]
    if cells[row + 2] != index:
        return
    forget(table, locate(table, cells[row], cells[row + 1], pair))
    scalars[PAIRS] -= 1
    cells[row], cells[row + 2] = numbers[pair, 1], -1
    numbers[pair, 1] = number
