"""The wide row: a record's own columns, then what the journal knows of its parties."""

from __future__ import annotations

from typing import Final

from features.engine.kernel.compiled import inner
from features.engine.kernel.conditions import holds, is_known
from features.engine.kernel.memory import row_of, touch
from features.engine.kernel.pairs import number_of
from features.engine.plan import FILL, FOLLOW, FRESH, GROUP, PAIR, PROBE, SAME, Ints
from features.places import MISSING, TIE_BITS
from features.records import COLUMN, COLUMNS, KINDS, SCORED

FOLLOWED: Final = 8
"""Merges followed at most, so that a circle of merges ends."""
RAW: Final = len(COLUMNS)
NOW, LOCAL, PROGRAM, CREDIT, POINTS_MOVED = range(RAW, RAW + 5)
"""Built-in columns, in the order of `features.engine.definition.BUILT_IN`."""
_PLACE, _KIND, _EVENT = COLUMN["place"], COLUMN["kind"], COLUMN["event"]
_OUTCOME, _STATUS, _POINTS = COLUMN["outcome"], COLUMN["status"], COLUMN["points"]
_OCCURRED, _MEMBER = COLUMN["occurred_ms"], COLUMN["member"]
_DECISION, _MERGE = KINDS.index("decision"), KINDS.index("merge")
_CREDITED, _RELEASED, _PARTIAL = 0, 2, 4


@inner
def load(
    blank: Ints, loads: Ints, zone: Ints, wide: Ints, records: Ints, i: int
) -> None:  # pragma: no cover
    """Copy what the plan reads of a record; what becomes of a judged event is not known yet."""
    for n in range(len(loads)):
        wide[loads[n, 0]] = records[i, loads[n, 0]]
    for column in range(RAW, len(wide)):
        wide[column] = blank[column, 0]
    wide[NOW] = wide[_PLACE] >> TIE_BITS
    wide[PROGRAM] = 1
    if wide[_KIND] < SCORED:
        wide[_OUTCOME] = MISSING
    happened = wide[_OCCURRED] if wide[_OCCURRED] != MISSING else wide[NOW]
    low, high = 0, len(zone)
    while high - low > 1:
        middle = (low + high) // 2
        if zone[middle, 0] <= happened:
            low = middle
        else:
            high = middle
    wide[LOCAL] = happened + zone[low, 1]


@inner
def _follow(
    steps: Ints, keys: Ints, cells: Ints, pages: Ints, wide: Ints, i: int
) -> None:  # pragma: no cover
    first = member = wide[steps[i, 1]]
    for _ in range(FOLLOWED):
        row = row_of(keys, pages, steps[i, 5], member)
        if row < 0 or cells[row + steps[i, 4]] <= 0:
            break
        member = cells[row + steps[i, 4]]
        if member == first:
            break
    wide[steps[i, 1]] = member


@inner
def fill(
    steps: Ints, filters: Ints, clauses: Ints, blank: Ints, keys: Ints, template: Ints,
    pairs: Ints, scalars: Ints, cells: Ints, pages: Ints, table: Ints, numbers: Ints, wide: Ints,
) -> None:  # pragma: no cover
    """Run the steps that fill unknown columns of the wide row."""
    kind = wide[_KIND]
    for i in range(len(steps)):
        code, target, source = steps[i, 0], steps[i, 1], steps[i, 2]
        if code == FOLLOW:
            if not (kind == _MERGE and target == _MEMBER):
                _follow(steps, keys, cells, pages, wide, i)
        elif wide[target] != blank[target, 0]:
            continue
        elif code in (PAIR, PROBE):
            if is_known(blank, wide, source) and is_known(blank, wide, steps[i, 3]):
                pair = steps[i, 4]
                adds = code == PAIR and (pairs[pair, 3] >> kind) & 1 == 1
                wide[target] = number_of(
                    pairs, keys, template, scalars, cells, pages, table, numbers, pair,
                    wide[source], wide[steps[i, 3]], adds)
        elif not is_known(blank, wide, source):
            continue
        elif code == SAME:
            rule = steps[i, 4]
            if rule < 0 or ((steps[i, 5] >> kind) & 1 == 1
                            and holds(filters, clauses, blank, wide, rule)):
                wide[target] = wide[source]
        elif code == GROUP:
            wide[target] = wide[source] + 1
        else:
            row = row_of(keys, pages, steps[i, 5], wide[source])
            known = cells[row + steps[i, 4]] if row >= 0 else MISSING
            if code == FRESH:
                wide[target] = 1 if known == MISSING else 0
            elif known != MISSING:
                wide[target] = known if code == FILL else (wide[NOW] - known) // 1000


@inner
def fill_credit(
    keys: Ints, template: Ints, sizes: Ints, scalars: Ints, cells: Ints, pages: Ints, wide: Ints,
    outcome: int,
) -> None:  # pragma: no cover
    """Set the outcome, and how this record changes whether its event is credited."""
    if wide[_KIND] < SCORED:
        wide[_OUTCOME] = _CREDITED if outcome == MISSING else outcome
        credited = wide[_OUTCOME] == _CREDITED
    elif wide[_KIND] == _DECISION:
        status = wide[_STATUS]
        credited = status in (_CREDITED, _RELEASED, _PARTIAL)
    else:
        return
    if wide[_EVENT] <= 0 or sizes[6, 0] < 0:
        return
    cell = touch(keys, template, scalars, cells, pages, sizes[5, 0], wide[_EVENT]) + sizes[6, 0]
    wide[CREDIT] = (1 if credited else 0) - (1 if cells[cell] == 1 else 0)
    cells[cell] = 1 if credited else 0
    if wide[_POINTS] != MISSING:
        wide[POINTS_MOVED] = wide[CREDIT] * wide[_POINTS]
