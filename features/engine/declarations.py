"""A catalog: declarations checked against each other, in order, each feature with its hash."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Final

from features.engine.clause import WORDS, Clause, parse_clause, window_ms
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
from features.engine.expression import names_in
from features.errors import BadConfig
from features.places import MISSING
from features.records import COLUMNS, ENTITIES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

ENGINE: Final = 1
"""Version of what the kernel's aggregates mean; part of every hash."""
RETENTION_MS: Final = 90 * 86_400_000
"""Longest window a declaration may ask for."""
_BARE: Final = ("count", "since", "age", "first_seen", "valid")
_NUMERIC: Final = ("sum", "square", "min", "max")
_WINDOWED: Final = ("count", "sum", "square", "distinct", "min", "max")


class Catalog:
    """Declared features and the columns they need.

    Parameters
    ----------
    declarations : iterable of Declared
        Columns are filled in the order given; features keep it as the order of their vector.

    Raises
    ------
    BadConfig
        A declaration cannot be; the error names its file and line.

    Examples
    --------
    >>> catalog = Catalog([
    ...     Aggregate("scans_1h", entity="member", aggregate="count", window="1h", family="speed"),
    ...     Expression("busy", formula="scans_1h > 9", family="speed"),
    ... ])
    >>> catalog.names, catalog.families["busy"]
    (('scans_1h', 'busy'), 'speed')
    """

    def __init__(self, declarations: Iterable[Declared]) -> None:
        self.columns: list[Column] = []
        self.aggregates: dict[str, Aggregate] = {}
        self.expressions: dict[str, Expression] = {}
        self.blank: dict[str, int] = {
            name: 0 if name in ENTITIES or name in ("program", "event") else MISSING
            for name in (*COLUMNS, *BUILT_IN)
        }
        self._order: list[Feature] = []
        self._filled: dict[str, list[Column]] = {}
        for declared in declarations:
            if isinstance(declared, Aggregate | Expression):
                self._add_feature(declared)
            else:
                self._add_column(declared)  # type: ignore[arg-type]
        for expression in self.expressions.values():
            self._check_expression(expression, ())

    @property
    def features(self) -> tuple[Feature, ...]:
        """The declared features that are not hidden, in order."""
        return tuple(f for f in self._order if not f.hidden)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the features, the order of their vector."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def families(self) -> dict[str, str]:
        """Family of each feature."""
        return {feature.name: feature.family for feature in self.features}

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of each feature."""
        return {feature.name: feature.unit for feature in self.features}

    @cached_property
    def meanings(self) -> dict[str, str]:
        """One line of meaning of each feature."""
        return {feature.name: feature.meaning for feature in self.features}

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Hash of what decides each feature's value: 16 hexadecimal digits."""
        return {feature.name: self._hash(feature.name) for feature in self.features}

    @cached_property
    def digest(self) -> str:
        """Hash of the whole catalog, its order included."""
        whole = [[f.name, self._hash(f.name)] for f in self._order]
        return _digest([whole, [c.body() | {"name": c.name} for c in self.columns]])

    def clauses(self, declared: Filtered) -> tuple[Clause, ...]:
        """Read the conditions of a declaration."""
        return tuple(parse_clause(text, declared.origin) for text in declared.where)

    def is_late(self, aggregate: Aggregate) -> bool:
        """Whether it reads what is known only after the event was scored."""
        read = {aggregate.argument}
        for clause in self.clauses(aggregate):
            read |= {clause.column, clause.other}
        return not read.isdisjoint(LATE)

    def _add_feature(self, feature: Feature) -> None:
        if feature.name in self.aggregates or feature.name in self.expressions:
            raise _refused("a name of its own", f"a second '{feature.name}'", feature)
        if feature.name in self.blank:
            raise _refused("a name that is no column", f"'{feature.name}'", feature)
        if isinstance(feature, Aggregate):
            self._check_aggregate(feature)
            self.aggregates[feature.name] = feature
        else:
            self.expressions[feature.name] = feature
        self._order.append(feature)

    def _add_column(self, column: Column) -> None:
        blank = MISSING
        match column:
            case Known(entity=entity, argument=argument, at=at):
                self._check_filter(column)
                self._check_entity(entity, column)
                self._check_entity(at or entity, column)
                blank = self._blank_of(argument, column)
            case Pair(first=first, second=second) | Probe(first=first, second=second):
                self._blank_of(first, column)
                self._blank_of(second, column)
                blank = 0
                if isinstance(column, Probe) and not any(
                        isinstance(other, Pair) for other in self._filled.get(column.pair, ())):
                    raise _refused("a declared pair", f"'{column.pair}'", column)
            case Same(source=source):
                self._check_filter(column)
                blank = self._blank_of(source, column)
            case Elapsed(entity=entity) | Fresh(entity=entity):
                self._check_filter(column)
                self._check_entity(entity, column)
            case Group(source=source):
                if source not in WORDS:
                    raise _refused("a column of words", f"'{source}'", column)
                blank = 0
            case Follow(name=name):
                self._check_entity(name, column)
                blank = 0
        if column.name in BUILT_IN or column.name in LATE:
            raise _refused("a column that may be filled", f"'{column.name}'", column)
        if self.blank.setdefault(column.name, blank) != blank:
            raise _refused("an entity from entities, a value from values", column.name, column)
        self.columns.append(column)
        self._filled.setdefault(column.name, []).append(column)

    def _check_aggregate(self, a: Aggregate) -> None:
        if a.aggregate not in AGGREGATES:
            raise _refused(f"one of {', '.join(AGGREGATES)}", f"'{a.aggregate}'", a)
        self._check_entity(a.entity, a)
        self._check_entity(a.at or a.entity, a)
        self._check_filter(a)
        if (a.argument == "") != (a.aggregate in _BARE):
            raise _refused("an argument for sum, distinct, previous, min and max only",
                           f"'{a.argument}' with {a.aggregate}", a)
        if a.argument and self._blank_of(a.argument, a) == 0 and a.aggregate in _NUMERIC:
            raise _refused("a column that holds a value", f"{a.aggregate} of '{a.argument}'", a)
        if a.aggregate == "distinct" and self._blank_of(a.argument, a) != 0:
            raise _refused("a column that holds an entity", f"distinct '{a.argument}'", a)
        window = window_ms(a.window, a.origin)
        if window > RETENTION_MS:
            raise _refused("a window of 90 days at most", f"{a.window}", a)
        if window and a.aggregate not in _WINDOWED:
            raise _refused("no window", f"{a.window} with {a.aggregate}", a)

    def _check_filter(self, declared: Filtered) -> None:
        for kind in declared.kinds:
            if kind not in KINDS:
                raise _refused(f"kinds among {', '.join(KINDS)}", f"'{kind}'", declared)
        for clause in self.clauses(declared):
            self._blank_of(clause.column, declared)
            if self._is_pair(clause.column) or self._is_pair(clause.other):
                raise _refused("conditions on columns that are no pair", clause.column, declared)
            if clause.other:
                self._blank_of(clause.other, declared)
            if not isinstance(declared, Aggregate) and clause.column in LATE:
                raise _refused("a column known when the event is scored", clause.column, declared)

    def _check_entity(self, name: str, declared: Declared) -> None:
        if self._blank_of(name, declared) != 0:
            raise _refused("a column that holds an entity", f"'{name}'", declared)

    def _blank_of(self, name: str, declared: Declared) -> int:
        if name not in self.blank:
            raise _refused("a column declared before", f"'{name}'", declared)
        return self.blank[name]

    def _is_pair(self, name: str) -> bool:
        return any(isinstance(column, Pair | Probe) for column in self._filled.get(name, ()))

    def _check_expression(self, expression: Expression, inside: tuple[str, ...]) -> None:
        for name in names_in(expression.formula, expression.origin):
            if name in inside or name == expression.name:
                raise _refused("a formula that does not read itself", f"'{name}'", expression)
            if name in LATE:
                raise _refused("columns known when the event is scored", f"'{name}'", expression)
            if name in self.expressions:
                self._check_expression(self.expressions[name], (*inside, expression.name))
            elif name not in self.aggregates and name not in self.blank:
                raise _refused("names of features and columns", f"'{name}'", expression)

    def _hash(self, name: str) -> str:
        """Hash of an aggregate, expression or column and of all that it reads."""
        if name in self.expressions:
            expression = self.expressions[name]
            read: tuple[str, ...] = names_in(expression.formula, expression.origin)
            own: list[object] = [expression.body()]
        elif name in self.aggregates:
            aggregate = self.aggregates[name]
            clauses = self.clauses(aggregate)
            read = (aggregate.entity, aggregate.at, aggregate.argument,
                    *(c.column for c in clauses), *(c.other for c in clauses))
            own = [aggregate.body() | {"window": window_ms(aggregate.window, aggregate.origin)}]
        else:
            return self._column_hash(name)
        return _digest([ENGINE, own, [[n, self._hash(n)] for n in read if n]])

    def _column_hash(self, name: str, inside: tuple[str, ...] = ()) -> str:
        """Hash of a column: of every declaration that fills it, and of what those read."""
        bodies: list[object] = []
        for column in self._filled.get(name, ()):
            read = {str(v) for k, v in column.body().items() if k not in ("type", "where", "kinds")}
            if isinstance(column, Known | Same | Elapsed | Fresh):
                read |= {n for c in self.clauses(column) for n in (c.column, c.other)}
            deeper = sorted(read & self._filled.keys() - {name, *inside})
            bodies.append([
                column.body(), [self._column_hash(n, (*inside, name)) for n in deeper],
            ])
        return _digest([ENGINE, name, bodies])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _refused(wanted: str, came: str, declared: Declared) -> BadConfig:
    return BadConfig(wanted, f"{came} at {declared.origin}", f"mend '{declared.name}'")
