"""Who may do what: the roles of keys and people, and the acts each may ask for."""

from __future__ import annotations

from typing import Final

ROLES: Final = ("points-engine", "manager", "marketer", "admin", "auditor")
PEOPLE: Final = ("manager", "marketer", "admin", "auditor")
"""Roles that a person may have; the points engine is a machine and never signs in."""

ACTS: Final[dict[str, frozenset[str]]] = {
    "judge": frozenset({"points-engine", "admin"}),
    "record": frozenset({"points-engine", "admin"}),
    "label": frozenset({"points-engine", "manager", "admin"}),
    "answer": frozenset({"points-engine", "manager", "admin"}),
    "read": frozenset(ROLES),
    "read-cases": frozenset({"manager", "admin", "auditor"}),
    "read-campaigns": frozenset({"marketer", "points-engine", "admin", "auditor"}),
    "decide": frozenset({"manager", "admin"}),
    "suggest": frozenset({"marketer", "points-engine", "admin"}),
    "deliver": frozenset({"points-engine", "marketer", "admin"}),
}
"""Roles that may ask for each act; a route names its act and nothing else. The auditor has the
acts that read, all of them, and none that changes anything."""

ROWS: Final[dict[str, str]] = {
    "declarations": "decide", "missions": "suggest", "feedback": "label", "deliveries": "deliver",
}
"""The act that rows of a table ask for beside `record`: that of the table's own route, which is
not gone round."""

RETAINED: Final = frozenset({
    "drop", "left_after_campaign", "never_started", "mission_works", "mission_fails"})
"""Kinds of nudge that the retention desk acts on; the others are the review desk's."""

DESKS: Final[dict[str, frozenset[str]]] = {
    "/review": frozenset({"manager", "admin", "auditor"}),
    "/retention": frozenset({"marketer", "admin", "auditor"}),
    "/copilot": frozenset({"manager", "marketer", "admin", "auditor"}),
    "/members": frozenset({"manager", "admin", "auditor"}),
    "/model": frozenset({"manager", "admin", "auditor"}),
    "/policy": frozenset({"manager", "admin", "auditor"}),
}
"""Roles that see each desk; a desk that is not here is seen by nobody."""


def may(role: str, act: str) -> bool:
    """Whether a role may ask for an act; KeyError for an act nobody declared.

    >>> may("marketer", "decide"), may("manager", "decide")
    (False, True)
    """
    return role in ACTS[act]


def nudge_act(kind: str) -> str:
    """The act that putting a nudge of a kind to sleep asks for: that of the desk it is for.

    >>> nudge_act("drop"), nudge_act("leak"), nudge_act("insider.no_ticket")
    ('suggest', 'decide', 'decide')
    """
    return "suggest" if kind in RETAINED else "decide"


def may_see(role: str, desk: str) -> bool:
    """Whether a role sees a desk; nobody sees a desk that is not declared.

    >>> may_see("marketer", "/retention"), may_see("marketer", "/review")
    (True, False)
    >>> may_see("admin", "/a-desk-made-tomorrow")
    False
    """
    return role in DESKS.get(desk, frozenset())
