"""Numbers of pairs: one open-addressed table for all, that frees what no window needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.engine.kernel.compiled import inner, outer, rare
from features.engine.kernel.memory import GIVEN, NEXT, PAIRS, ROW, row_of, touch

if TYPE_CHECKING:
    from features.engine.plan import Ints


@inner
def hash_of(first: int, second: int, pair: int) -> int:  # pragma: no cover
    """Hash of a pair; the mixer is that of splitmix64 (Steele et al. 2014)."""
    h = np.uint64(first) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(second)
    h = (h ^ (h >> np.uint64(30)) ^ np.uint64(pair)) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64(h ^ (h >> np.uint64(31)))  # type: ignore[return-value]


@inner
def locate(
    pairs: Ints, keys: Ints, cells: Ints, pages: Ints, table: Ints, first: int, second: int,
    pair: int, hashed: int,
) -> int:  # pragma: no cover
    """Where a pair is in the table, or the empty place where it belongs."""
    last = len(table) - 1
    at = hashed & last
    while table[at, 1] != 0:
        if table[at, 0] == hashed and (table[at, 1] & 255) == pair:
            row = row_of(keys, pages, pairs[pair, 4], table[at, 1] >> 8)
            if cells[row] == first and cells[row + 1] == second:
                return at
        at = (at + 1) & last
    return at


@inner
def _forget(table: Ints, hole: int) -> None:  # pragma: no cover
    """Empty a place and close the gap behind it (linear probing, Knuth 6.4 algorithm R)."""
    last = len(table) - 1
    table[hole, 1] = 0
    at = (hole + 1) & last
    while table[at, 1] != 0:
        if (at - table[at, 0]) & last >= (at - hole) & last:
            table[hole, 0], table[hole, 1] = table[at, 0], table[at, 1]
            table[at, 1] = 0
            hole = at
        at = (at + 1) & last


@outer
def rehash(old: Ints, new: Ints) -> None:  # pragma: no cover
    """Move every pair from one table to another, empty one."""
    last = len(new) - 1
    for i in range(len(old)):
        if old[i, 1] != 0:
            at = old[i, 0] & last
            while new[at, 1] != 0:
                at = (at + 1) & last
            new[at, 0], new[at, 1] = old[i, 0], old[i, 1]


@inner
def number_of(
    pairs: Ints, keys: Ints, template: Ints, scalars: Ints, cells: Ints, pages: Ints, table: Ints,
    numbers: Ints, pair: int, first: int, second: int, adds: bool,
) -> int:  # pragma: no cover
    """Find the number of a pair, given where it is new and ``adds``; else -1."""
    hashed = hash_of(first, second, pair)
    at = locate(pairs, keys, cells, pages, table, first, second, pair, hashed)
    number = table[at, 1] >> 8
    if not adds:
        return number if number > 0 else -1
    key = pairs[pair, 4]
    if number == 0:
        number = _given(keys, template, scalars, cells, pages, numbers, pair, key)
        table[at, 0], table[at, 1] = hashed, number << 8 | pair
        scalars[PAIRS] += 1
        row = touch(keys, template, scalars, cells, pages, key, number)
        cells[row], cells[row + 1] = first, second
    cells[touch(keys, template, scalars, cells, pages, key, number) + 2] = scalars[NEXT]
    scalars[ROW] = scalars[NEXT]
    return number


@rare
def _given(
    keys: Ints, template: Ints, scalars: Ints, cells: Ints, pages: Ints, numbers: Ints, pair: int,
    key: int,
) -> int:  # pragma: no cover
    """Take a free number, its row fresh: one that was freed, else the next."""
    number = numbers[pair, 1]
    if number == 0:
        numbers[pair, 0] += 1
        scalars[GIVEN] = max(scalars[GIVEN], numbers[pair, 0])
        return numbers[pair, 0]
    row = touch(keys, template, scalars, cells, pages, key, number)
    numbers[pair, 1] = cells[row]
    for slot in range(keys[key, 1]):
        cells[row + slot] = template[keys[key, 2] + slot, 0]
    return number


@inner
def drop(
    pairs: Ints, keys: Ints, scalars: Ints, cells: Ints, pages: Ints, table: Ints, numbers: Ints,
    pair: int, number: int, index: int,
) -> None:  # pragma: no cover
    """Free a pair where the logged record ``index`` was the last that touched it."""
    row = row_of(keys, pages, pairs[pair, 4], number)
    if cells[row + 2] != index:
        return
    last, entry = len(table) - 1, number << 8 | pair
    at = hash_of(cells[row], cells[row + 1], pair) & last
    while table[at, 1] != entry:
        at = (at + 1) & last
    _forget(table, at)
    scalars[PAIRS] -= 1
    cells[row], cells[row + 2] = numbers[pair, 1], -1
    numbers[pair, 1] = number
