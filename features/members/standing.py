"""How the program stands with a member: rewards, friction, missions, reach, and his peers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.contract import CHANNELS
from features.members.known import FAILED, OFFERED, OPTED_OUT, READ
from features.members.seasons import share_of_others
from features.places import MISSING, Ints

if TYPE_CHECKING:
    import pandas as pd

    from features.members.cadence import Floats, Runs
    from features.members.known import Known

PROMISED_DAYS: Final = 14
"""A reward later than this is slow. A judgement: two weeks is what catalogues promise."""
FRICTION_DAYS: Final = 60
BLOCK_DAYS: Final = 180
"""A confirmed fraud blocks for so long, unless the program credits the member again."""
SILENT_DAYS: Final = 30
"""Peers are silent together when all was still active before, and nobody in the last month."""


def reward_features(known: Known, members: pd.DataFrame) -> dict[str, Floats]:
    """Balance, days to expiry, redemptions so far, and those that were slow or never came.

    ``slow_rewards_180`` is NaN while the program reports no fulfilment at all.
    """
    rows, place = known.redemptions, _Places(members)
    day, done = rows["day"].to_numpy(), rows["fulfilled"].to_numpy()
    late = np.where(done == MISSING, known.today - day, done - day) > PROMISED_DAYS
    reported = bool((done != MISSING).any())
    recent = day >= known.today - 180
    last = place.latest(rows["member_id"], day)
    return {
        "balance": _known(members["points_balance"]),
        "days_to_expiry": _known(members["expire"]) - known.today,
        "redeemed_ever": (last > MISSING).astype(np.float64),
        "days_since_redemption": known.today - _nan(last),
        "slow_rewards_180": place.count(rows["member_id"], late & recent)
        if reported else np.full(len(members), np.nan),
    }  # fmt: skip


def friction_features(known: Known, members: pd.DataFrame, runs: Runs) -> dict[str, Floats]:
    """Events held and let go in the last 60 days, and whether the member is blocked.

    Blocked is who is denied, or had an event confirmed as fraud in the last 180 days and nothing
    credited after it.
    """
    rows, place = known.judged, _Places(members)
    day, owner = rows["day"].to_numpy(), rows["member_id"]
    recent = day >= known.today - FRICTION_DAYS
    fraud = rows["fraud"].to_numpy() == 1
    caught = place.latest(owner[fraud], day[fraud])
    active = place.latest(runs.members, runs.last)
    stopped = (caught >= known.today - BLOCK_DAYS) & (active <= caught)
    denied = np.isin(members["member_id"].to_numpy(), sorted(known.denied))
    return {
        "held_60": place.count(owner, recent & (rows["held"].to_numpy() == 1)),
        "released_60": place.count(owner, recent & (rows["released"].to_numpy() == 1)),
        "blocked": (stopped | denied).astype(np.float64),
        "open_holds": place.count(owner, recent & (rows["open"].to_numpy() == 1)),
    }


def offer_features(known: Known, members: pd.DataFrame) -> dict[str, Floats]:
    """Missions offered lately, and whether messages reach the member.

    ``opted_out`` is 1 after any opt-out: only the program can take that back.
    """
    offers, place = known.offers, _Places(members)
    offered = offers[offers["holdout"].isin([OFFERED, MISSING])]
    day = offered["day"].to_numpy()
    sent = known.deliveries.merge(offers[["decision_id", "member_id"]], on="decision_id")
    status, owner = sent["status"].to_numpy(), sent["member_id"]
    recent = sent["day"].to_numpy() >= known.today - 90
    return {
        "days_since_mission": known.today - _nan(place.latest(offered["member_id"], day)),
        "last_mission": place.value(offered["member_id"], offered["mission_id"].to_numpy()),
        "missions_90": place.count(offered["member_id"], day >= known.today - 90),
        "delivered_90": place.count(owner, recent & np.isin(status, READ)),
        "failed_90": place.count(owner, recent & (status == FAILED)),
        "opted_out": (place.count(owner, status == OPTED_OUT) > 0).astype(np.float64),
    }


def reach_features(known: Known, members: pd.DataFrame) -> dict[str, Floats]:
    """Time in the program, persona, tier, consent and the number of channels."""
    mask = members["channels"].to_numpy(dtype=np.int64)
    bits = sum((mask >> bit) & 1 for bit in range(len(CHANNELS)))
    return {
        "days_since_joined": np.maximum(known.today - _known(members["joined"]), 0.0),
        "persona": _known(members["persona"]),
        "tier": _known(members["tier"]),
        "consent": _known(members["consent"]),
        "channels_open": np.where(mask == MISSING, np.nan, bits),
    }


def peer_features(known: Known, members: pd.DataFrame, runs: Runs) -> dict[str, Floats]:
    """Share of the others at the same outlet, rep and region who fell silent this month.

    High means no stock or no visit rather than one partner leaving. Of the others, those count
    who were active in the three months before; NaN where there is none.
    """
    age = known.today - runs.day
    place = _Places(members)
    late = place.count(runs.members, known.today - runs.last <= SILENT_DAYS) > 0
    before = place.count(runs.members, runs.sum((age > SILENT_DAYS) & (age <= 120)) > 0) > 0
    columns = {}
    for name, column in (("outlet", "outlet_id"), ("rep", "enrolled_by"), ("region", "region")):
        group = members[column].to_numpy(dtype=np.int64)
        share = share_of_others(group, before & ~late, before)
        columns[f"{name}_silent"] = np.where(group > 0, share, np.nan)
    return columns


class _Places:
    """Where each member number stands in the frame, to sum rows of other tables over members."""

    def __init__(self, members: pd.DataFrame) -> None:
        number = members["member_id"].to_numpy(dtype=np.int64)
        self.size = len(number)
        self.row = np.full(int(number.max(initial=0)) + 1, -1, dtype=np.int64)
        self.row[number] = np.arange(self.size)

    def of(self, owner: Any) -> tuple[Ints, Any]:
        """Row of each owner that is a member, and which owners are."""
        number = np.asarray(owner, dtype=np.int64)
        inside = (number > 0) & (number < len(self.row))
        row = np.where(inside, self.row[np.where(inside, number, 0)], -1)
        return row, row >= 0

    def count(self, owner: Any, hit: Any) -> Floats:
        """Number of hits of each member, shape (members,)."""
        row, mine = self.of(owner)
        return np.bincount(row[mine & hit], minlength=self.size).astype(np.float64)

    def latest(self, owner: Any, day: Ints) -> Ints:
        """Latest day of each member, MISSING where there is none."""
        row, mine = self.of(owner)
        last = np.full(self.size, MISSING, dtype=np.int64)
        np.maximum.at(last, row[mine], np.asarray(day, dtype=np.int64)[mine])
        return last

    def value(self, owner: Any, values: Ints) -> Floats:
        """Value of each member's last row, shape (members,); NaN where there is none."""
        row, mine = self.of(owner)
        last = np.full(self.size, np.nan)
        last[row[mine]] = np.asarray(values, dtype=np.float64)[mine]
        return last


def _known(values: pd.Series) -> Floats:
    return _nan(values.to_numpy(dtype=np.int64))


def _nan(values: Ints) -> Floats:
    return np.where(values == MISSING, np.nan, values.astype(np.float64))
