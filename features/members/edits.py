"""Histories that did not happen: what was known, with one more act of each member in it.

An edit takes what was known and gives it back as it would be had every member of it done one
thing, or had the program. Only what somebody can act on is edited.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.contract import EVENT_TABLES
from features.members.activity import daily
from features.members.daysums import SUMS
from features.members.standing import PROMISED_DAYS
from features.places import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.members.known import Known
    from features.places import Ints

REDEMPTION: Final = EVENT_TABLES.index("redemptions")


def scanned(known: Known, ago: Sequence[int] = (1,)) -> Known:
    """One more scan of the usual size on days so long ago, where the member was not active.

    >>> from features.members.known import Known
    >>> from features.members.rhythm import bare_members
    >>> days = pd.DataFrame({"member": [4], "day": [10], **dict.fromkeys(SUMS, 3.0)})
    >>> known = Known(30, days, bare_members(days))
    >>> scanned(known, (1, 8)).days[["day", "scans", "points"]].to_numpy().tolist()
    [[10.0, 3.0, 3.0], [22.0, 1.0, 1.0], [29.0, 1.0, 1.0]]
    """
    members = np.unique(known.days["member"].to_numpy())
    usual = known.days.groupby("member")[[*SUMS]].sum().reindex(members)
    one = {name: (usual[name] / usual["events"]).round().to_numpy() for name in
           ("points", "amount", "quantity")}
    added = pd.concat([_rows(members, known.today - back, events=1, scans=1, skus=1, **one)
                       for back in ago])
    taken = pd.MultiIndex.from_frame(known.days[["member", "day"]])
    free = ~pd.MultiIndex.from_frame(added[["member", "day"]]).isin(taken)
    return replace(known, days=_joined(known.days, added[free]))


def redeemed(known: Known) -> Known:
    """Yesterday each member with a balance spent it on a reward."""
    rich = known.members["points_balance"].to_numpy() > 0
    members = known.members["member_id"].to_numpy()[rich]
    spent = np.where(rich, 0, known.members["points_balance"])
    kept = {name: np.where(rich, MISSING, known.members[name])
            for name in ("points_expire_at", "expire")}
    reward = pd.DataFrame({"member_id": members, "day": known.today - 1, "fulfilled": MISSING})
    return replace(
        known, days=_joined(known.days, _rows(members, known.today - 1, events=1, redemptions=1)),
        members=known.members.assign(points_balance=spent, **kept),
        redemptions=pd.concat([known.redemptions, reward.astype(np.int64)]),
    )


def released(known: Known) -> Known:
    """Every claim that is held today was let go, on the day it was made."""
    held = known.held[np.isin(known.held["member_id"], known.members["member_id"])]
    counted = (held["counted"] | held["open"]).to_numpy(dtype=bool)
    opened = held[(held["open"] == 1) & (held["kind"] == REDEMPTION)]
    mine = ((known.judged["open"] == 1) & (known.judged["fraud"] == 0)
            & known.judged["member_id"].isin(held["member_id"])).to_numpy()
    judged = known.judged.assign(open=np.where(mine, 0, known.judged["open"]),
                                 released=np.where(mine, 1, known.judged["released"]))
    fresh = daily(held, counted)
    old = pd.MultiIndex.from_frame(known.days[["member", "day"]])
    kept = known.days[~old.isin(pd.MultiIndex.from_frame(fresh[["member", "day"]]))]
    return replace(
        known, days=_joined(kept, fresh), judged=judged,
        redemptions=pd.concat([known.redemptions, opened[["member_id", "day", "fulfilled"]]]),
    )


def rewarded(known: Known) -> Known:
    """No reward was late: those that were came on the last day that was promised."""
    day, done = (known.redemptions[name].to_numpy() for name in ("day", "fulfilled"))
    late = np.where(done == MISSING, known.today - day, done - day) > PROMISED_DAYS
    return replace(known, redemptions=known.redemptions.assign(
        fulfilled=np.where(late, day + PROMISED_DAYS, done)))


def _rows(members: Ints, day: int, **sums: Any) -> pd.DataFrame:
    return pd.DataFrame({"member": members, "day": day,
                         **{name: np.broadcast_to(np.asarray(sums.get(name, 0), np.float64),
                                                  len(members)) for name in SUMS}})


def _joined(days: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Days with more of them, added up where a member was active already."""
    both = pd.concat([days, added], ignore_index=True)
    return both.groupby(["member", "day"], as_index=False).sum()
