"""The desk's work beside its capacity, and who is still active after a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from serving.copilot.figures import DAY_MS

if TYPE_CHECKING:
    from features.places import Ints
    from features.store.store import Store
    from serving.copilot.figures import Span

FEW: Final = 20
"""Fewest members of a group whose share is told; of fewer it tells who they are, not how many."""


@dataclass(frozen=True)
class Load:
    """Cases of a span.

    Parameters
    ----------
    opened : list of int
        Cases opened each day, oldest first.
    waiting, points : int
        Cases that are open now, and their points.
    oldest_ms : int or None
        When the oldest open case was opened.
    decided : int
        Events decided by anybody in the span, the clock's own decisions too.
    """

    opened: list[int]
    waiting: int
    points: int
    oldest_ms: int | None
    decided: int


@dataclass(frozen=True)
class Still:
    """Who is still active of those a campaign decided about.

    Parameters
    ----------
    campaign_id : str
    offered, control : int
        Members of each group.
    offered_active, control_active : float or None
        Share with an event in the span; None where the group is too small to tell.
    """

    campaign_id: str
    offered: int
    control: int
    offered_active: float | None
    control_active: float | None


def read_load(store: Store, program: int, span: Span) -> Load:
    """Read the cases of a span."""
    rows = store.rows(f"SELECT (opened_ms - ?) / {DAY_MS}, COUNT(*) FROM cases WHERE program = ? "
                      f"AND opened_ms >= ? AND opened_ms < ? GROUP BY 1",
                      (span.since_ms, program, span.since_ms, span.until_ms))
    opened = [0] * span.days
    for day, count in rows:
        opened[int(day)] = int(count)
    waiting, points, oldest = store.rows(
        "SELECT COUNT(*), COALESCE(SUM(points), 0), MIN(opened_ms) FROM cases WHERE program = ? "
        "AND is_open = 1", (program,))[0]
    first, last = span.places
    decided = store.rows("SELECT COUNT(DISTINCT event_id) FROM decisions WHERE program = ? "
                         "AND place >= ? AND place < ?", (program, first, last))[0][0]
    return Load(opened, int(waiting), int(points), None if oldest is None else int(oldest),
                int(decided))


def read_still(store: Store, program: int, active: Ints) -> list[Still]:
    """Say of every standing campaign who of its members is among the active ones."""
    groups: dict[str, dict[str, list[int]]] = {}
    for campaign, arm, member in store.rows(
            "SELECT DISTINCT campaign_id, arm, member_id FROM standing_decisions "
            "WHERE program = ?", (program,)):
        groups.setdefault(campaign, {}).setdefault(arm, []).append(int(member))
    found = []
    for campaign, arms in sorted(groups.items()):
        offered, control = arms.get("offered", []), arms.get("control", [])
        found.append(Still(campaign, len(offered), len(control), _share(offered, active),
                           _share(control, active)))
    return found


def _share(members: list[int], active: Ints) -> float | None:
    return float(np.isin(members, active).mean()) if len(members) >= FEW else None
