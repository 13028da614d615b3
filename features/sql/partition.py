"""All aggregates over the records of one entity: running totals less what left each window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.sql.declared import NAME
from features.sql.past import EARLIER, Rows
from features.sql.stage import Stage
from features.sql.text import UNKNOWN, known, listed, where

if TYPE_CHECKING:
    from collections.abc import Sequence


RUNNING: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


@dataclass(frozen=True)
class Asked:
    """One aggregate in the words of SQL.

    Parameters
    ----------
    aggregate, column : str
        What is computed, and what its integer is called.
    test : str
        Which records count.
    argument : tuple of str
        Columns of its argument.
    span : int
        Its window as a difference of places; 0 for all time.
    is_own_out : bool
        Whether the scored record itself is left out.
    rule : int
        Number of its declarations, for ``valid``.
    """

    aggregate: str
    column: str
    test: str
    argument: tuple[str, ...]
    span: int
    is_own_out: bool
    rule: int

    @property
    def frame(self) -> str:
        """Frame of the records that it sees of all time."""
        return EARLIER if self.is_own_out else RUNNING


class Partition:
    """The stage of one entity.

    Parameters
    ----------
    name : str
        Of the stage.
    rows : Rows
        Records of the entity, and judged ones that ask about it.

    Attributes
    ----------
    integers : dict
        SQL of each integer by its name.
    """

    def __init__(self, name: str, rows: Rows) -> None:
        self.name = name
        self.rows = rows
        self.integers: dict[str, str] = {}
        self._pairs: dict[str, str] = {}
        self._moves: dict[str, str] = {}
        self._windows: dict[str, str] = {}
        self._joins: list[str] = []

    def add(self, asked: Asked) -> None:
        """Add an aggregate."""
        match asked.aggregate:
            case "count":
                text = self._total("COUNT", "1", asked)
            case "sum":
                text = self._total("SUM", asked.argument[0], asked)
            case "square":
                text = self._total("SUM", f"{asked.argument[0]} * {asked.argument[0]}", asked)
            case "distinct":
                text = self._distinct(asked)
            case "min" | "max":
                text = self._extreme(asked)
            case "valid":
                text = self._valid(asked)
            case _:
                text = self._moment(asked)
        self.integers[asked.column] = text

    def stage(self, reads: Sequence[str]) -> Stage:
        """Give the stage."""
        layers = [
            f"facts AS (\n{self.rows.text()})",
            f"paired AS (\nSELECT {listed('*', *_named(self._pairs))}\nFROM facts)",
            f"moved AS (\nSELECT {listed('*', *_named(self._moves))}\nFROM paired)",
            f"totals AS (\nSELECT {listed('*', *_named(self._windows))}\nFROM moved)",
        ]
        chosen = [layer for layer, wanted in zip(
            layers, (True, self._pairs, self._moves, True), strict=True) if wanted]
        if not self._pairs:
            chosen[-1] = chosen[-1].replace("FROM moved)", "FROM facts)")
        text = "WITH " + ",\n".join(chosen)
        text += "\n" + "\n".join([
            "SELECT " + listed("t.pos", *(f"{text} AS {name}" for name, text in
                                         self.integers.items())),
            "FROM totals AS t", *self._joins, "WHERE t.reads = 1"])
        return Stage(self.name, text, (*reads, *([NAME] if self._joins else [])))

    def _window(self, text: str) -> str:
        return self._windows.setdefault(text, f"w{len(self._windows)}")

    def _moment(self, asked: Asked) -> str:
        """Give a time since, whether there was one, or what the last record said."""
        if asked.aggregate == "previous":
            fact = self.rows.fact(where(asked.test, f"COALESCE({asked.argument[0]}, {UNKNOWN})"))
            return f"NULLIF({self._window(self.rows.last(fact))}, {UNKNOWN})"
        fact = self.rows.fact(where(asked.test, "now_ms"))
        if asked.aggregate == "age":
            first = self._window(f"MIN({fact}) OVER ({self.rows.order} {asked.frame})")
            return f"now_ms - {first}"
        last = self._window(f"MAX({fact}) OVER ({self.rows.order} {EARLIER})")
        if asked.aggregate == "since":
            return f"now_ms - {last}"
        return f"CASE WHEN {last} IS NULL THEN 1 ELSE 0 END"

    def _total(self, function: str, value: str, asked: Asked) -> str:
        fact = self.rows.fact(where(asked.test, value))
        return self._difference(function, fact, fact, asked)

    def _difference(self, function: str, entry: str, gone: str, asked: Asked) -> str:
        """Give what entered up to a record less what left the window by then."""
        order = f"PARTITION BY {', '.join(self.rows.keys)} ORDER BY place"
        parts = [self._window(f"{function}({entry}) OVER ({self.rows.order} {RUNNING})")]
        if asked.span:
            parts.append(self._window(
                f"{function}({gone}) OVER ({order} RANGE BETWEEN UNBOUNDED PRECEDING "
                f"AND {asked.span} PRECEDING)"))
        if function == "SUM":
            parts = [f"COALESCE({part}, 0)" for part in parts]
        if asked.is_own_out:
            parts.append(f"COALESCE({entry}, 0)")
        return f"CAST({' - '.join(parts)} AS BIGINT)"

    def _distinct(self, asked: Asked) -> str:
        """Count values by their entries and exits (exact, without DISTINCT).

        A record enters the window where the last of its value has left it; it leaves where none
        of its value came before that.
        """
        span = asked.span
        test = f"{asked.test} AND {known(asked.argument)}".removeprefix("TRUE AND ")
        facts = [self.rows.fact(where(test, column)) for column in asked.argument]
        by_value = ", ".join(sorted([*self.rows.keys, *facts]))
        order = f"(PARTITION BY {by_value} ORDER BY place, o)"
        before, after = (self._pair(f"{f}(place) OVER {order}") for f in ("LAG", "LEAD"))
        early = f" OR {before} <= place - {span}" if span else ""
        entry = self._move(
            f"CASE WHEN {facts[0]} IS NOT NULL AND ({before} IS NULL{early}) THEN 1 END")
        gone = entry if not span else self._move(
            f"CASE WHEN {facts[0]} IS NOT NULL AND ({after} IS NULL OR {after} >= place + {span})"
            " THEN 1 END")
        return self._difference("COUNT", entry, gone, asked)

    def _pair(self, text: str) -> str:
        return self._pairs.setdefault(text, f"p{len(self._pairs)}")

    def _move(self, text: str) -> str:
        return self._moves.setdefault(text, f"m{len(self._moves)}")

    def _extreme(self, asked: Asked) -> str:
        """Take the extreme of earlier places inside the window, and of the record's own place."""
        function, keys = asked.aggregate.upper(), ", ".join(self.rows.keys)
        fact = self.rows.fact(where(asked.test, asked.argument[0]))
        if not asked.span:
            return self._window(f"{function}({fact}) OVER ({self.rows.order} {asked.frame})")
        inside = self._window(f"{function}({fact}) OVER (PARTITION BY {keys} ORDER BY place "
                              f"RANGE BETWEEN {asked.span - 1} PRECEDING AND 1 PRECEDING)")
        here = self._window(
            f"{function}({fact}) OVER (PARTITION BY {keys}, place ORDER BY o {asked.frame})")
        return f"{'LEAST' if function == 'MIN' else 'GREATEST'}({inside}, {here})"

    def _valid(self, asked: Asked) -> str:
        fact = self.rows.fact(where(asked.test, "pos"))
        last = self._window(f"MAX({fact}) OVER ({self.rows.order} {asked.frame})")
        name = f"d{len(self._joins)}"
        self._joins.append(f"LEFT JOIN {NAME} AS {name} ON {name}.pos = t.{last}"
                           f" AND {name}.rule = {asked.rule}")
        held = " OR ".join(
            f"({name}.{which}_from <= t.now_ms AND t.now_ms < {name}.{which}_to)"
            for which in ("newer", "older"))
        return f"CASE WHEN {held} THEN 1 ELSE 0 END"


def _named(texts: dict[str, str]) -> list[str]:
    return [f"{text} AS {name}" for text, name in texts.items()]
