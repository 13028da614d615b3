"""Suggestions made, kept, and sent: each decision logged once, the held-out ones never sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.contract import DELIVERY_STATUSES
from features.errors import BadInput
from models.answers import rfc3339
from models.missions.suggestions import suggest
from serving.casework import Casework
from serving.listed import Listed
from serving.lists import Lists

if TYPE_CHECKING:
    from features.store.writing import Writing
    from models.missions.suggestions import Plan, Scene
    from serving.members import Members

SEGMENTS: Final = ("persona", "region", "tier", "state", "language")
"""Columns of the member table by which a segment can be asked for."""
_OPTED_OUT: Final = DELIVERY_STATUSES.index("opted_out")
_KEPT: Final = ("decision_id", "member_id", "mission_id", "propensity", "holdout", "channel",
                "cost_points", "policy_version")


def plan_for(members: Members, ask: dict[str, Any]) -> Plan:
    """Choose missions for a segment within budget and capacity.

    Raises
    ------
    BadInput
        A segment by something else than `SEGMENTS`.
    """
    scene = _segment(members, ask.get("segment") or {})
    return suggest(scene, ask.get("budget_points"), ask.get("channel_capacity"), ask.get("limit"))


def _segment(members: Members, segment: dict[str, str]) -> Scene:
    table, scene = members.table, members.scene
    chosen = np.ones(len(table), dtype=bool)
    for name, value in segment.items():
        if name not in SEGMENTS:
            raise BadInput(f"a segment by {', '.join(SEGMENTS)}", repr(name)[:50], "rename it")
        chosen &= (table[name] == value).to_numpy()
    if chosen.all():
        return scene
    rows = np.flatnonzero(chosen).tolist()
    return replace(scene, frame=scene.frame.iloc[rows], answers=scene.answers.iloc[rows],
                   names=[scene.names[row] for row in rows],
                   languages=[scene.languages[row] for row in rows])


def to_answer(plan: Plan, as_of_ms: int) -> dict[str, Any]:
    """Shape a plan for the wire."""
    held = plan.decisions[plan.decisions["holdout"] != "none"]
    return {
        "as_of": rfc3339(as_of_ms),
        "suggestions": [suggestion.to_json() for suggestion in plan.suggestions],
        "held_out": [str(name) for name in held["decision_id"]],
    }


def keep(writing: Writing, plan: Plan, now_ms: int) -> None:
    """Keep every decision of a plan, so that it can be sent by its id."""
    decisions = [{name: _plain(row[name]) for name in _KEPT}
                 for row in plan.decisions.to_dict("records")]
    Casework(writing.store, writing.key).suggest(
        [(decision["decision_id"], decision) for decision in decisions], now_ms)


def send(writing: Writing, decision_ids: list[str], now_ms: int) -> dict[str, Any]:
    """Log decisions and say what becomes of each; asking again changes nothing."""
    casework = Casework(writing.store, writing.key)
    answer: dict[str, Any] = {"sent": [], "held_out": [], "refused": []}
    rows: list[dict[str, Any]] = []
    for name in dict.fromkeys(decision_ids):
        decision = casework.suggested(name)
        if decision is None:
            answer["refused"].append({"id": name, "code": "unknown"})
            continue
        is_held = decision["holdout"] != "none"
        is_logged = _is_logged(writing, name)
        if not is_held and not is_logged and (code := _refusal(
                writing, decision["member_id"], now_ms)):
            answer["refused"].append({"id": name, "code": code})
            continue
        answer["held_out" if is_held else "sent"].append(name)
        if not is_logged:
            status = "held_out" if is_held else "sent"
            rows.append(decision | {"decided_at": rfc3339(now_ms), "status": status})
    if rows:
        writing.rows("missions", pd.DataFrame(rows), arrival_ms=now_ms)
    return answer


def _is_logged(writing: Writing, decision_id: str) -> bool:
    number = writing.entities.number("decision", decision_id)
    return bool(number and writing.store.rows(
        "SELECT 1 FROM missions WHERE program = ? AND decision_id = ?", (writing.key, number)))


def _opted_out(writing: Writing) -> set[str]:
    """Members who ever opted out, by the decision that was told, sent before or only suggested."""
    decisions = [name for (name,) in writing.store.rows(
        "SELECT DISTINCT e.name FROM deliveries d JOIN entities e ON e.program = d.program "
        "AND e.kind = 'decision' AND e.number = d.decision_id "
        "WHERE d.program = ? AND d.status = ?", (writing.key, _OPTED_OUT))]
    suggested = map(Casework(writing.store, writing.key).suggested, decisions)
    logged = writing.store.rows(
        "SELECT DISTINCT e.name FROM deliveries d JOIN missions m ON m.program = d.program "
        "AND m.decision_id = d.decision_id JOIN entities e ON e.program = m.program "
        "AND e.kind = 'member' AND e.number = m.member_id "
        "WHERE d.program = ? AND d.status = ?", (writing.key, _OPTED_OUT))
    return {name for (name,) in logged} | {one["member_id"] for one in suggested if one}


def _refusal(writing: Writing, member_id: str, now_ms: int) -> str:
    """Say why a member gets no message now, whatever was suggested before; empty: he may."""
    member = writing.entities.number("member", member_id)
    if member_id in _opted_out(writing):
        return "opted_out"
    if member in Listed(Lists(writing.store, writing.key).entries()).members(now_ms):
        return "blocked"
    latest = writing.store.rows(
        "SELECT consent FROM members WHERE program = ? AND member_id = ? "
        "ORDER BY place DESC, seq DESC LIMIT 1", (writing.key, member))
    return "" if latest and latest[0][0] == 1 else "no_consent"


def _plain(cell: Any) -> Any:
    return cell.item() if hasattr(cell, "item") else cell
