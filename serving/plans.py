"""Plans on request: missions for a segment within budget and capacity, in the wire's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import CHANNELS, PERSONAS, TIERS
from features.errors import BadCell
from models.answers import STATES, rfc3339
from models.missions.suggestions import suggest

if TYPE_CHECKING:
    from models.missions.scene import Scene
    from models.missions.suggestions import Plan
    from serving.members import Members

SEGMENTS: Final = ("persona", "region", "tier", "state", "language")
"""Columns of the member table by which a segment can be asked for."""
WORDS: Final[dict[str, tuple[str, ...]]] = {"persona": PERSONAS, "tier": TIERS, "state": STATES}
"""Values of the columns that have a vocabulary; of others, those that some member has."""
NAMED: Final = 20
"""Values named in an error; who reads on reads nothing."""


def plan_for(members: Members, ask: dict[str, Any]) -> Plan:
    """Choose missions for a segment within budget and capacity.

    Raises
    ------
    BadCell
        A segment by something else than `SEGMENTS` or by a value that nobody has; a capacity of
        something that is no channel.
    """
    for name in ask.get("channel_capacity") or {}:
        if name not in CHANNELS:
            raise BadCell("channel_capacity", f"channels of {', '.join(CHANNELS)}", _shown(name))
    scene = _segment(members, ask.get("segment") or {})
    return suggest(scene, ask.get("budget_points"), ask.get("channel_capacity"), ask.get("limit"))


def _segment(members: Members, segment: dict[str, str]) -> Scene:
    table, scene = members.table, members.scene
    chosen = np.ones(len(table), dtype=bool)
    for name, value in segment.items():
        if name not in SEGMENTS:
            raise BadCell("segment", f"columns of {', '.join(SEGMENTS)}", _shown(name))
        words = WORDS.get(name) or tuple(sorted(table[name].dropna().unique()))
        if value not in words:
            raise BadCell(f"segment.{name}", f"one of {', '.join(words[:NAMED])}", _shown(value))
        chosen &= (table[name] == value).to_numpy()
    if chosen.all():
        return scene
    return scene.take(np.flatnonzero(chosen))


def _shown(text: str) -> str:
    return repr(text)[:50]


def to_answer(plan: Plan, as_of_ms: int) -> dict[str, Any]:
    """Shape a plan for the wire."""
    held = plan.decisions[plan.decisions["holdout"] != "none"]
    return {
        "as_of": rfc3339(as_of_ms),
        "suggestions": [suggestion.to_json() for suggestion in plan.suggestions],
        "held_out": [str(name) for name in held["decision_id"]],
        "power": plan.power.to_json(),
    }
