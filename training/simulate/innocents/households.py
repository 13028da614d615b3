"""Look-alikes of shared identity: a nephew's phone, a second outlet, a cooperative's account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY
from training.simulate.innocents.bill import BILL, declare
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.sheet import REDEMPTION

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]


@BILL.act("nephew_phone", size=2.2, share=0.0025)
def nephew_phone(stage: Stage, dice: Dice, span: Span) -> None:
    """His battery is empty: somebody next to him scans for him on another phone."""
    first, members, base = int(dice.integers(*span)), stage.members, stage.base
    rows = stage.scans_of(first, first + 2 * DAY)
    rows = rows[(base["device"][rows] == -2) & (base["look"][rows] < 0)]
    if not len(rows):
        return
    hit = dice.choice(rows)
    member = int(base["member"][hit])
    rows = stage.index.of_member(member)
    rows = rows[base["visit"][rows] == base["visit"][hit]]
    near = np.flatnonzero((members.source == members.source[member])
                          & (members.joined < first) & (members.ring < 0))
    known = len(near) > 1 and dice.random() < 0.5
    device = members.device[dice.choice(near)] if known else stage.world.new("device", 1)[0]
    base["device"][rows] = device
    stage.mark(rows, "nephew_phone")


@BILL.act("second_real_outlet", size=1, share=0.0003)
def second_real_outlet(stage: Stage, dice: Dice, span: Span) -> None:
    """Husband and wife run two real shops; one refers the other."""
    members, base = stage.members, stage.base
    first = int(dice.integers(*span))
    rows = stage.referrals
    pays = (base["look"][rows] < 0) & (base["time"][rows] > first)
    rows = rows[pays & np.isin(members.persona[base["member"][rows]], [RETAILER, INFLUENCER])]
    if not len(rows):
        return
    row = int(dice.choice(rows[:20]))
    payer, new = int(base["member"][row]), int(base["referee"][row])
    for name, share in (("payout", 0.7), ("address", 0.6), ("device", 0.3)):
        if dice.random() < share:
            getattr(members, name)[new] = getattr(members, name)[payer]
    stage.mark(np.r_[row, stage.index.of_member(new)], "second_real_outlet")


@BILL.act("cooperative_payout", size=14, share=0.0008, phase="redemptions")
def cooperative_payout(stage: Stage, dice: Dice, span: Span) -> None:
    """A cooperative or workshop owner collects for his people on one account."""
    members, base = stage.members, stage.base
    able = np.flatnonzero((members.persona == INFLUENCER) & (members.ring < 0)
                          & (members.payout >= 0))
    if not len(able):
        return
    head = int(dice.choice(able))
    group = able[members.source[able] == members.source[head]]
    group = dice.permutation(group)[: int(dice.integers(5, 14))]
    members.payout[group] = members.payout[head]
    members.payout_switch[group] = 2**60
    declare(stage, dice, "shared_payout", int(members.payout[head]), span[0], 0.7)
    rows = np.concatenate([stage.index.of_member(member) for member in group.tolist()])
    paid = (base["kind"][rows] == REDEMPTION) & (base["payout"][rows] != -1)
    stage.mark(rows[paid], "cooperative_payout")
