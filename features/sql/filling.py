"""Fills of the wide row as SQL: each layer is the one before with new columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.engine.clause import OPERATORS
from features.engine.definition import Elapsed, Follow, Fresh, Group, Known, Same
from features.sql.past import EARLIER, Rows
from features.sql.text import NEVER, UNKNOWN, among, coalesce, listed, matches, where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from features.engine.clause import Clause
    from features.sql.graph import Graph, Past
    from features.sql.versions import Fill, Version

FOLLOWED: Final = 8
"""Merges followed at most, as in the kernel."""


class Filling:
    """Turns fills into layers.

    Parameters
    ----------
    graph : Graph
    given : dict
        SQL of versions on past rows that are not in the table under their own name.
    merges : str
        Relation of the merges.
    """

    def __init__(
        self, graph: Graph, given: dict[Version, str] | None = None, merges: str = "merges"
    ) -> None:
        self.graph = graph
        self.given = given or {}
        self.merges = merges

    def layer(self, source: str, fills: Iterable[Fill]) -> str:
        """Add to a relation the columns of fills that read its columns only."""
        columns: list[str] = []
        joins: list[str] = []
        together: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Fill]] = {}
        for fill in fills:
            if fill.is_scalar:
                columns.append(f"{self.scalar(fill)} AS {fill.after.sql}")
            elif isinstance(fill.column, Follow):
                self._follow(fill, f"h{len(joins)}", columns, joins)
            else:
                writer = tuple(self.on_past(v) for v in self.graph.pasts[fill].key)
                reader = tuple(v.sql for v in fill.source)
                together.setdefault((writer, reader), []).append(fill)
        for key, some in together.items():
            joins.append(self._past(source, key, some, f"p{len(joins)}", columns))
        return "\n".join([f"SELECT {listed('l.*', *columns)}\nFROM {source} AS l", *joins])

    def scalar(self, fill: Fill) -> str:
        """Give the value of a fill that reads its own row only."""
        value = fill.source[0].sql
        if isinstance(fill.column, Group):
            value = f"{value} + 1"
        elif isinstance(fill.column, Same):
            test = matches(fill.column.kinds, self.graph.versions.clauses(fill),
                           lambda name: fill.tested[name].sql)
            value = where(test, value)
        return coalesce(fill.before.sql, value)

    def on_past(self, version: Version) -> str:
        """Name a version on a past row."""
        return self.given.get(version, version.sql)

    def test(self, past: Past) -> str:
        """Say which records are remembered."""
        return matches(past.kinds, past.clauses,
                       lambda name: self.on_past(self.graph.versions.one(name)))

    def merged(self, source: str) -> str:
        """Select who became whom, and between which positions."""
        versions = self.graph.versions
        member, other = versions.unfollowed, versions.one("other_member")
        return (
            f"SELECT {member.sql} AS gone, {self.on_past(other)} AS kept, pos AS since,\n"
            f"  COALESCE(LEAD(pos) OVER (PARTITION BY {member.sql} ORDER BY pos), {NEVER})"
            f" AS until\nFROM {source}\nWHERE {among(['merge'])} AND {member.sql} IS NOT NULL")

    def _past(
        self, source: str, key: tuple[tuple[str, ...], tuple[str, ...]], fills: list[Fill],
        name: str, columns: list[str],
    ) -> str:
        """Join what the records of one key say; add the columns made of it."""
        rows = Rows(source, *key, kept=("now_ms",))
        windows: dict[str, str] = {}
        for fill in fills:
            past = self.graph.pasts[fill]
            test = self.test(past)
            if isinstance(fill.column, Known):
                value = coalesce(*(self.on_past(v) for v in past.argument))
                fact = rows.fact(self._remembered(past, test, value))
                windows[fact] = rows.last(fact)
                found = f"NULLIF({name}.last_{fact}, {UNKNOWN})"
            else:
                fact = rows.fact(where(test, "now_ms"))
                windows[fact] = f"MAX({fact}) OVER ({rows.order} {EARLIER})"
                found = self._moment(fill, f"{name}.last_{fact}")
            columns.append(f"{coalesce(fill.before.sql, found)} AS {fill.after.sql}")
        asked = listed("pos, reads", *(f"{text} AS last_{f}" for f, text in windows.items()))
        return (f"LEFT JOIN (\nSELECT *\nFROM (\nSELECT {asked}\nFROM (\n{rows.text()}"
                f") AS facts) AS asked\nWHERE reads = 1) AS {name} ON {name}.pos = l.pos")

    def _remembered(self, past: Past, test: str, value: str) -> str:
        known_only = past.is_carried or any(_says_known(c, past) for c in past.clauses)
        return where(test, value if known_only else f"COALESCE({value}, {UNKNOWN})")

    def _moment(self, fill: Fill, last: str) -> str:
        if isinstance(fill.column, Elapsed):
            ms = f"(l.now_ms - {last})"
            return f"CAST(({ms} - {ms} % 1000) / 1000 AS BIGINT)"
        assert isinstance(fill.column, Fresh)
        known = " AND ".join(f"l.{v.sql} IS NOT NULL" for v in fill.source)
        return f"CASE WHEN {known} THEN CASE WHEN {last} IS NULL THEN 1 ELSE 0 END END"

    def _follow(self, fill: Fill, name: str, columns: list[str], joins: list[str]) -> None:
        first = asked = f"l.{fill.before.sql}"
        steps = []
        for hop in range(FOLLOWED):
            step = f"{name}_{hop}"
            steps.append(f"LEFT JOIN {self.merges} AS {step} ON {step}.gone = {asked}"
                         f" AND {step}.since < l.pos AND {step}.until >= l.pos")
            asked = f"CASE WHEN {step}.kept <> {first} THEN {step}.kept END"
        followed = coalesce(*(f"{name}_{hop}.kept" for hop in reversed(range(FOLLOWED))), first)
        if fill.column.name == "member":
            followed = f"CASE WHEN {among(['merge'])} THEN {first} ELSE {followed} END"
        columns.append(f"{followed} AS {fill.after.sql}")
        joins.append("\n".join(steps))


def _says_known(clause: Clause, past: Past) -> bool:
    return OPERATORS[clause.operator] == "known" and (clause.column,) == tuple(
        version.name for version in past.argument)
