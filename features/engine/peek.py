"""A look at what a state knows, without an event that would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.engine.kernel import PAGE

if TYPE_CHECKING:
    from features.engine.state import State

_WORD: Final = (1 << 64) - 1


def total(state: State, name: str, number: int) -> int:
    """Value of an aggregate over all time for one entity, as its next event would read it.

    Parameters
    ----------
    state : State
    name : str
        A count, sum or distinct without a window, hidden or not.
    number : int
        The entity; one that never was has 0.
    """
    read = state.integers.index(name)
    groups = state.plan.read_groups
    key = int(groups[(groups[:, 2] <= read) & (read < groups[:, 3]), 0][0])
    row = _row(state, key, number)
    return int(state.memory.cells[row + int(state.plan.reads[read, 1])]) if row else 0


def pair_number(state: State, name: str, first: int, second: int) -> int:
    """Number of a declared pair of two entities; 0 where they never met."""
    column = list(state.catalog.blank).index(name)
    pair = state.plan.pairs[:, 0].tolist().index(column)
    key, table = int(state.plan.pairs[pair, 4]), state.memory.table
    hashed = _hash(first, second, pair)
    at = hashed & len(table) - 1
    while int(table[at, 1]):
        number = int(table[at, 1]) >> 8
        if int(table[at, 0]) & _WORD == hashed and int(table[at, 1]) & 255 == pair:
            row = _row(state, key, number)
            if state.memory.cells[row : row + 2].tolist() == [first, second]:
                return number
        at = at + 1 & len(table) - 1
    return 0


def _row(state: State, key: int, number: int) -> int:
    """Where an entity's row starts in the cells; 0 where it has none."""
    page, line = divmod(number, PAGE)
    pages = state.memory.pages
    start = int(pages[key, page]) if number > 0 and page < pages.shape[1] else 0
    return start + line * int(state.plan.keys[key, 1]) if start else 0


def _hash(first: int, second: int, pair: int) -> int:
    """Hash a pair as `features.engine.kernel.pairs.hash_of` does, in Python's integers."""
    h = (first * 0x9E3779B97F4A7C15 & _WORD) ^ second
    h = (h ^ (h >> 30) ^ pair) * 0xBF58476D1CE4E5B9 & _WORD
    h = (h ^ (h >> 27)) * 0x94D049BB133111EB & _WORD
    return h ^ (h >> 31)
