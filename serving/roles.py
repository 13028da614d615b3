"""Who may do what: the roles of API keys and the acts each may ask for."""

from __future__ import annotations

from typing import Final

ROLES: Final = ("points-engine", "manager", "marketer", "admin", "auditor")

ACTS: Final[dict[str, frozenset[str]]] = {
    "judge": frozenset({"points-engine", "admin"}),
    "record": frozenset({"points-engine", "admin"}),
    "label": frozenset({"points-engine", "manager", "admin"}),
    "answer": frozenset({"points-engine", "manager", "admin"}),
    "read": frozenset(ROLES),
    "read-cases": frozenset({"manager", "admin", "auditor"}),
    "decide": frozenset({"manager", "admin"}),
    "suggest": frozenset({"marketer", "points-engine", "admin"}),
    "deliver": frozenset({"points-engine", "marketer", "admin"}),
}
"""Roles that may ask for each act; a route names its act and nothing else."""


def may(role: str, act: str) -> bool:
    """Whether a role may ask for an act; KeyError for an act nobody declared.

    >>> may("marketer", "decide"), may("manager", "decide")
    (False, True)
    """
    return role in ACTS[act]
