"""Adjustments without a ticket: points booked by hand that nobody asked for in writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.insiders.finding import Suspicion
from models.insiders.tails import peer_tails, share_tail

if TYPE_CHECKING:
    from models.insiders.past import Past

FEWEST: Final = 8
"""Credits of one person below which nothing is said."""
FEWEST_BARE: Final = 4
"""Credits without a ticket below which nothing is said."""
TIMES: Final = 2.0
"""Times the peers' share it must be: a small difference of many is no finding."""


def no_ticket(past: Past) -> list[Suspicion]:
    """Weigh each clerk's share of credits without a ticket against the others'."""
    given = past.adjustments.query("points > 0 and agent_id > 0")
    if given.empty:
        return []
    given = given.assign(bare=given["ticket"] == 0, late=past.is_late(given["ms"]))
    by = given.groupby("agent_id")["bare"].agg(["size", "sum"])
    trials, hits = by["size"].to_numpy(float), by["sum"].to_numpy(float)
    ps = peer_tails(hits, trials, trials * hits.sum() / trials.sum())
    found = []
    for agent, n, k, p in zip(
            by.index, trials.tolist(), hits.tolist(), ps.tolist(), strict=True):
        if n < FEWEST:
            continue
        others = float(hits.sum() - k) / max(float(trials.sum()) - n, 1.0)
        bare = given[(given["agent_id"] == agent) & given["bare"]]
        rest = given[(given["agent_id"] != agent) & given["bare"]]
        plain = k < FEWEST_BARE or k / n < TIMES * others
        members = bare.groupby("member_id")["points"].sum().sort_values(ascending=False)
        found.append(Suspicion("no_ticket", "agent", int(agent), 1.0 if plain else p, {
            "credits": n, "without_ticket": k, "share": k / n, "peers_share": others,
            "points_without_ticket": float(bare["points"].sum()),
            "late_share": float(bare["late"].mean()) if len(bare) else 0.0,
            "late_p": share_tail(int(bare["late"].sum()), len(bare), int(rest["late"].sum()),
                                 len(rest)),
        }, tuple(np.asarray(members.index[:50]).tolist())))
    return found
