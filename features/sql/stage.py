"""A script: SELECT texts that an engine runs one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
class Result:
    """The join on the position: a row for each judged record.

    Parameters
    ----------
    keys, columns : tuple of str
        What is selected: columns that say whose row it is, and the integers.
    tables : tuple of str
        Stages joined to ``records`` and ``wide``.
    judged : str
        Which records are judged.
    """

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    tables: tuple[str, ...]
    judged: str

    @property
    def reads(self) -> tuple[str, ...]:
        """Tables it reads."""
        return ("wide", *self.tables)

    def text(self, first: int, end: int) -> str:
        """Give the SELECT of the positions in ``[first, end)``, in their order."""
        def part(table: str, test: str = "") -> str:
            return f"(SELECT * FROM {table} WHERE pos >= {first} AND pos < {end}{test})"

        return "\n".join([
            "SELECT " + ",\n  ".join((", ".join(self.keys), *self.columns)),
            f"FROM {part('records', f' AND {self.judged}')} AS r",
            f"JOIN {part('wide')} AS w ON w.pos = r.pos",
            *(f"LEFT JOIN {part(name)} AS t{i} ON t{i}.pos = r.pos"
              for i, name in enumerate(self.tables)),
            "ORDER BY pos",
        ])


@dataclass(frozen=True)
class Script:
    """What an engine runs, and what makes features of its integers.

    Parameters
    ----------
    stages : tuple of Stage
    result : Result
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
    result: Result
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    integers: tuple[str, ...]
    code: Ints
    starts: Ints

    def independent(self, stages: Sequence[Stage]) -> list[Stage]:
        """Take from the stages still to come the first, and all that need none of the others."""
        waiting = {stage.name for stage in stages}
        return [stage for stage in stages if waiting.isdisjoint(stage.reads)]
