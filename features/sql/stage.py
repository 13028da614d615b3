"""A script: SELECT texts that an engine runs one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.sql.text import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from features.engine.plan import Ints


@dataclass(frozen=True)
class Stage:
    """A table made of a text.

    Parameters
    ----------
    name : str
        Of the table.
    text : str
        A SELECT over ``records`` and earlier tables.
    reads : tuple of str
        Tables it reads.
    """

    name: str
    text: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Loop(Stage):
    """A table that is made again from itself until no row has ``pending`` 1.

    Parameters
    ----------
    again : str
        A SELECT over the table's last state, under its own name.
    """

    again: str


@dataclass(frozen=True)
class Part:
    """Columns of the result that one table gives; parts are read side by side, never joined.

    Parameters
    ----------
    table : str
        ``records`` or a stage; it has a row for each ``pos`` at most.
    columns : mapping of str to str
        SQL of the columns beside ``pos`` by their names in the result.
    test : str
        Which rows count; empty: the table is the part as it stands, and nothing else reads it.
    """

    table: str
    columns: Mapping[str, str]
    test: str = ""

    def text(self, test: str = "") -> str:
        """Give the SELECT of the rows that meet a further test."""
        tests = " AND ".join(part for part in (self.test, test) if part)
        named = (name if sql == name else f"{sql} AS {name}" for name, sql in self.columns.items())
        return (f"SELECT {listed('pos', *named)}\nFROM {self.table}"
                + (f"\nWHERE {tests}" if tests else ""))

    def slice(self, first: int, end: int) -> str:
        """Give the SELECT of the positions in ``[first, end)``, in their order."""
        return f"{self.text(f'pos >= {first} AND pos < {end}')}\nORDER BY pos"


@dataclass(frozen=True)
class Script:
    """What an engine runs, and what makes features of its integers.

    Parameters
    ----------
    stages : tuple of Stage
    parts : tuple of Part
        Of the result; the first has the keys, and a row for each judged record.
    keys : tuple of str
        Columns of the result that say whose row it is.
    columns : tuple of str
        Columns of the result that hold the integers, in the order of ``integers``.
    integers : tuple of str
        Names of the integers, as `features.engine.planner.compile_plan` gives them.
    code, starts
        Formulas over them, for `features.engine.expression.evaluate`.
    """

    stages: tuple[Stage, ...]
    parts: tuple[Part, ...]
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    integers: tuple[str, ...]
    code: Ints
    starts: Ints

    def independent(self, stages: Sequence[Stage]) -> list[Stage]:
        """Take from the stages still to come the first, and all that need none of the others."""
        waiting = {stage.name for stage in stages}
        return [stage for stage in stages if waiting.isdisjoint(stage.reads)]
