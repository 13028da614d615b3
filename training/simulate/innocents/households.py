"""Look-alikes of shared identity: a nephew's phone, a second outlet, a cooperative's account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY
from training.simulate.innocents.bill import BILL, declare
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.sheet import AUTO, REDEMPTION

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


@BILL.act("family_phone", size=70, share=0.0045)
def family_phone(stage: Stage, dice: Dice, span: Span) -> None:
    """Father, son and brother work together, live together and share one phone."""
    members, base = stage.members, stage.base
    head = _head(stage, dice)
    if head is None:
        return
    home = _neighbours(stage, dice, head, int(dice.integers(2, 4)))
    rows = np.concatenate([stage.index.of_member(member) for member in home.tolist()])
    members.device[home], members.switch[home] = members.device[head], 2**60
    members.address[home] = members.address[head]
    members.lat[home], members.lon[home] = members.lat[head], members.lon[head]
    declare(stage, dice, "shared_device", int(members.device[head]), span[0], 0.15)
    stage.mark(rows[base["device"][rows] == AUTO], "family_phone")


def _head(stage: Stage, dice: Dice) -> int | None:
    """An honest tradesman with an account of his own."""
    members = stage.members
    able = np.flatnonzero((members.persona == INFLUENCER) & ~stage.reserved
                          & (members.payout >= 0) & (members.shared < 0))
    return int(dice.choice(able)) if len(able) else None


def _neighbours(stage: Stage, dice: Dice, head: int, count: int) -> np.ndarray:
    """The head and ``count`` honest tradesmen of his shop."""
    members = stage.members
    near = (members.source == members.source[head]) & (members.persona == INFLUENCER)
    near &= ~stage.reserved & (np.arange(len(members)) != head)
    return np.r_[head, dice.permutation(np.flatnonzero(near))[:count]]


def _paid_together(stage: Stage, group: np.ndarray, look: str) -> None:
    """Pay a group to the account of its first member."""
    members, base = stage.members, stage.base
    members.payout[group] = members.payout[group[0]]
    members.payout_switch[group] = 2**60
    rows = np.concatenate([stage.index.of_member(member) for member in group.tolist()])
    paid = (base["kind"][rows] == REDEMPTION) & (base["payout"][rows] != -1)
    stage.mark(rows[paid], look)


@BILL.act("workshop_payout", size=8, share=0.0004, phase="redemptions")
def workshop_payout(stage: Stage, dice: Dice, span: Span) -> None:
    """The owner of a workshop collects for his people."""
    head = _head(stage, dice)
    if head is None:
        return
    group = _neighbours(stage, dice, head, int(dice.integers(3, 7)))
    declare(stage, dice, "shared_payout", int(stage.members.payout[head]), span[0], 0.5)
    _paid_together(stage, group, "workshop_payout")


@BILL.act("family_account", size=4, share=0.0003, phase="redemptions")
def family_account(stage: Stage, dice: Dice, span: Span) -> None:
    """One bank account in the family, where banking is thin; seldom declared."""
    head = _head(stage, dice)
    if head is None:
        return
    group = _neighbours(stage, dice, head, int(dice.integers(1, 4)))
    stage.members.address[group] = stage.members.address[head]
    declare(stage, dice, "shared_payout", int(stage.members.payout[head]), span[0], 0.2)
    _paid_together(stage, group, "family_account")


@BILL.act("cooperative_payout", size=14, share=0.0008, phase="redemptions")
def cooperative_payout(stage: Stage, dice: Dice, span: Span) -> None:
    """A cooperative or workshop owner collects for his people on one account."""
    members = stage.members
    able = np.flatnonzero((members.persona == INFLUENCER) & (members.ring < 0)
                          & (members.payout >= 0))
    if not len(able):
        return
    head = int(dice.choice(able))
    group = able[members.source[able] == members.source[head]]
    group = dice.permutation(group)[: int(dice.integers(5, 14))]
    declare(stage, dice, "shared_payout", int(members.payout[head]), span[0], 0.7)
    _paid_together(stage, np.r_[head, group[group != head]], "cooperative_payout")
