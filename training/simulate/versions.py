"""Versions of the members: tiers climb, balances change, phones and wallets are replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import DAY
from training.simulate.outcomes import CREDITED
from training.simulate.paperwork import ADDRESS, PAYOUT, PHONE
from training.simulate.sheet import NONE, REDEMPTION, Sheet

if TYPE_CHECKING:
    from training.simulate.missions import Decisions
    from training.simulate.people import Members
    from training.simulate.stage import Stage

Array = npt.NDArray[Any]

TIER_POINTS: Final = (0, 1200, 4500, 15000)
"""Points ever earned from which bronze, silver, gold and platinum begin."""
SNAPSHOT_DAYS: Final = 91
"""How often the program writes its balances down."""
SAME: Final = -9
"""As in the version before."""
CHANGING: Final = ("tier", "balance", "expires", "payout", "phone", "address", "consent")


def member_versions(stage: Stage, sheet: Sheet, decisions: Decisions) -> dict[str, Array]:
    """All versions of all members, by member and time.

    Returns
    -------
    dict of arrays
        member, known (UTC ms, -1 for the first version) and the columns of `CHANGING`.
    """
    members = stage.members
    parts = [_first(members), _tiers(members, sheet), _snapshots(stage, sheet),
             *_changes(stage), _consents(stage, decisions)]
    rows = {name: np.concatenate([part.get(name, np.full(len(part["member"]), SAME))
                                  for part in parts])
            for name in ("member", "known", *CHANGING)}
    late = rows["known"] >= members.joined[rows["member"]]
    rows = {name: column[late | (rows["known"] == NONE)] for name, column in rows.items()}
    order = np.lexsort((rows["known"], rows["member"]))
    rows = {name: column[order] for name, column in rows.items()}
    return rows | {name: _carried(rows[name]) for name in CHANGING}


def _carried(column: Array) -> Array:
    """Each value carried on until the next; the first version of a member knows all."""
    at = np.maximum.accumulate(np.where(column != SAME, np.arange(len(column)), 0))
    return column[at]


def _first(members: Members) -> dict[str, Array]:
    count = len(members)
    zero = np.zeros(count, dtype=np.int64)
    return {"member": np.arange(count), "known": zero + NONE, "tier": zero, "balance": zero,
            "expires": zero + NONE, "payout": members.payout, "phone": members.phone,
            "address": members.address, "consent": members.consent.astype(np.int64)}


def _tiers(members: Members, sheet: Sheet) -> dict[str, Array]:
    good = np.flatnonzero((sheet["outcome"] == CREDITED) & (sheet["kind"] != REDEMPTION))
    order = good[np.lexsort((sheet["recorded"][good], sheet["member"][good]))]
    member, points = sheet["member"][order], sheet["points"][order]
    opens = np.r_[True, member[1:] != member[:-1]][: len(order)]
    total = np.cumsum(points)
    total = total - np.maximum.accumulate(np.where(opens, total - points, 0))
    total = total + 3 * members.opening[member]
    tier = np.searchsorted(TIER_POINTS, total, side="right") - 1
    before = np.where(opens, 0, np.r_[0, tier[:-1]][: len(order)])
    up = tier > before
    return {"member": member[up], "known": sheet["recorded"][order[up]], "tier": tier[up]}


def _snapshots(stage: Stage, sheet: Sheet) -> dict[str, Array]:
    calendar, members = stage.world.calendar, stage.members
    days = np.arange(0, calendar.days, SNAPSHOT_DAYS)
    times = calendar.midnights[days]
    change = np.where(sheet["kind"] == REDEMPTION, -1, 1) * sheet["points"]
    change = np.where(sheet["outcome"] == CREDITED, change, 0)
    cell = np.searchsorted(times, sheet["recorded"], side="right") * len(members)
    moved = np.bincount(cell + sheet["member"], change, (len(days) + 1) * len(members))
    table = np.cumsum(moved.reshape(len(days) + 1, -1), axis=0)[: len(days)]
    balance = table.astype(np.int64) + members.opening
    on = members.joined < times[:, None]
    on[1:] &= balance[1:] != balance[:-1]
    when, member = np.nonzero(on)
    return {"member": member, "known": times[when], "balance": balance[when, member],
            "expires": times[when] + 400 * DAY}


def _changes(stage: Stage) -> list[dict[str, Array]]:
    names = {PHONE: "phone", PAYOUT: "payout", ADDRESS: "address"}
    made = []
    for part in stage.logs.get("account_changes", []):
        for what, name in names.items():
            rows = part["what"] == what
            made.append({"member": part["member"][rows], "known": part["time"][rows],
                         name: part["value"][rows]})
    return made


def _consents(stage: Stage, decisions: Decisions) -> dict[str, Array]:
    rows = np.flatnonzero(decisions["opted_out"].astype(bool))
    time = stage.world.calendar.midnights[decisions["day"][rows]] + DAY // 2
    return {"member": decisions["member"][rows], "known": time,
            "consent": np.zeros(len(rows), dtype=np.int64)}
