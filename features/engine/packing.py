"""From a draft in names to the integer tables that the kernel runs."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from features.engine.plan import (
    COLUMN,
    DISTINCT,
    ELAPSED,
    FILL,
    FOLLOW,
    FRESH,
    NEEDED,
    PAIR_SLOTS,
    SAME,
    VALID,
    WORD,
    Draft,
    Gone,
    Ints,
    Plan,
    Read,
    Rule,
    Step,
)
from features.records import COLUMN as RECORD
from features.records import COLUMNS, ENTITIES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FIRST_ID, _END_ID = RECORD[ENTITIES[0]], RECORD[ENTITIES[-1]] + 1
_Owner = TypeVar("_Owner")


def pack(draft: Draft, integers: tuple[str, ...]) -> Plan:
    """Pack a draft; ``integers`` are the names of the reads, then of bare columns."""
    column, keys = draft.column, draft.keys
    bit = _bits(draft)
    gone = sorted(set(draft.gone), key=lambda g: (g.window, bit[g.rule], keys[g.entity], g.slot))
    logged = list(dict.fromkeys([*(g.entity for g in gone), *draft.pairs]))
    seen_at = 1 + (len(bit) + 63 >> WORD)
    args_at = seen_at + (draft.distincts + 63 >> WORD)
    links_at = args_at + len(draft.log_args)
    starts = np.cumsum([0, *(len(template) for template in draft.templates)])
    steps = _table([_step(step, draft) for step in draft.steps], 6)
    rules, reads = _filters(draft, bit), _reads(draft, integers)
    used = _used(draft, steps, rules, reads, logged)
    return Plan(
        blank=_column(draft.blank),
        loads=_column(used),
        ids=_column([c for c in used if _FIRST_ID <= c < _END_ID
                     or (c == RECORD["event"] and "event" in keys)]),
        steps=steps,
        **rules,
        **_kinds(draft),
        spans=_column(draft.spans),
        **_leaving(draft, gone, bit, logged),
        near=_near(draft, steps, rules["groups"], reads["read_groups"]),
        **reads,
        keys=_table([(column[name], len(draft.templates[key]), starts[key])
                     for name, key in keys.items()], 3),
        template=_column([v for template in draft.templates for v in template]),
        pairs=_table([
            (column[name], column[first], column[second], _mask(draft.pair_kinds[name]),
             keys[name], name not in draft.forever, logged.index(name))
            for name, (first, second) in draft.pairs.items()], 7),
        log_keys=_column([column[name] for name in logged]),
        log_args=_column([column[name] for name in draft.log_args]),
        zone=draft.zone,
        sizes=_column([seen_at - 1, seen_at, args_at, links_at, links_at + 2 * draft.deques,
                       keys.get("event", -1), draft.credit]),
    )


def sorted_reads(draft: Draft) -> list[Read]:
    """Sort reads in the kernel's order: before the update first, one entity's reads together."""
    return sorted(draft.reads, key=lambda r: (not r.before, draft.keys[r.entity], r.at))


def _bits(draft: Draft) -> dict[Rule, int]:
    """Bit in the log of each filter whose records must be remembered."""
    kept = {g.rule for g in draft.gone}
    kept |= {r for r, ops in draft.rules.items() if any(op.code == DISTINCT for op in ops)}
    return {rule: i for i, rule in enumerate(r for r in draft.rules if r in kept)}


def _reads(draft: Draft, integers: tuple[str, ...]) -> dict[str, Ints]:
    found = sorted_reads(draft)
    rows = [(r.code, r.slot, r.other) for r in found]
    rows += [(COLUMN, draft.column[name], 0) for name in integers[len(found):]]
    owners = [(not r.before, draft.keys[r.entity], draft.column[r.at]) for r in found]
    owners += [(True, -1, -1)] * (len(rows) - len(found))
    groups = [(key, at, first, last) for (_, key, at), first, last in _runs(owners)]
    early = sum(not late for (late, _, _), _, _ in _runs(owners))
    return {"read_groups": _table(groups, 4), "reads": _table(rows, 3),
            "read_at": _column([0, early, len(groups)])}


def _runs(owners: Sequence[_Owner]) -> Iterator[tuple[_Owner, int, int]]:
    """Yield each run of equal owners: the owner, its first, its end."""
    first = 0
    for owner, members in groupby(owners):
        last = first + len(list(members))
        yield owner, first, last
        first = last


def _leaving(
    draft: Draft, gone: list[Gone], bit: dict[Rule, int], logged: list[str]
) -> dict[str, Ints]:
    """Tables of what leaves each window, entity by entity, and of the rows it touches."""
    windows = range(len(draft.spans) + 1)
    owners = [(g.window, bit[g.rule], logged.index(g.entity), draft.keys[g.entity]) for g in gone]
    leave = [(*owner, first, last) for owner, first, last in _runs(owners)]
    rows: dict[tuple[int, int, int], list[int]] = {}
    for g, (window, _, place, key) in zip(gone, owners, strict=True):
        rows.setdefault((window, place, key), []).append(g.slot)
    for name in draft.pairs:
        if name not in draft.forever and draft.spans:
            rows[len(draft.spans) - 1, logged.index(name), draft.keys[name]] = [0, PAIR_SLOTS - 1]
    fetched = sorted((*owner, min(slots), max(slots)) for owner, slots in rows.items())
    return {
        "leave": _table([row[1:] for row in leave], 5),
        "leave_at": _column(np.searchsorted([row[0] for row in leave], windows)),
        "gone": _table([(g.code, g.slot, g.special, logged.index(g.pair) if g.pair else -1)
                        for g in gone], 4),
        "fetched": _table([row[1:] for row in fetched], 4),
        "fetched_at": _column(np.searchsorted([row[0] for row in fetched], windows)),
    }


def _near(draft: Draft, steps: Ints, groups: Ints, read_groups: Ints) -> Ints:
    """Rows that a record names itself, and so can be asked for before its turn."""
    touched = {(int(at), int(key)) for key, at in (*groups[:, :2], *read_groups[:, :2])}
    touched |= {(int(source), int(key)) for code, _, source, _, _, key in steps
                if code in (FILL, ELAPSED, FRESH, FOLLOW)}
    return _table([(at, key, 0, len(draft.templates[key]) - 1)
                   for at, key in sorted(touched) if key >= 0 and at < len(COLUMNS)], 4)


def _used(
    draft: Draft, steps: Ints, rules: dict[str, Ints], reads: dict[str, Ints], logged: list[str]
) -> list[int]:
    """Columns of a record that anything reads."""
    clauses = rules["clauses"]
    found = {draft.column[name] for name in (*NEEDED, *logged, *draft.log_args)}
    found |= {*steps[:, 1], *steps[:, 2], *steps[:, 3], *clauses[:, 0]}
    found |= {*clauses[clauses[:, 2] == 1, 3], *rules["groups"][:, 1], *rules["ops"][:, 2]}
    found |= {*reads["read_groups"][:, 1], *reads["reads"][reads["reads"][:, 0] == COLUMN, 1]}
    if any(op.code == VALID for ops in draft.rules.values() for op in ops):
        found |= {draft.column["valid_from_ms"], draft.column["valid_to_ms"]}
    for first, second in draft.pairs.values():
        found |= {draft.column[first], draft.column[second]}
    return sorted(int(c) for c in found if 0 <= c < len(COLUMNS))


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
    groups: list[tuple[int, ...]] = []
    ops: list[tuple[int, ...]] = []
    slots_of: list[tuple[int, ...]] = []
    for rule, wanted in draft.rules.items():
        first, first_group = len(clauses), len(groups)
        for c in sorted(rule.clauses, key=lambda c: (c.column, c.operator, c.value, c.other)):
            value = draft.column[c.other] if c.other else c.value
            clauses.append((draft.column[c.column], c.operator, bool(c.other), value))
        ordered = sorted(wanted, key=lambda op: (draft.keys[op.entity], op.code, op.slot))
        for entity, start, end in _runs([op.entity for op in ordered]):
            groups.append((draft.keys[entity], draft.column[entity], len(ops) + start,
                           len(ops) + end))
        for op in ordered:
            start = len(slots_of)
            slots_of += sorted(op.windows)
            ops.append((op.code, op.slot, draft.column.get(op.argument, -1), start, len(slots_of),
                        *op.specials))
        filters.append((first, len(clauses), first_group, len(groups), bit.get(rule, -1)))
    return {"filters": _table(filters, 5), "clauses": _table(clauses, 4),
            "groups": _table(groups, 4), "ops": _table(ops, 8), "slots_of": _table(slots_of, 2)}


def _kinds(draft: Draft) -> dict[str, Ints]:
    listed: list[int] = []
    by_kind: list[tuple[int, ...]] = []
    for kind in KINDS:
        for late in (False, True):
            start = len(listed)
            listed += [i for i, rule in enumerate(draft.rules)
                       if kind in rule.kinds and rule.late == late]
            by_kind.append((start, len(listed)))
    return {"by_kind": _table(by_kind, 2), "listed": _column(listed)}


def _mask(kinds: set[str]) -> int:
    return sum(1 << KINDS.index(kind) for kind in kinds)


def _table(rows: Sequence[tuple[int, ...]], width: int) -> Ints:
    return np.array(rows, np.int64).reshape(-1, width)


def _column(values: Sequence[int] | Ints) -> Ints:
    return np.array(values, np.int64).reshape(-1, 1)
