"""The stages that fill every record's columns, in as few passes as what they read allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from features.engine.definition import Follow
from features.records import KINDS, SCORED
from features.sql.base import JUDGED, THEN, base
from features.sql.filling import Filling
from features.sql.recursion import Repeated, jumping
from features.sql.stage import Stage
from features.sql.text import among, listed
from features.sql.versions import PLAIN

if TYPE_CHECKING:
    from features.engine.plan import Ints
    from features.sql.graph import Graph
    from features.sql.versions import Fill, Version

CREDIT: Final = "credit_moved"
"""Column: how the record changes whether its event is credited."""
_CREDITED: Final = (*KINDS[:SCORED], "decision")
_GOOD: Final = (0, 2, 4)
"""Decisions that leave an event credited: credited, released, partial."""


class Wide:
    """Stages from ``records`` to ``wide``.

    Parameters
    ----------
    graph : Graph
    zone : shape (n, 2)
        From when which offset to UTC holds, in ms.
    kinds : set of str
        Kinds of records that features count.
    later : set of str
        Columns known only after scoring that features read.
    """

    def __init__(self, graph: Graph, zone: Ints, kinds: set[str], later: set[str]) -> None:
        self.graph = graph
        self.zone = zone
        self.with_outcome = bool(later)
        self.with_credit = bool(later & {"credit", "credited_points"})
        self.kinds = kinds | {k for f in graph.fills if f in graph.pasts
                              for k in graph.pasts[f].kinds}
        if self.with_credit:
            self.kinds |= set(_CREDITED)
        self.stages: list[Stage] = []
        self._todo = list(graph.groups)
        self._follows = any(isinstance(fill.column, Follow) for fill in graph.fills)
        self._known: set[Version] = set()

    def build(self) -> list[Stage]:
        """Give the stages; the last one is ``wide``."""
        raw = {v for v in self._wanted() if v not in self.graph.versions.made}
        columns = {v for v in raw if v.name not in PLAIN}
        self._known = raw
        text = base(columns, self.zone, self.kinds, self.with_outcome)
        self._stage([f"base AS (\n{text})"], "base", ("records",))
        while self._todo:
            self._merges()
            plain = [g[0] for g in self._ready() if not self.graph.is_circle(g)]
            if plain:
                self._plain(plain)
            else:
                self._circles()
        self.stages[-1] = replace(self.stages[-1], name="wide")
        return self.stages

    @property
    def _table(self) -> str:
        return next(s.name for s in reversed(self.stages) if s.name.startswith("filled"))

    def _wanted(self) -> set[Version]:
        """Versions that features or fills still to come read."""
        found = set(self.graph.needed)
        for group in self._todo:
            for fill in group:
                found |= self.graph.reads(fill)
        if self.with_credit:
            found |= {self.graph.versions.one(name) for name in ("event", "status")}
        return {version for version in found if not version.is_absent}

    def _ready(self) -> list[tuple[Fill, ...]]:
        def is_ready(group: tuple[Fill, ...]) -> bool:
            made = {fill.after for fill in group}
            return all(self.graph.reads(fill) - made <= self._known for fill in group)

        return [group for group in self._todo if is_ready(group)]

    def _merges(self) -> None:
        versions = self.graph.versions
        needed = {versions.unfollowed, versions.one("other_member")}
        if self._follows and needed <= self._known and not any(
                stage.name == "merges" for stage in self.stages):
            text = Filling(self.graph).merged(self._table)
            self.stages.append(Stage("merges", text, (self._table,)))

    def _plain(self, fills: list[Fill]) -> None:
        table = self._table
        layer = Filling(self.graph).layer(table, fills)
        self._done([(fill,) for fill in fills])
        follows = any(isinstance(fill.column, Follow) for fill in fills)
        self._stage([f"base AS (\n{layer})"], "base", (table, *(["merges"] if follows else [])))

    def _circles(self) -> None:
        table, reads = self._table, [self._table]
        layers, name = [f"base AS (\nSELECT * FROM {table})"], "base"
        ready = self._ready()
        chains = {group: chain for group in ready if (chain := self.graph.chain(group))}
        rest = [fill for fill in self.graph.fills
                if any(fill in group for group in ready if group not in chains)]
        if rest:
            circle = Repeated(self.graph, rest, f"circle_of_{rest[-1].after.sql}", table)
            self.stages.append(circle.loop)
            layers, name = circle.applied(), "filled"
            reads += [circle.name, *(["merges"] if circle.reads_merges else [])]
        for chain in chains.values():
            loop = jumping(self.graph, chain, f"chain_of_{chain.last.sql}", table)
            self.stages.append(loop)
            reads.append(loop.name)
            layers.append(
                f"{loop.name}_given AS (\nSELECT l.*, COALESCE(s.first_known, s.then_known) AS "
                f"{chain.last.sql}\nFROM {name} AS l\nLEFT JOIN {loop.name} AS s"
                " ON s.pos = l.pos)")
            name = f"{loop.name}_given"
        self._done(ready)
        self._stage(layers, name, tuple(reads))

    def _done(self, groups: list[tuple[Fill, ...]]) -> None:
        self._todo = [group for group in self._todo if group not in groups]
        self._known |= {fill.after for group in groups for fill in group}

    def _stage(self, layers: list[str], name: str, reads: tuple[str, ...]) -> None:
        """Add a stage, with the fills of single rows that it makes possible."""
        while scalars := [g[0] for g in self._ready()
                          if g[0].is_scalar and not self.graph.is_circle(g)]:
            layers.append(f"more_{len(layers)} AS (\n"
                          f"{Filling(self.graph).layer(name, scalars)})")
            name = f"more_{len(layers) - 1}"
            self._done([(fill,) for fill in scalars])
        self._known &= self._wanted()
        kept = sorted(v.sql for v in self._known if v.name not in PLAIN)
        columns = ["l.pos, l.place, l.kind, l.now_ms", *(f"l.{column}" for column in kept)]
        if self.with_outcome:
            columns.append(f"l.{THEN}")
        join = ""
        if self.with_credit and not self._todo:
            columns.append(f"c.{CREDIT}")
            join = f"\nLEFT JOIN (\n{self._credit(name)}) AS c ON c.pos = l.pos"
        text = "WITH " + ",\n".join(layers)
        text += f"\nSELECT {listed(*columns)}\nFROM {name} AS l{join}"
        count = sum(stage.name.startswith("filled") for stage in self.stages)
        self.stages.append(Stage(f"filled_{count}", text, reads))

    def _credit(self, source: str) -> str:
        event, status = (self.graph.versions.one(name).sql for name in ("event", "status"))
        good = f"{status} IN ({', '.join(map(str, _GOOD))})"
        return (
            f"SELECT pos, good - COALESCE(LAG(good) OVER (PARTITION BY event ORDER BY pos), 0) AS "
            f"{CREDIT}\nFROM (\nSELECT pos, {event} AS event,\n"
            f"  CASE WHEN {JUDGED} AND {THEN} = 0 THEN 1 WHEN NOT {JUDGED} AND {good} THEN 1"
            f" ELSE 0 END AS good\nFROM {source}\n"
            f"WHERE {among(_CREDITED)} AND {event} IS NOT NULL) AS told")
