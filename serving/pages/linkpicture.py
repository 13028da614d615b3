"""Who is linked with whom on the page of a case: a picture, and a table that says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from serving.pages.pictures import picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from serving.pages.words import Words
    from serving.review.neighbours import Node, Picture

SYMBOLS: Final = {"member": "circle", "payout": "square", "device": "diamond", "phone": "hexagon",
                  "address": "pentagon", "referrer": "triangle-up", "ip": "x"}
"""How things look in the picture of links."""
LABELLED: Final = 12
"""Members of a ring in the picture up to which each has its id beside it."""


class Tied(NamedTuple):
    """A thing as the table has it: what it is, who shares it, and since when.

    Parameters
    ----------
    kind, name : str
        As the picture has them.
    members : list of (str, int)
        Ids of those in the picture, each with how far it is from the case; the case's own first.
    of_all : int
        Members of all who share it.
    weak : bool
        Whether it says little by itself.
    age : str
        When it was first and last seen here, in words; empty where it stands on files only.
    """

    kind: str
    name: str
    members: list[tuple[str, int]]
    of_all: int
    weak: bool
    age: str


class LinkPicture:
    """Shows the links of one case.

    Parameters
    ----------
    found : Picture or None
    names : dict of str to str
        Ids of what it shows, by the keys of its nodes.
    words : Words
    """

    def __init__(self, found: Picture | None, names: Mapping[str, str], words: Words) -> None:
        self._picture = found
        self._names = names
        self._words = words

    def table(self) -> list[Tied]:
        """List what ties members, the strongest and the most shared first."""
        if self._picture is None:
            return []
        at = {node.key: node for node in self._picture.nodes}
        ages = self._ages(self._picture)
        found = []
        for node in self._picture.nodes:
            edges = [edge for edge in self._picture.edges
                     if edge.thing == node.key and edge.member in at]
            if edges:
                members = sorted((at[edge.member].hop, self._names.get(edge.member, ""))
                                 for edge in edges)
                found.append(Tied(node.kind, self._names.get(node.key, ""),
                                  [(name, hop) for hop, name in members], node.members,
                                  all(edge.weak for edge in edges), ages[node.key]))
        return sorted(found, key=lambda one: (one.weak, -len(one.members), one.kind, one.name))

    def drawn(self) -> dict[str, Any] | None:
        """Draw who is linked with whom; None where nobody is."""
        found = self._picture
        if found is None or not found.edges:
            return None
        at = {node.key: node for node in found.nodes}
        traces = [*_lines(found, at, weak=False), *_lines(found, at, weak=True)]
        ends = self._ages(found)
        for kind in SYMBOLS:
            for hop in (0, 1, 2) if kind == "member" else (None,):
                nodes = [node for node in found.nodes if node.kind == kind
                         and hop in (None, node.hop)]
                if nodes:
                    traces.append(self._nodes(kind, hop, nodes, ends))
        bare = {"visible": False, "range": [-1.2, 1.2]}
        return picture(traces, {"xaxis": bare, "yaxis": bare})

    def _ages(self, found: Picture) -> dict[str, str]:
        """When each thing was first and last seen here, in words."""
        words, seen = self._words, {}
        for node in found.nodes:
            edges = [edge for edge in found.edges if edge.thing == node.key and edge.last_ms]
            seen[node.key] = words.say(
                "review.links.age", first=words.day(min(edge.first_ms for edge in edges)),
                last=words.day(max(edge.last_ms for edge in edges))) if edges else ""
        return seen

    def _nodes(self, kind: str, hop: int | None, nodes: Sequence[Node], ages: dict[str, str]
               ) -> dict[str, Any]:
        words = self._words
        name = f"review.links.member.{hop}" if hop is not None else f"review.links.{kind}"
        tone = {0: "bad", 1: "warn", 2: "quiet"}.get(hop if hop is not None else -1, "accent")
        hovers = []
        for node in nodes:
            own = self._names.get(node.key, "")[:24]
            hovers.append(own if kind == "member" else words.say(
                "review.links.thing", kind=words.say(f"review.links.{kind}"), name=own,
                members=node.members) + (f" {ages[node.key]}" if ages[node.key] else ""))
        weak = kind == "ip"
        is_labelled = kind == "member" and len(nodes) <= LABELLED
        return {
            "type": "scatter", "mode": "markers+text" if is_labelled else "markers",
            "text": [hover[:12] for hover in hovers] if is_labelled else [],
            "textposition": "top center", "name": words.say(name),
            "tone": "quiet" if weak else tone, "x": [node.x for node in nodes],
            "y": [node.y for node in nodes], "customdata": hovers,
            "hovertemplate": "%{customdata}<extra></extra>",
            "marker": {"symbol": SYMBOLS[kind], "size": 15 if kind == "member" else 11,
                       "opacity": 0.5 if weak else 1, "line": {"width": 0}}}


def _lines(found: Picture, at: dict[str, Node], *, weak: bool) -> list[dict[str, Any]]:
    x: list[float | None] = []
    y: list[float | None] = []
    for edge in found.edges:
        if edge.weak == weak and edge.member in at and edge.thing in at:
            x += [at[edge.member].x, at[edge.thing].x, None]
            y += [at[edge.member].y, at[edge.thing].y, None]
    line = {"width": 1, "dash": "dot"} if weak else {"width": 1.6}
    return [{"type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip",
             "showlegend": False, "tone": "line" if weak else "edge", "line": line}] if x else []
