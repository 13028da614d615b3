"""Circles through time: what a record remembers depends on what earlier records remembered.

A chain of records (the root of the referrer's own root) is halved in each round by jumping from a
record to the one that its predecessor points to (pointer jumping, Wyllie 1979). Any other circle
is computed again from its last state until nothing changes: as records read earlier records only,
there is one state that stays, and each round makes at least one more record of a chain right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.engine.definition import Follow
from features.records import KINDS
from features.sql.filling import Filling
from features.sql.past import EARLIER, Rows
from features.sql.stage import Loop
from features.sql.text import NULL, among, coalesce, listed, where

if TYPE_CHECKING:
    from features.sql.graph import Chain, Graph
    from features.sql.versions import Fill, Version


def jumping(graph: Graph, chain: Chain, name: str, source: str) -> Loop:
    """Make a loop of a chain: ``COALESCE(first, then)`` of its last state is the value."""
    past = graph.pasts[chain.fill]
    filling = Filling(graph)
    rows = Rows(source, tuple(v.sql for v in past.key), tuple(v.sql for v in chain.fill.source))
    fact = rows.fact(where(filling.test(past), "pos"))
    first = coalesce(*(v.sql for v in chain.first))
    unsettled = f"{first} IS NULL" if first != NULL else "TRUE"
    start = (
        "SELECT " + listed(
            "l.pos", f"{first} AS first_known",
            f"{coalesce(*(v.sql for v in chain.then))} AS then_known",
            f"CASE WHEN {unsettled} THEN p.parent END AS parent",
            f"CASE WHEN {unsettled} AND p.parent IS NOT NULL THEN 1 ELSE 0 END AS pending")
        + f"\nFROM {source} AS l\nLEFT JOIN (\nSELECT *\nFROM (\nSELECT pos, reads,\n"
        f"  MAX({fact}) OVER ({rows.order} {EARLIER}) AS parent\nFROM (\n{rows.text()}"
        ") AS facts) AS asked\nWHERE reads = 1) AS p ON p.pos = l.pos")
    jumped = "COALESCE(s.first_known, p.first_known)"
    again = (
        "SELECT " + listed(
            "s.pos", f"{jumped} AS first_known",
            "COALESCE(p.then_known, s.then_known) AS then_known",
            f"CASE WHEN {jumped} IS NULL THEN p.parent END AS parent",
            f"CASE WHEN {jumped} IS NULL AND p.parent IS NOT NULL THEN 1 ELSE 0 END AS pending")
        + f"\nFROM {name} AS s\nLEFT JOIN {name} AS p ON p.pos = s.parent")
    return Loop(name, start, (source,), again)


class Repeated:
    """A circle that is computed until it stays.

    Parameters
    ----------
    graph : Graph
    fills : list of Fill
        In the order declared.
    name, source : str
        The table of its state, and what it is made of.
    """

    def __init__(self, graph: Graph, fills: list[Fill], name: str, source: str) -> None:
        self.graph = graph
        self.fills = fills
        self.name = name
        self.source = source
        made = {fill.after: fill for fill in fills}
        self.kept = [v for fill in fills if (v := fill.after) in {
            end for value in graph.versions.final.values() for end in value}]
        self.given: dict[Version, str] = {v: f"was_{v.sql}" for v in self.kept}
        self._guess: dict[Version, str] = {}
        for version in self.kept:
            before = version
            while before in made:
                before = made[before].before
            self._guess[version] = before.sql
        self.merges_inside = any(
            isinstance(f.column, Follow) for f in fills
        ) and graph.versions.one("other_member") in made

    @property
    def loop(self) -> Loop:
        """The loop that settles the records which later ones remember."""
        kinds = {k for f in self.fills if f in self.graph.pasts for k in self.graph.pasts[f].kinds}
        rows = f"WHERE {among(kinds)}" if kinds != set(KINDS) else ""
        start = self._text(f"SELECT * FROM {self.source}\n{rows}", self._guess, "1")
        changed = " OR ".join(f"{v.sql} IS DISTINCT FROM {was}" for v, was in self.given.items())
        again = self._text(self._joined("JOIN"), self.given,
                           f"CASE WHEN {changed} THEN 1 ELSE 0 END")
        reads = (self.source, *(("merges",) if self.reads_merges else ()))
        return Loop(self.name, start, reads, again)

    @property
    def reads_merges(self) -> bool:
        """Whether it follows merges that were settled before."""
        return not self.merges_inside and any(isinstance(f.column, Follow) for f in self.fills)

    def applied(self) -> list[str]:
        """Layers that compute the fills of every record from the settled ones, up to ``filled``."""
        return self._layers(self._joined("LEFT JOIN"), self.given)

    def _joined(self, join: str) -> str:
        was = listed("l.*", *(f"s.{v.sql} AS {name}" for v, name in self.given.items()))
        return f"SELECT {was}\nFROM {self.source} AS l\n{join} {self.name} AS s ON s.pos = l.pos"

    def _text(self, rows: str, given: dict[Version, str], pending: str) -> str:
        kept = listed("pos", *(v.sql for v in self.kept), f"{pending} AS pending")
        layers = ",\n".join(self._layers(rows, given))
        return f"WITH {layers}\nSELECT {kept}\nFROM filled"

    def _layers(self, rows: str, given: dict[Version, str]) -> list[str]:
        filling = Filling(self.graph, given, "merging" if self.merges_inside else "merges")
        layers = [f"circle_0 AS (\n{rows})"]
        if self.merges_inside:
            layers.append(f"merging AS (\n{filling.merged('circle_0')})")
        for i, fill in enumerate(self.fills):
            name = f"circle_{i + 1}" if i + 1 < len(self.fills) else "filled"
            layers.append(f"{name} AS (\n{filling.layer(f'circle_{i}', [fill])})")
        return layers
