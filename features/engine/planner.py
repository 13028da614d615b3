"""From declarations to a draft of slots, steps, updates, expiries and reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.engine.clause import window_ms
from features.engine.definition import (
    Aggregate,
    Column,
    Elapsed,
    Filtered,
    Follow,
    Fresh,
    Group,
    Known,
    Pair,
    Probe,
    Same,
)
from features.engine.expression import DEPTH, LOAD, Code, compile_formula, depth_of
from features.engine.packing import pack, sorted_reads
from features.engine.plan import (
    CELL,
    COUNT,
    DEQUE,
    DISTINCT,
    ELAPSED,
    FILL,
    FIRST_MS,
    FOLLOW,
    FRESH,
    GROUP,
    HEAD,
    LAST,
    LAST_MS,
    MAX,
    MIN,
    NOW_VALID,
    PAIR,
    PAIR_SLOTS,
    PROBE,
    SAME,
    SINCE,
    SQUARE,
    SUM,
    TOTAL,
    UNSEEN,
    VALID,
    VALID_SLOTS,
    WINDOW,
    Draft,
    Gone,
    Ints,
    Op,
    Plan,
    Read,
    Rule,
    Step,
)
from features.errors import BadConfig
from features.places import MISSING, TIE_BITS
from features.records import KINDS

if TYPE_CHECKING:
    from features.engine.declarations import Catalog

_KEPT = {
    "since": (LAST_MS, SINCE), "age": (FIRST_MS, SINCE), "first_seen": (FIRST_MS, UNSEEN),
    "previous": (LAST, CELL),
}
Slots = tuple[int, int, int]
"""Read code, slot, other slot."""


class Compiled(NamedTuple):
    """A plan, the names of its integers, and the formulas that make features of them."""

    plan: Plan
    integers: tuple[str, ...]
    code: Ints
    starts: Ints


def compile_plan(catalog: Catalog, zone: Ints) -> Compiled:
    """Compile a catalog.

    Parameters
    ----------
    catalog : Catalog
        What is declared.
    zone : shape (n, 2)
        From when which offset to UTC holds, in ms (`features.engine.zone.offsets`).

    Raises
    ------
    BadConfig
        A formula is deeper than the evaluator's stack.
    """
    return _Planner(catalog, zone).compile()


class _Planner:
    def __init__(self, catalog: Catalog, zone: Ints) -> None:
        self.catalog = catalog
        self.windows = sorted({
            ms for a in catalog.aggregates.values() if (ms := window_ms(a.window, a.origin))
        })
        self.draft = Draft(
            {name: i for i, name in enumerate(catalog.blank)}, list(catalog.blank.values()), zone,
            [ms << TIE_BITS for ms in self.windows],
        )
        self.slots: dict[tuple[object, ...], int] = {}
        self.seen: dict[tuple[Rule, str, str], int] = {}

    def compile(self) -> Compiled:
        if self._reads_credit():
            self.draft.credit = self._slot("event", ("credit",), MISSING)
        for column in self.catalog.columns:
            self._column(column)
        for aggregate in self.catalog.aggregates.values():
            self._aggregate(aggregate)
        self.draft.distincts = len(self.seen)
        integers, code, starts = self._formulas()
        return Compiled(pack(self.draft, integers), integers, code, starts)

    def _reads_credit(self) -> bool:
        """Whether an aggregate asks if its records' events were credited."""
        read = {a.argument for a in self.catalog.aggregates.values()}
        for aggregate in self.catalog.aggregates.values():
            for clause in self.catalog.clauses(aggregate):
                read |= {clause.column, clause.other}
        return not read.isdisjoint(("credit", "credited_points"))

    def _key(self, entity: str) -> int:
        if entity not in self.draft.keys:
            self.draft.keys[entity] = len(self.draft.keys)
            self.draft.templates.append([MISSING] * (PAIR_SLOTS * (entity in self.draft.pairs)))
        return self.draft.keys[entity]

    def _slot(self, entity: str, what: tuple[object, ...], fresh: int) -> int:
        template = self.draft.templates[self._key(entity)]
        if (entity, what) not in self.slots:
            self.slots[entity, what] = len(template)
            template.append(fresh)
        return self.slots[entity, what]

    def _rule(self, declared: Filtered) -> Rule:
        late = isinstance(declared, Aggregate) and self.catalog.is_late(declared)
        kinds = tuple(kind for kind in KINDS if kind in declared.kinds)
        rule = Rule(kinds, frozenset(self.catalog.clauses(declared)), late)
        self.draft.rules.setdefault(rule, [])
        if not isinstance(declared, Same):
            self._adds(declared.entity, kinds)
        return rule

    def _adds(self, column: str, kinds: tuple[str, ...]) -> None:
        """Let records of these kinds add to a pair, and to the pairs it is made of."""
        if column in self.draft.pairs:
            self.draft.pair_kinds[column].update(kinds)
            for part in self.draft.pairs[column]:
                self._adds(part, kinds)

    def _op(self, rule: Rule, op: Op) -> Op:
        """Find the op of that rule that writes that slot, added where it is new."""
        for known in self.draft.rules[rule]:
            if (known.code, known.entity, known.slot, known.argument) == (
                op.code, op.entity, op.slot, op.argument
            ):
                return known
        self.draft.rules[rule].append(op)
        return op

    def _remember(
        self, declared: Aggregate | Known | Elapsed | Fresh, code: int, argument: str = ""
    ) -> int:
        """Make a slot that keeps a value for ever."""
        rule = self._rule(declared)
        self.draft.forever.add(declared.entity)
        slot = self._slot(declared.entity, (code, argument, rule), MISSING)
        self._op(rule, Op(code, declared.entity, slot, argument))
        return slot

    def _column(self, column: Column) -> None:
        step = self.draft.steps.append
        match column:
            case Known(name=name, entity=entity, argument=argument, at=at):
                slot = self._remember(column, LAST, argument)
                step(Step(FILL, name, at or entity, slot=slot, key=entity))
            case Pair(name=name):
                self._pair(column)
            case Probe(name=name, pair=pair, first=first, second=second):
                step(Step(PROBE, name, first, second, pair=pair, key=pair))
            case Same(name=name, source=source):
                limited = column.where or column.kinds != KINDS
                step(Step(SAME, name, source, rule=self._rule(column) if limited else None))
            case Group(name=name, source=source):
                step(Step(GROUP, name, source))
            case Elapsed(name=name, entity=entity):
                slot = self._remember(column, LAST_MS)
                step(Step(ELAPSED, name, entity, slot=slot, key=entity))
            case Fresh(name=name, entity=entity):
                slot = self._remember(column, FIRST_MS)
                step(Step(FRESH, name, entity, slot=slot, key=entity))
            case Follow(name=name):
                kept = Known("", "member", "other_member", ("merge",))
                slot = self._remember(kept, LAST, "other_member")
                step(Step(FOLLOW, name, name, slot=slot, key="member"))

    def _pair(self, pair: Pair) -> None:
        self.draft.pairs[pair.name] = (pair.first, pair.second)
        self.draft.pair_kinds[pair.name] = set()
        self._key(pair.name)
        self.draft.steps.append(
            Step(PAIR, pair.name, pair.first, pair.second, pair=pair.name, key=pair.name))

    def _pair_of(self, entity: str, argument: str) -> str:
        for name, columns in self.draft.pairs.items():
            if set(columns) == {entity, argument}:
                return name
        name = f"{entity}*{argument}"
        self.draft.column[name] = len(self.draft.column)
        self.draft.blank.append(0)
        self._pair(Pair(name, entity, argument))
        return name

    def _aggregate(self, a: Aggregate) -> None:
        window = window_ms(a.window, a.origin)
        w = self.windows.index(window) if window else -1
        if not window:
            self.draft.forever.add(a.entity)
        match a.aggregate:
            case "count" | "sum" | "square":
                code, slot, other = self._total(a, w)
            case "distinct":
                code, slot, other = self._distinct(a, w)
            case "min" | "max":
                code, slot, other = self._extreme(a, w)
            case "valid":
                code, slot, other = self._valid(a)
            case _:
                update, code = _KEPT[a.aggregate]
                slot, other = self._remember(a, update, a.argument), 0
        self.draft.reads.append(
            Read(code, a.entity, a.at or a.entity, slot, other, a.name, a.is_before))

    def _total(self, a: Aggregate, w: int) -> Slots:
        code = {"count": COUNT, "sum": SUM, "square": SQUARE}[a.aggregate]
        rule = self._rule(a)
        total = self._slot(a.entity, (code, a.argument, rule), 0)
        self._op(rule, Op(code, a.entity, total, a.argument))
        if w < 0:
            return TOTAL, total, 0
        left = self._slot(a.entity, (code, a.argument, rule, w), 0)
        special = self._logged(a.argument) if a.argument else 0
        self.draft.gone.append(Gone(w, rule, code, a.entity, left, special))
        return WINDOW, total, left

    def _distinct(self, a: Aggregate, w: int) -> Slots:
        rule, pair = self._rule(a), self._pair_of(a.entity, a.argument)
        self._adds(pair, rule.kinds)
        if w < 0:
            self.draft.forever.add(pair)
        bit = self.seen.setdefault((rule, a.entity, pair), len(self.seen))
        last = self._slot(pair, ("last", rule, a.entity), MISSING)
        counter = self._slot(a.entity, (DISTINCT, pair, rule, w), 0)
        special = (bit, self._key(pair), 0)
        op = self._op(rule, Op(DISTINCT, a.entity, last, pair, specials=special))
        op.windows = sorted({*op.windows, (w, counter)})
        if w >= 0:
            self.draft.gone.append(Gone(w, rule, DISTINCT, a.entity, counter, bit, pair))
        return TOTAL, counter, 0

    def _extreme(self, a: Aggregate, w: int) -> Slots:
        code, sign = {"min": (MIN, -1), "max": (MAX, 1)}[a.aggregate]
        if w < 0:
            return CELL, self._remember(a, code, a.argument), 0
        rule, place = self._rule(a), self._logged(a.argument)
        tail = self._slot(a.entity, (DEQUE, code, a.argument, rule), MISSING)
        head = self._slot(a.entity, (DEQUE, code, a.argument, rule, w), MISSING)
        op = self._op(rule, Op(DEQUE, a.entity, tail, a.argument,
                               specials=(sign, self.draft.deques, place)))
        self.draft.deques += not op.windows
        op.windows = sorted({*op.windows, (w, head)})
        self.draft.gone.append(Gone(w, rule, DEQUE, a.entity, head, op.specials[1]))
        return HEAD, head, place

    def _valid(self, a: Aggregate) -> Slots:
        rule = self._rule(a)
        first = self._slot(a.entity, (VALID, rule, 0), 0)
        for n in range(1, VALID_SLOTS):
            self._slot(a.entity, (VALID, rule, n), MISSING)
        self._op(rule, Op(VALID, a.entity, first))
        return NOW_VALID, first, 0

    def _logged(self, argument: str) -> int:
        if argument not in self.draft.log_args:
            self.draft.log_args.append(argument)
        return self.draft.log_args.index(argument)

    def _formulas(self) -> tuple[tuple[str, ...], Ints, Ints]:
        reads = sorted_reads(self.draft)
        position = {read.name: i for i, read in enumerate(reads)}

        def resolve(name: str) -> Code:
            if name in self.catalog.expressions:
                inner = self.catalog.expressions[name]
                return compile_formula(inner.formula, inner.origin, resolve)
            return [(LOAD, position.setdefault(name, len(position)))]

        code: Code = []
        starts = [0]
        for feature in self.catalog.features:
            part = resolve(feature.name)
            if depth_of(part) > DEPTH:
                raise BadConfig("a shallower formula", feature.origin, f"split '{feature.name}'")
            code += part
            starts.append(len(code))
        table = np.array(code, np.int64).reshape(-1, 2)
        return tuple(position), table, np.array(starts, np.int64)
