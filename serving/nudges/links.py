"""The next step of a nudge as a link that is ready to run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from models.nudges import finding as kinds

if TYPE_CHECKING:
    from models.nudges.finding import Finding

NEW_CAMPAIGN: Final = "/retention/campaigns/new"
STATES: Final = {kinds.DROP: "slipping", kinds.LEFT: "slipping", kinds.NEVER_STARTED: "new"}
BUILDER: Final = ("persona", "region", "tier")
"""Kinds of segment that a campaign can be for."""


def link_of(found: Finding, name: str, program_id: str) -> str:
    """Path of the page on which the next step is taken.

    Parameters
    ----------
    found : Finding
    name : str
        Plain name of its segment, as of `serving.nudges.naming.Names.plain`.
    program_id : str

    Examples
    --------
    >>> one = kinds.Finding("drop", "region", 4, 9, 16, -.3, -.4, -.2, 10, 7, 0, 0, 3., "x")
    >>> link_of(one, "Java", "acme")
    '/retention/campaigns/new?program=acme&state=slipping&region=Java'
    """
    given = {"program": program_id}
    kind, segment = found.kind, found.segment_kind
    if kind in STATES:
        if segment in BUILDER or segment == "program":
            chosen = {segment: name} if segment in BUILDER else {}
            return _path(NEW_CAMPAIGN, given | {"state": STATES[kind]} | chosen)
        if segment == "rep":
            return _path(f"/members/{quote(name, safe='')}", given)
        return _path("/retention", given | {"state": STATES[kind]})
    if kind == kinds.WORKS:
        return _path(NEW_CAMPAIGN, given | {"mission": name})
    if kind == kinds.FAILS:
        return _path("/retention/missions/edit", given | {"id": name})
    if kind in (kinds.LEAK, kinds.REFUSED):
        return _path("/policy", given)
    if kind == kinds.RING:
        return _path("/review", given | {"kind": "ring", "state": "all"})
    if kind in (kinds.SURGE, kinds.REPEATS):
        chosen = {"region": str(found.segment)} if segment == "region" else (
            {"persona": name} if segment == "persona" else {})
        return _path("/review", given | chosen)
    return _path("/copilot", given | {"as": "csv", "by": "redemptions"})


def _path(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
