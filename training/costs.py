"""What mistakes cost a program, for its thresholds: the policy's costs and its partners' worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.errors import BadConfig
from models.policy import Policy

if TYPE_CHECKING:
    from features.store.journal import Journal
    from models.stakes import Stakes
    from training.events import Events

Floats = npt.NDArray[np.float64]
MONTHLY: Final = "member_points_30d"
"""Feature with what the member asked for in a month; who scans now is no more likely to be gone."""
_APPLIED: Final = ("SELECT text FROM policies WHERE program = ? AND from_ms < ? "
                   "ORDER BY number DESC LIMIT 1")


def policy_at(journal: Journal, as_of_ms: int) -> Policy:
    """Policy in force just before a moment; Jaga's own where none was applied or it is not read."""
    with journal.database.reading() as store:
        rows = store.rows(_APPLIED, (journal.key, as_of_ms))
    try:
        return Policy.parse(rows[0][0]) if rows else Policy.read()
    except BadConfig:  # written for another version: the service, too, goes on with the one before
        return Policy.read()


def harm(stakes: Stakes, events: Events) -> Floats | None:
    """Loss expected of holding each event if it is honest, in currency, shape (n,), without review.

    None where the policy does not say what a partner's future is worth: then all weigh the same.
    """
    if not stakes.chance_lost or MONTHLY not in events.catalog.names:
        return None
    monthly = np.nan_to_num(events.matrix[:, events.catalog.names.index(MONTHLY)])
    return np.array([stakes.harm(0.0, points) for points in monthly]) - stakes.review
