"""A catalog: declarations checked against each other, in order, each feature with its hash."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from features.engine.checking import check_column, check_feature, check_formulas
from features.engine.definition import Aggregate, Column, Declared, Expression, Feature, Filtered
from features.engine.hashing import Hasher, digest
from features.engine.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.engine.clause import Clause


class Catalog:
    """Declared features and the columns they need.

    Parameters
    ----------
    declarations : iterable of Declared
        Columns are filled in the order given; features keep it as the order of their vector.
    own : iterable of Declared
        What a program declares beside them; they come last.

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

    def __init__(
        self, declarations: Iterable[Declared], own: Iterable[Declared] = ()
    ) -> None:
        self.columns: list[Column] = []
        self._scope = Scope()
        self._order: list[Feature] = []
        for declared in declarations:
            self._add(declared)
        shared = len(self._order)
        for declared in own:
            self._add(declared)
        self.own = tuple(f for f in self._order[shared:] if not f.hidden)
        check_formulas(self._scope)
        self._hasher = Hasher(self._scope)

    @property
    def aggregates(self) -> dict[str, Aggregate]:
        """Aggregates by name, hidden ones too."""
        return self._scope.aggregates

    @property
    def expressions(self) -> dict[str, Expression]:
        """Expressions by name, hidden ones too."""
        return self._scope.expressions

    @property
    def blank(self) -> dict[str, int]:
        """Columns, and what each holds where unknown: 0 for an entity, `MISSING` for a value."""
        return self._scope.blank

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
    def own_meanings(self) -> dict[str, str]:
        """One line of meaning of each feature that only this program has."""
        return {feature.name: feature.meaning for feature in self.own}

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Hash of what decides each feature's value: 16 hexadecimal digits."""
        return {feature.name: self._hasher.hash(feature.name) for feature in self.features}

    @cached_property
    def digest(self) -> str:
        """Hash of the whole catalog, its order included."""
        whole = [[f.name, self._hasher.hash(f.name)] for f in self._order]
        filled = [self._hasher.body(c) | {"name": c.name} for c in self.columns]
        return digest([whole, filled])

    def clauses(self, declared: Filtered) -> tuple[Clause, ...]:
        """Read the conditions of a declaration."""
        return self._scope.clauses(declared)

    def is_late(self, aggregate: Aggregate) -> bool:
        """Whether it reads what is known only after the event was scored."""
        return self._scope.is_late(aggregate)

    def _add(self, declared: Declared) -> None:
        if isinstance(declared, Aggregate | Expression):
            self._add_feature(declared)
        else:
            self._add_column(declared)  # type: ignore[arg-type]

    def _add_feature(self, feature: Feature) -> None:
        check_feature(self._scope, feature)
        if isinstance(feature, Aggregate):
            self.aggregates[feature.name] = feature
        else:
            self.expressions[feature.name] = feature
        self._order.append(feature)

    def _add_column(self, column: Column) -> None:
        self._scope.blank.setdefault(column.name, check_column(self._scope, column))
        self.columns.append(column)
        self._scope.filled.setdefault(column.name, []).append(column)
