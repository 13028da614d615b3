"""Redemptions that were paid for with points and have not come, for who asks the deliverer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from features.contract import OUTCOMES
from features.places import first_place, place_ms
from models.answers import rfc3339
from serving.archive import Archive

if TYPE_CHECKING:
    from features.store.store import Store

DAYS: Final = 60
"""How far back: what is older was given up, or came and was never reported."""
MOST: Final = 10_000
COLUMNS: Final = ("event_id", "occurred", "reward_id", "points")
DAY_MS: Final = 86_400_000


def read_pending(store: Store, program: int, until_ms: int) -> list[list[Any]]:
    """List redemptions of the last `DAYS` without a day on which they came, the oldest first.

    Parameters
    ----------
    store : Store
    program : int
        Its key.
    until_ms : int
        UTC milliseconds; later ones are left out.

    Returns
    -------
    list of rows, `COLUMNS` each
    """
    rows = store.rows(
        "SELECT event_id, place, reward_id, points FROM redemptions WHERE program = ? "
        "AND place >= ? AND place < ? AND fulfilled_at IS NULL AND COALESCE(outcome, 0) <> ? "
        "ORDER BY place LIMIT ?",
        (program, first_place(max(until_ms - DAYS * DAY_MS, 0)), first_place(until_ms),
         OUTCOMES.index("refused"), MOST))
    archive = Archive(store, program)
    events = archive.names("event", [int(row[0]) for row in rows])
    rewards = archive.names("reward", sorted({int(row[2]) for row in rows}))
    return [[events.get(int(event), ""), rfc3339(place_ms(int(place))),
             rewards.get(int(reward), ""), int(points)] for event, place, reward, points in rows]
