"""What a declaration may speak of: the columns and features declared before it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from features.engine.clause import Clause, parse_clause
from features.engine.definition import (
    BUILT_IN,
    LATE,
    Aggregate,
    Column,
    Declared,
    Expression,
    Filtered,
    Pair,
    Probe,
)
from features.errors import BadConfig
from features.places import MISSING
from features.records import COLUMNS, ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

WHOLE: Final = ("program", "event")
"""Entities beside those of the records: of everything, and of the event itself."""


def _blank_columns() -> dict[str, int]:
    return {name: 0 if name in ENTITIES or name in WHOLE else MISSING
            for name in (*COLUMNS, *BUILT_IN)}


@dataclass
class Scope:
    """Declarations by name, in the order they were made.

    Parameters
    ----------
    blank : dict of str to int
        Column, and what it holds where unknown: 0 for an entity, `MISSING` for a value.
    filled : dict of str to list of Column
        Column, and the declarations that fill it.
    aggregates, expressions : dict
        Features by name.
    """

    blank: dict[str, int] = field(default_factory=_blank_columns)
    filled: dict[str, list[Column]] = field(default_factory=dict)
    aggregates: dict[str, Aggregate] = field(default_factory=dict)
    expressions: dict[str, Expression] = field(default_factory=dict)

    def clauses(self, declared: Filtered) -> tuple[Clause, ...]:
        """Read the conditions of a declaration."""
        return tuple(parse_clause(text, declared.origin) for text in declared.where)

    def is_late(self, aggregate: Aggregate) -> bool:
        """Whether it reads what is known only after the event was scored."""
        read = {aggregate.argument}
        for clause in self.clauses(aggregate):
            read |= {clause.column, clause.other}
        return not read.isdisjoint(LATE)

    def is_pair(self, name: str) -> bool:
        """Whether a column numbers pairs."""
        return any(isinstance(column, Pair | Probe) for column in self.filled.get(name, ()))

    def blank_of(self, name: str, declared: Declared) -> int:
        """What a column holds where unknown; BadConfig where there is no such column."""
        if name not in self.blank:
            raise refused("a column declared before", f"'{name}'", declared,
                          nearest(name, self.blank))
        return self.blank[name]

    def feature(self, name: str) -> Aggregate | Expression | None:
        """Find a feature by name, hidden ones too."""
        return self.aggregates.get(name) or self.expressions.get(name)


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, empty where none is near.

    >>> nearest("memebr", ["member", "device"])
    "write 'member'"
    """
    near = difflib.get_close_matches(name, list(known), 1)
    return f"write '{near[0]}'" if near else ""


def refused(wanted: str, came: str, declared: Declared, remedy: str = "") -> BadConfig:
    """Error of a declaration, with the place where it was written."""
    return BadConfig(wanted, f"{came} at {declared.origin}", remedy or f"mend '{declared.name}'")
