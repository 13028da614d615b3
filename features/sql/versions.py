"""Versions of the columns of a wide row: each fill makes a new one, and reads earlier ones.

A fill reads two rows: on its own row the versions that are there when its turn comes, on the past
row that it remembers the last ones. Naming both makes of the order of declarations a graph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.engine.definition import (
    BUILT_IN,
    Column,
    Elapsed,
    Follow,
    Fresh,
    Group,
    Known,
    Pair,
    Probe,
    Same,
)
from features.errors import BadConfig
from features.records import COLUMNS, KINDS
from features.sql.text import NULL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.engine.clause import Clause
    from features.engine.declarations import Catalog

PLAIN: Final = ("place", "kind", "now_ms")
"""Columns that keep their name in every stage, beside ``pos``."""
_LATER: Final = ("credit", "credited_points")


@dataclass(frozen=True)
class Version:
    """One version of a column; ``sql`` is how a stage names it."""

    name: str
    number: int
    sql: str

    @property
    def is_absent(self) -> bool:
        """Whether nothing can be known yet."""
        return self.sql == NULL


Value = tuple[Version, ...]
"""What a declared name stands for: one version, or the parts of a pair."""


@dataclass(frozen=True, eq=False)
class Fill:
    """One fill, with the versions on its own row.

    Parameters
    ----------
    column : Known, Same, Elapsed, Fresh, Group or Follow
        What was declared.
    before, after : Version
        Of the column that it fills.
    source : tuple of Version
        What is looked up or copied.
    tested : dict
        Versions of the columns in the conditions of a `Same`.
    """

    column: Column
    before: Version
    after: Version
    source: Value
    tested: Mapping[str, Version]

    @property
    def is_scalar(self) -> bool:
        """Whether it reads its own row only."""
        return isinstance(self.column, Same | Group)


class Versions:
    """All versions of a catalog's columns.

    Parameters
    ----------
    catalog : Catalog

    Attributes
    ----------
    fills : list of Fill
        In the order declared.
    final : dict
        What each name stands for once a row is filled.
    unfollowed : Version
        The member of a merge, who is not followed.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.fills: list[Fill] = []
        self._taken: set[str] = set()
        self.final: dict[str, Value] = {name: (self._raw(name),) for name in (*COLUMNS, *BUILT_IN)}
        for column in catalog.columns:
            self._add(column)
        self.made = {fill.after: fill for fill in self.fills}
        last = self.made.get(self.final["member"][0])
        is_followed = last is not None and isinstance(last.column, Follow)
        self.unfollowed = last.before if last and is_followed else self.final["member"][0]

    def one(self, name: str) -> Version:
        """Find the last version of a column that is no pair; BadConfig where it is one."""
        parts = self.final[name]
        if len(parts) != 1:
            raise BadConfig("a column that is no pair", f"'{name}' as a value",
                            "read its two columns, or leave it to the kernel")
        return parts[0]

    def clauses(self, fill: Fill) -> tuple[Clause, ...]:
        """Read the conditions of a fill."""
        column = fill.column
        return self.catalog.clauses(column) if isinstance(
            column, Known | Same | Elapsed | Fresh) else ()

    def _raw(self, name: str) -> Version:
        if name in PLAIN:
            return Version(name, 0, name)
        return Version(name, 0, NULL if name in _LATER else self._named(f"c_{name}"))

    def _named(self, wanted: str) -> str:
        plain = re.sub(r"\W", "_", wanted, flags=re.ASCII).lower()
        name, count = plain, 1
        while name in self._taken:
            name, count = f"{plain}_{count}", count + 1
        self._taken.add(name)
        return name

    def _add(self, column: Column) -> None:
        if isinstance(column, Pair | Probe):
            self.final[column.name] = self.final[column.first] + self.final[column.second]
            return
        before = (self.one(column.name) if column.name in self.final
                  else Version(column.name, 0, NULL))
        match column:
            case Known(entity=entity, at=at):
                source = self.final[at or entity]
            case Elapsed(entity=entity) | Fresh(entity=entity):
                source = self.final[entity]
            case Same(source=name) | Group(source=name) | Follow(name=name):
                source = (self.one(name),)
        tested = {
            name: self.one(name)
            for clause in (self.catalog.clauses(column) if isinstance(column, Same) else ())
            for name in (clause.column, clause.other) if name
        }
        wanted = f"c_{column.name}" if before.is_absent else f"c_{column.name}_{before.number + 1}"
        after = Version(column.name, before.number + 1, self._named(wanted))
        self.fills.append(Fill(column, before, after, source, tested))
        self.final[column.name] = (after,)


def is_limited(same: Same) -> bool:
    """Whether a `Same` speaks of some records only."""
    return bool(same.where) or same.kinds != KINDS
