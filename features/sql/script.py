"""From a catalog to the script that both engines run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from features.engine.clause import window_ms
from features.engine.definition import EVENTS, LATE
from features.engine.planner import compile_plan
from features.errors import BadConfig
from features.places import TIE_BITS
from features.sql.base import JUDGED, THEN
from features.sql.declared import declared
from features.sql.graph import Graph
from features.sql.partition import Asked, Partition
from features.sql.past import Rows
from features.sql.stage import Part, Script
from features.sql.text import among, matches
from features.sql.versions import Versions
from features.sql.wide import CREDIT, Wide

if TYPE_CHECKING:
    from features.engine.declarations import Catalog
    from features.engine.definition import Aggregate
    from features.engine.plan import Ints
    from features.sql.versions import Version

KEYS: Final = ("event", "kind", "member", "place", "points")
"""Columns of the result beside ``pos`` and the integers, as the record has them."""


def compile_sql(catalog: Catalog, zone: Ints) -> Script:
    """Compile a catalog to SQL.

    Parameters
    ----------
    catalog : Catalog
        What is declared.
    zone : shape (n, 2)
        From when which offset to UTC holds, in ms (`features.engine.zone.offsets`).

    Raises
    ------
    BadConfig
        A formula reads a pair as a value: its number is the kernel's own.

    Examples
    --------
    >>> import numpy as np
    >>> from features.engine.declarations import Catalog
    >>> from features.engine.definition import Aggregate
    >>> catalog = Catalog([Aggregate("tries", entity="code", aggregate="count", window="1h")])
    >>> [stage.name for stage in compile_sql(catalog, np.array([[0, 0]])).stages]
    ['wide', 'of_c_code']
    """
    return _Compiler(catalog, zone).script()


class _Compiler:
    def __init__(self, catalog: Catalog, zone: Ints) -> None:
        self.catalog = catalog
        self.zone = zone
        self.plan = compile_plan(catalog, zone)
        self.versions = Versions(catalog)
        self.columns = {
            name: re.sub(r"\W", "_", f"i{i}_{name}", flags=re.ASCII).lower()
            for i, name in enumerate(self.plan.integers)}

    def script(self) -> Script:
        aggregates = list(self.catalog.aggregates.values())
        bare = [n for n in self.plan.integers if n not in self.catalog.aggregates]
        needed = {self.versions.one(name) for name in bare}
        for a in aggregates:
            needed |= self._needed(a)
        kinds = {*EVENTS, *(kind for a in aggregates for kind in a.kinds)}
        later = {n for a in aggregates for n in self._names(a) if n in LATE}
        graph = Graph(self.versions, {v for v in needed if not v.is_absent})
        stages = Wide(graph, self.zone, kinds, later).build()
        subjects = self._subjects(aggregates)
        if subjects:
            start, end = (self.versions.one(f"valid_{which}_ms").sql for which in ("from", "to"))
            stages += declared(list(subjects), start, end)
        partitions = self._partitions(aggregates, list(subjects))
        stages += [partition.stage(("wide",)) for partition in partitions]
        return Script(
            tuple(stages), self._parts(partitions, bare), ("pos", *KEYS),
            tuple(self.columns.values()), self.plan.integers, self.plan.code, self.plan.starts)

    def _names(self, a: Aggregate) -> set[str]:
        names = {n for c in self.catalog.clauses(a) for n in (c.column, c.other)}
        return {n for n in {*names, a.argument} if n}

    def _needed(self, a: Aggregate) -> set[Version]:
        found = {v for name in (a.entity, a.at or a.entity) for v in self.versions.final[name]}
        for name in self._names(a):
            found |= set(self.versions.final[name])
        if "credited_points" in self._names(a):
            found.add(self.versions.one("points"))
        if a.aggregate == "valid":
            found |= {self.versions.one(f"valid_{which}_ms") for which in ("from", "to")}
        return found

    def _column(self, name: str, is_late: bool) -> str:
        if is_late and name == "outcome":
            return THEN
        if name == "credit":
            return CREDIT
        if name == "credited_points":
            return f"{CREDIT} * {self.versions.one('points').sql}"
        return self.versions.one(name).sql

    def _test(self, a: Aggregate) -> str:
        is_late = self.catalog.is_late(a)
        return matches(a.kinds, self.catalog.clauses(a), lambda n: self._column(n, is_late))

    def _key(self, name: str) -> tuple[str, ...]:
        return tuple(version.sql for version in self.versions.final[name])

    def _subjects(self, aggregates: list[Aggregate]) -> dict[tuple[tuple[str, ...], str], None]:
        return dict.fromkeys((self._key(a.entity), self._test(a)) for a in aggregates
                             if a.aggregate == "valid")

    def _partitions(
        self, aggregates: list[Aggregate], subjects: list[tuple[tuple[str, ...], str]]
    ) -> list[Partition]:
        groups: dict[tuple[tuple[str, ...], tuple[str, ...], bool], list[Aggregate]] = {}
        for a in aggregates:
            writer, reader = self._key(a.entity), self._key(a.at or a.entity)
            if len(writer) != len(reader):
                raise BadConfig("a column like its entity", f"'{a.at}' at {a.origin}",
                                f"mend '{a.name}'")
            is_after = writer != reader and not self._is_own_out(a)
            groups.setdefault((writer, reader, is_after), []).append(a)
        return [self._partition(*key, some, subjects) for key, some in groups.items()]

    def _partition(
        self, writer: tuple[str, ...], reader: tuple[str, ...], is_after: bool,
        aggregates: list[Aggregate], subjects: list[tuple[tuple[str, ...], str]],
    ) -> Partition:
        """Put the aggregates of one entity, read at one column, together."""
        name = "_".join(("of", *writer))
        kinds = {kind for a in aggregates for kind in a.kinds}
        if writer == reader:
            kinds |= set(EVENTS)
        else:
            name += "_".join(("_at", *reader, "after" if is_after else "before"))
        partition = Partition(name, Rows("wide", writer, reader, JUDGED, among(kinds),
                                         ("place", "now_ms"), is_after))
        for a in aggregates:
            key, test = self._key(a.entity), self._test(a)
            partition.add(Asked(
                a.aggregate, self.columns[a.name], test, self._argument(a),
                window_ms(a.window, a.origin) << TIE_BITS, self._is_own_out(a),
                subjects.index((key, test)) if a.aggregate == "valid" else -1))
        return partition

    def _is_own_out(self, a: Aggregate) -> bool:
        return a.is_before or self.catalog.is_late(a)

    def _argument(self, a: Aggregate) -> tuple[str, ...]:
        if not a.argument:
            return ()
        if a.aggregate == "distinct":
            return self._key(a.argument)
        return (self._column(a.argument, self.catalog.is_late(a)),)

    def _parts(self, partitions: list[Partition], bare: list[str]) -> tuple[Part, ...]:
        keys = Part("records", {name: name for name in KEYS}, JUDGED)
        found = {self.columns[name]: self.versions.one(name).sql for name in bare}
        wide = [Part("wide", found, JUDGED)] if found else []
        return (keys, *wide, *(
            Part(p.name, {name: name for name in p.integers}) for p in partitions))
