"""The integer tables that the kernel runs, packed from what `features.engine.planner` collects.

Every entity column that owns something is a *key*; each of its entities has one row of *slots*
in the state. Aggregates with the same entity, argument and filter share slots: a count in six
windows is one total and six counts of what has left each window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from features.records import KINDS

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
width, the key of events and its slot of credit."""


class Plan(NamedTuple):
    """What the kernel reads and never writes; every table is int64, C order.

    ``blank`` (wide,): unknown value of each wide column.
    ``steps`` (n, 6): code, target, column, second column, slot, pair or filter, key or kinds.
    ``filters`` (n, 5): first and last clause, first and last op, bit in the log or -1.
    ``clauses`` (n, 4): column, operator, is ``value`` a column, value.
    ``by_kind`` (2 * kinds, 2) into ``listed``: filters to test, early then late of each kind.
    ``ops`` (n, 10): code, key, id column, slot, argument column, window range, three specials.
    ``spans`` (windows,): windows as differences of places, ascending.
    ``slots_of`` (n, 2): window or -1, slot.
    ``gone`` (n, 7): filter bit, code, key's place in the log, slot, special, key, pair's place.
    ``gone_at`` (windows + 1,): range of ``gone`` of each window.
    ``reads`` (n, 6): code, key, id column, slot, other slot, integer.
    ``read_at`` (3,): range of reads before and after the update.
    ``keys`` (n, 3): column, slots, first slot in ``template``, which holds fresh slots.
    ``pairs`` (n, 7): column, two columns, kinds that add, key, evictable, key's place in the log.
    ``log_keys``, ``log_args``: id and argument columns kept of a logged record.
    ``zone`` (n, 2): from when which offset to UTC holds, ms.
    ``sizes``: see `SIZES`.
    """

    blank: Ints
    steps: Ints
    filters: Ints
    clauses: Ints
    by_kind: Ints
    listed: Ints
    ops: Ints
    spans: Ints
    slots_of: Ints
    gone: Ints
    gone_at: Ints
    reads: Ints
    read_at: Ints
    keys: Ints
    template: Ints
    pairs: Ints
    log_keys: Ints
    log_args: Ints
    zone: Ints
    sizes: Ints


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
    """What a catalog needs, in names; `pack` turns it into a `Plan`."""

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
    credit: int = 0


def pack(draft: Draft, integers: tuple[str, ...]) -> Plan:
    """Pack a draft; ``integers`` are the names of the reads, then of bare columns."""
    column, keys = draft.column, draft.keys
    bit = _bits(draft)
    gone = sorted(set(draft.gone), key=lambda g: (g.window, bit[g.rule], keys[g.entity], g.slot))
    log_keys = list(dict.fromkeys([*(g.entity for g in gone), *draft.pairs]))
    seen_at = 1 + (len(bit) + 63 >> WORD)
    args_at = seen_at + (draft.distincts + 63 >> WORD)
    links_at = args_at + len(draft.log_args)
    starts = np.cumsum([0, *(len(template) for template in draft.templates)])
    early = sum(read.before for read in draft.reads)
    return Plan(
        blank=np.array(draft.blank, np.int64),
        steps=_table([_step(step, draft) for step in draft.steps], 6),
        **_filters(draft, bit),
        **_kinds(draft),
        spans=np.array(draft.spans, np.int64),
        gone=_table([
            (bit[g.rule], g.code, log_keys.index(g.entity), g.slot, g.special, keys[g.entity],
             log_keys.index(g.pair) if g.pair else -1)
            for g in gone], 7),
        gone_at=np.searchsorted([g.window for g in gone], range(len(draft.spans) + 1)).astype(
            np.int64),
        reads=_table([*_reads(draft, integers)], 6),
        read_at=np.array([0, early, len(integers)], np.int64),
        keys=_table([(column[name], len(draft.templates[key]), starts[key])
                     for name, key in keys.items()], 3),
        template=np.array([v for template in draft.templates for v in template], np.int64),
        pairs=_table([
            (column[name], column[first], column[second], _mask(draft.pair_kinds[name]),
             keys[name], name not in draft.forever, log_keys.index(name))
            for name, (first, second) in draft.pairs.items()], 7),
        log_keys=np.array([column[name] for name in log_keys], np.int64),
        log_args=np.array([column[name] for name in draft.log_args], np.int64),
        zone=draft.zone,
        sizes=np.array([seen_at - 1, seen_at, args_at, links_at, links_at + 2 * draft.deques,
                        keys["event"], draft.credit], np.int64),
    )


def sorted_reads(draft: Draft) -> list[Read]:
    """Sort reads in the kernel's order: before the update first, one entity's reads together."""
    return sorted(draft.reads, key=lambda r: (not r.before, draft.keys[r.entity], r.at))


def _bits(draft: Draft) -> dict[Rule, int]:
    """Bit in the log of each filter whose records must be remembered."""
    kept = {g.rule for g in draft.gone}
    kept |= {r for r, ops in draft.rules.items() if any(op.code == DISTINCT for op in ops)}
    return {rule: i for i, rule in enumerate(r for r in draft.rules if r in kept)}


def _reads(draft: Draft, integers: tuple[str, ...]) -> list[tuple[int, ...]]:
    reads = [
        (r.code, draft.keys[r.entity], draft.column[r.at], r.slot, r.other, i)
        for i, r in enumerate(sorted_reads(draft))
    ]
    bare = [(COLUMN, -1, draft.column[integers[i]], 0, 0, i)
            for i in range(len(reads), len(integers))]
    return [*reads, *bare]


def _step(step: Step, draft: Draft) -> tuple[int, ...]:
    slot, key = step.slot, draft.keys.get(step.key, -1)
    if step.pair:
        slot = list(draft.pairs).index(step.pair)
    elif step.rule:
        slot, key = list(draft.rules).index(step.rule), _mask(set(step.rule.kinds))
    elif step.code == SAME:
        slot = -1
    return (step.code, draft.column[step.target], draft.column[step.first],
            draft.column.get(step.second, -1), slot, key)


def _filters(draft: Draft, bit: dict[Rule, int]) -> dict[str, Ints]:
    clauses: list[tuple[int, ...]] = []
    filters: list[tuple[int, ...]] = []
    ops: list[tuple[int, ...]] = []
    slots_of: list[tuple[int, ...]] = []
    for rule, wanted in draft.rules.items():
        first, first_op = len(clauses), len(ops)
        for c in sorted(rule.clauses, key=lambda c: (c.column, c.operator, c.value, c.other)):
            value = draft.column[c.other] if c.other else c.value
            clauses.append((draft.column[c.column], c.operator, bool(c.other), value))
        for op in sorted(wanted, key=lambda op: (draft.keys[op.entity], op.code, op.slot)):
            start = len(slots_of)
            slots_of += sorted(op.windows)
            ops.append((op.code, draft.keys[op.entity], draft.column[op.entity], op.slot,
                        draft.column.get(op.argument, -1), start, len(slots_of), *op.specials))
        filters.append((first, len(clauses), first_op, len(ops), bit.get(rule, -1)))
    return {"filters": _table(filters, 5), "clauses": _table(clauses, 4),
            "ops": _table(ops, 10), "slots_of": _table(slots_of, 2)}


def _kinds(draft: Draft) -> dict[str, Ints]:
    listed: list[int] = []
    by_kind: list[tuple[int, ...]] = []
    for kind in KINDS:
        for late in (False, True):
            start = len(listed)
            listed += [i for i, rule in enumerate(draft.rules)
                       if kind in rule.kinds and rule.late == late]
            by_kind.append((start, len(listed)))
    return {"by_kind": _table(by_kind, 2), "listed": np.array(listed, np.int64)}


def _mask(kinds: set[str]) -> int:
    return sum(1 << KINDS.index(kind) for kind in kinds)


def _table(rows: list[tuple[int, ...]], width: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, width)
