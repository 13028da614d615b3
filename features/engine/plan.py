"""The integer tables that the kernel runs, and the draft of them in names.

Every entity column that owns something is a *key*; each of its entities has one row of *slots*
in the state. Aggregates with the same entity, argument and filter share slots: a count in six
windows is one total and six counts of what has left each window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from features.engine.clause import Clause

Ints = npt.NDArray[np.int64]

FILL, SAME, PAIR, PROBE, ELAPSED, FRESH, GROUP, FOLLOW = range(8)
"""Steps that fill a column of the wide row."""
COUNT, SUM, SQUARE, DISTINCT, LAST, FIRST_MS, LAST_MS, MIN, MAX, DEQUE, VALID = range(11)
"""Updates of slots; the first four and DEQUE also leave windows."""
TOTAL, WINDOW, CELL, SINCE, UNSEEN, HEAD, NOW_VALID, COLUMN = range(8)
"""Reads of slots into integers."""
PAIR_SLOTS: Final = 3
"""A pair's row starts with its two values and the last logged record that touched it."""
VALID_SLOTS: Final = 5
"""How many declarations, and from and to of the last two of them."""
WORD: Final = 6
"""Each mask word of a logged record holds 2**6 filters, or distinct counts."""
SIZES: Final = ("mask_words", "seen_at", "args_at", "links_at", "log_width", "event_key", "credit")
"""Integers of ``Plan.sizes``: words of filter bits, where each part of a logged row starts, its
width, the key of events and its slot of credit, -1 where nothing reads it."""
NEEDED: Final = ("place", "seq", "kind", "event", "occurred_ms", "outcome", "status", "points")
"""Columns of a record that the kernel reads whatever is declared."""


class Plan(NamedTuple):
    """What the kernel reads and never writes; every table is int64 of two dimensions, C order.

    ``blank`` (wide, 1): unknown value of each wide column.
    ``loads`` (n, 1): columns of a record that are read; ``ids`` (n, 1): those that hold ids.
    ``steps`` (n, 6): code, target, column, second column, slot, pair or filter, key or kinds.
    ``filters`` (n, 5): first and last clause, first and last group, bit in the log or -1.
    ``clauses`` (n, 4): column, operator, is ``value`` a column, value.
    ``by_kind`` (2 * kinds, 2) into ``listed`` (n, 1): filters to test, early then late.
    ``groups`` (n, 4): key, id column, first and last op: the updates of one entity's row.
    ``ops`` (n, 8): code, slot, argument column, window range, three specials.
    ``slots_of`` (n, 2): window or -1, slot.
    ``spans`` (windows, 1): windows as differences of places, ascending.
    ``leave`` (n, 5): filter bit, key's place in the log, key, first and last of ``gone``.
    ``leave_at`` (windows + 1, 1): range of ``leave`` of each window.
    ``gone`` (n, 4): code, slot, special, pair's place in the log.
    ``fetched`` (n, 4), ``fetched_at`` (windows + 1, 1): key's place in the log, key, first and last
    slot of the rows that each window will leave.
    ``near`` (n, 4): id column, key, first and last slot of the rows a record will touch.
    ``read_groups`` (n, 4): key or -1, id column, first and last read.
    ``reads`` (n, 3): code, slot or bare column, other slot; in the order of the integers.
    ``read_at`` (3, 1): range of groups before and after the update.
    ``keys`` (n, 3): column, slots, first slot in ``template`` (n, 1), which holds fresh slots.
    ``pairs`` (n, 7): column, two columns, kinds that add, key, evictable, key's place in the log.
    ``log_keys``, ``log_args`` (n, 1): id and argument columns kept of a logged record.
    ``zone`` (n, 2): from when which offset to UTC holds, ms.
    ``sizes`` (7, 1): see `SIZES`.
    """

    blank: Ints
    loads: Ints
    ids: Ints
    steps: Ints
    filters: Ints
    clauses: Ints
    by_kind: Ints
    listed: Ints
    groups: Ints
    ops: Ints
    slots_of: Ints
    spans: Ints
    leave: Ints
    leave_at: Ints
    gone: Ints
    fetched: Ints
    fetched_at: Ints
    near: Ints
    read_groups: Ints
    reads: Ints
    read_at: Ints
    keys: Ints
    template: Ints
    pairs: Ints
    log_keys: Ints
    log_args: Ints
    zone: Ints
    sizes: Ints


def packed(plan: Plan) -> Ints:
    """One array of all tables, as an argument less is 100 ns less: (start, rows, columns) of each.

    Examples
    --------
    >>> tables = [np.full((1, 2), i) for i in range(len(Plan._fields))]
    >>> packed(Plan(*tables))[[0, 1, 2, -1]]
    array([84,  1,  2, 27])
    """
    starts = 3 * len(plan) + np.cumsum([0, *(table.size for table in plan)])
    head = [(start, *table.shape) for start, table in zip(starts, plan, strict=False)]
    return np.concatenate([np.ravel(head), *(table.ravel() for table in plan)]).astype(np.int64)


class Step(NamedTuple):
    """One fill of a wide column, in names."""

    code: int
    target: str
    first: str
    second: str = ""
    slot: int = 0
    pair: str = ""
    key: str = ""
    rule: Rule | None = None


@dataclass
class Op:
    """One update of a slot, in names; ``windows`` are (window, slot) of what it enters."""

    code: int
    entity: str
    slot: int
    argument: str = ""
    windows: list[tuple[int, int]] = field(default_factory=list)
    specials: tuple[int, int, int] = (0, 0, 0)


class Gone(NamedTuple):
    """One way in which a record leaves a window, in names."""

    window: int
    rule: Rule
    code: int
    entity: str
    slot: int
    special: int
    pair: str = ""


class Read(NamedTuple):
    """One integer read from a slot, in names."""

    code: int
    entity: str
    at: str
    slot: int
    other: int
    name: str
    before: bool


class Rule(NamedTuple):
    """A filter: kinds, conditions, and whether it speaks of what is known after scoring."""

    kinds: tuple[str, ...]
    clauses: frozenset[Clause]
    late: bool


@dataclass
class Draft:
    """What a catalog needs, in names; `features.engine.packing` turns it into a `Plan`."""

    column: dict[str, int]
    blank: list[int]
    zone: Ints
    spans: list[int]
    keys: dict[str, int] = field(default_factory=dict)
    templates: list[list[int]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    rules: dict[Rule, list[Op]] = field(default_factory=dict)
    pairs: dict[str, tuple[str, str]] = field(default_factory=dict)
    pair_kinds: dict[str, set[str]] = field(default_factory=dict)
    forever: set[str] = field(default_factory=set)
    reads: list[Read] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    log_args: list[str] = field(default_factory=list)
    distincts: int = 0
    deques: int = 0
    credit: int = -1
