"""What a declaration must be: every refusal names the file and the line it stands on."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Final

from features.engine.clause import OPERATORS, WORDS, Clause, window_ms
from features.engine.definition import (
    AGGREGATES,
    BUILT_IN,
    LATE,
    Aggregate,
    Column,
    Declared,
    Elapsed,
    Expression,
    Feature,
    Filtered,
    Follow,
    Fresh,
    Group,
    Known,
    Pair,
    Probe,
    Same,
)
from features.engine.expression import DEPTH, FUNCTIONS, LOAD, Code, compile_formula, depth_of
from features.engine.scope import nearest, refused
from features.places import MISSING
from features.records import ENTITIES, KINDS

if TYPE_CHECKING:
    from features.engine.scope import Scope

RETENTION_MS: Final = 90 * 86_400_000
"""Longest window a declaration may ask for: so long the state keeps records."""
SHORTEST_MS: Final = 60_000
"""Shortest window: below a minute a phone that sends its queue looks like a machine."""
STEPS: Final = 2_000
"""Operations of a formula, those of the formulas it reads included."""
ROW_KEYS: Final = ("event_id", "member_id", "recorded_at", "as_of")
"""Columns that a row of features has beside them."""
_BARE: Final = ("count", "since", "age", "first_seen", "valid")
_NUMERIC: Final = ("sum", "square", "min", "max")
_WINDOWED: Final = ("count", "sum", "square", "distinct", "min", "max")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_FIXED: Final = (*BUILT_IN, *LATE, "place", "seq", "kind", "event")


def check_feature(scope: Scope, feature: Feature) -> None:
    """Refuse a feature that can't be, or whose name is taken."""
    _check_name(feature)
    if (first := scope.feature(feature.name)) is not None:
        raise refused("a name of its own", f"a second '{feature.name}'", feature,
                      f"rename it; the first one is at {first.origin}")
    if feature.name in scope.blank or feature.name in ROW_KEYS:
        raise refused("a name that is no column", f"'{feature.name}'", feature,
                      f"rename '{feature.name}'")
    if isinstance(feature, Aggregate):
        _check_aggregate(scope, feature)


def check_column(scope: Scope, column: Column) -> int:
    """Refuse a column that can't be; what it holds where unknown, if it is one."""
    _check_name(column)
    if column.name in _FIXED or scope.feature(column.name) is not None:
        raise refused("a column that may be filled", f"'{column.name}'", column)
    if isinstance(column, Known | Same | Elapsed | Fresh):
        _check_filter(scope, column)
    blank = _blank_of_column(scope, column)
    if scope.blank.get(column.name, blank) != blank:
        raise refused("an entity from entities, a value from values", column.name, column)
    return blank


def check_formulas(scope: Scope) -> None:
    """Refuse formulas that read themselves, what is not there, or more than can be run."""
    codes: dict[str, Code] = {}
    for expression in scope.expressions.values():
        _check_formula(scope, expression, (), codes)


def _check_name(declared: Declared) -> None:
    name = declared.name
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise refused("a name of small letters, digits and _, 63 at most", f"'{name}'"[:80],
                      declared, "rename it")
    if name in FUNCTIONS or name == "unknown":
        raise refused("a name that formulas do not use", f"'{name}'", declared, "rename it")


def _blank_of_column(scope: Scope, column: Column) -> int:
    match column:
        case Known(entity=entity, argument=argument, at=at):
            _check_entity(scope, entity, column)
            _check_entity(scope, at or entity, column)
            return scope.blank_of(argument, column)
        case Pair(first=first, second=second) | Probe(first=first, second=second):
            scope.blank_of(first, column)
            scope.blank_of(second, column)
            if isinstance(column, Probe) and not any(
                    isinstance(other, Pair) for other in scope.filled.get(column.pair, ())):
                raise refused("a declared pair", f"'{column.pair}'", column)
            return 0
        case Same(source=source):
            return scope.blank_of(source, column)
        case Elapsed(entity=entity) | Fresh(entity=entity):
            _check_entity(scope, entity, column)
        case Group(source=source):
            if source not in WORDS:
                raise refused("a column of words", f"'{source}'", column)
            return 0
        case Follow(name=name):
            _check_entity(scope, name, column)
            return 0
    return MISSING


def _check_aggregate(scope: Scope, a: Aggregate) -> None:
    if a.aggregate not in AGGREGATES:
        raise refused(f"one of {', '.join(AGGREGATES)}", f"'{a.aggregate}'", a,
                      nearest(a.aggregate, AGGREGATES))
    _check_entity(scope, a.entity, a)
    _check_entity(scope, a.at or a.entity, a)
    _check_filter(scope, a)
    _check_argument(scope, a)
    window = window_ms(a.window, a.origin)
    if window > RETENTION_MS:
        raise refused("a window of 90 days at most", f"{a.window}", a, "write 90d or less")
    if 0 < window < SHORTEST_MS:
        raise refused("a window of 1 minute at least", f"{a.window}", a, "write 1m or more")
    if window and a.aggregate not in _WINDOWED:
        raise refused("no window", f"{a.window} with {a.aggregate}", a, "leave the window out")


def _check_argument(scope: Scope, a: Aggregate) -> None:
    if (a.argument == "") != (a.aggregate in _BARE):
        raise refused("an argument for sum, square, distinct, previous, min and max only",
                      f"'{a.argument}' with {a.aggregate}", a)
    if a.argument and scope.blank_of(a.argument, a) == 0 and a.aggregate in _NUMERIC:
        raise refused("a column that holds a value", f"{a.aggregate} of '{a.argument}'", a)
    if a.aggregate == "distinct" and scope.blank_of(a.argument, a) != 0:
        raise refused("a column that holds an entity", f"distinct '{a.argument}'", a)


def _check_filter(scope: Scope, declared: Filtered) -> None:
    if not declared.kinds:
        raise refused(f"kinds among {', '.join(KINDS)}", "none", declared)
    for kind in declared.kinds:
        if kind not in KINDS:
            raise refused(f"kinds among {', '.join(KINDS)}", f"'{kind}'", declared,
                          nearest(kind, KINDS))
    for clause in scope.clauses(declared):
        _check_clause(scope, clause, declared)


def _check_clause(scope: Scope, clause: Clause, declared: Filtered) -> None:
    scope.blank_of(clause.column, declared)
    if scope.is_pair(clause.column) or scope.is_pair(clause.other):
        raise refused("conditions on columns that are no pair", clause.column, declared)
    words = WORDS.get(clause.column, ())
    if clause.other and words and clause.other not in scope.blank:
        raise refused(f"{clause.column} {OPERATORS[clause.operator]} one of {', '.join(words)}",
                      f"'{clause.other}'", declared, nearest(clause.other, words))
    if clause.other:
        scope.blank_of(clause.other, declared)
    if not isinstance(declared, Aggregate) and {clause.column, clause.other} & {*LATE}:
        raise refused("a column known when the event is scored", clause.column, declared)


def _check_entity(scope: Scope, name: str, declared: Declared) -> None:
    if scope.blank.get(name) != 0:
        known = [n for n, blank in scope.blank.items() if blank == 0]
        raise refused(f"an entity, such as {', '.join(ENTITIES)}", f"'{name}'", declared,
                      nearest(name, known))


def _check_formula(
    scope: Scope, expression: Expression, inside: tuple[str, ...], codes: dict[str, Code]
) -> Code:
    """Compile a formula with all that it reads, each formula once."""
    def resolve(name: str) -> Code:
        if name == expression.name or name in inside:
            raise refused("a formula that does not read itself", f"'{name}'", expression)
        if name in LATE:
            raise refused("columns known when the event is scored", f"'{name}'", expression)
        if name in scope.expressions:
            return _check_formula(scope, scope.expressions[name], (*inside, expression.name), codes)
        if name not in scope.aggregates and name not in scope.blank:
            known = (*scope.aggregates, *scope.expressions, *scope.blank)
            raise refused("names of features and columns", f"'{name}'", expression,
                          nearest(name, known))
        return [(LOAD, 0)]

    if expression.name not in codes:
        code = compile_formula(expression.formula, expression.origin, resolve)
        if depth_of(code) > DEPTH or len(code) > STEPS:
            raise refused("a shallower formula", f"'{expression.name}'", expression,
                          f"split '{expression.name}'")
        codes[expression.name] = code
    return codes[expression.name]
