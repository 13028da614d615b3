"""Look-alikes of redemptions and bookings: weddings, lost cards, regulars, goodwill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.balances import redemptions
from training.simulate.calendars import DAY, HOUR
from training.simulate.desk import CLERK, a_clerk
from training.simulate.dress import staff_count
from training.simulate.innocents.bill import BILL
from training.simulate.paperwork import DEVICE, PHONE
from training.simulate.personas import INFLUENCER
from training.simulate.sheet import NONE, SCAN

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]


def _saver(stage: Stage, dice: Dice, time: int) -> tuple[int, int] | None:
    """An honest member with points, and his balance."""
    members = stage.members
    able = np.flatnonzero((members.joined < time - 40 * DAY) & (members.ring < 0)
                          & (members.ring_end > time))
    drawn = dice.permutation(able)[:80]
    if not len(drawn) or stage.ledger is None:
        return None
    balance = stage.ledger.balance(drawn, time)
    at = int(dice.choice(np.argsort(balance, kind="stable")[-6:]))
    return (int(drawn[at]), int(balance[at])) if balance[at] >= 200 else None


@BILL.act("new_phone_wedding", size=1, share=0.0004, phase="redemptions")
def new_phone_wedding(stage: Stage, dice: Dice, span: Span) -> None:
    """A new phone, and soon after the savings of a year for a wedding."""
    time = stage.local(int(dice.integers(*span)), dice.normal(13.5, 3.2) % 24)
    saver = _saver(stage, dice, time)
    if saver is None:
        return
    members, (member, balance) = stage.members, saver
    device = int(stage.world.new("device", 1)[0])
    change = time - int(dice.exponential(30) * HOUR) - HOUR // 4
    if dice.random() < 0.75:
        stage.log("account_changes", member=member, time=change, what=DEVICE, value=device,
                  agent=NONE, device=device)
    points = np.array([int(balance * dice.uniform(0.7, 1.0))])
    kind = np.array([int(dice.choice([0, 1, 2, 3]))])
    sheet = redemptions(stage.world, np.array([member]), np.array([time]), points, kind, dice)
    sheet["device"] = device
    if members.switch[member] > stage.world.calendar.end:
        members.device2[member], members.switch[member] = device, 2**59
    stage.add(sheet, look="new_phone_wedding")


@BILL.act("lost_sim", size=1, share=0.0002, phase="redemptions")
def lost_sim(stage: Stage, dice: Dice, span: Span) -> None:
    """The desk replaces a lost SIM card; days later the member redeems as usual."""
    time = stage.local(int(dice.integers(*span)), dice.normal(13.5, 3.2) % 24)
    saver = _saver(stage, dice, time)
    if saver is None:
        return
    member, balance = saver
    stage.log("account_changes", member=member, time=time - int(dice.uniform(2, 120) * HOUR),
              what=PHONE, value=stage.world.new("phone", 1), device=NONE,
              agent=int(dice.integers(0, staff_count(stage.world))))
    points = np.array([int(balance * dice.uniform(0.3, 0.95))])
    stage.add(redemptions(stage.world, np.array([member]), np.array([time]), points,
                          np.array([int(dice.integers(0, 3))]), dice), look="lost_sim")


@BILL.act("clerk_regulars", size=34, share=0.0012)
def clerk_regulars(stage: Stage, dice: Dice, span: Span) -> None:
    """A clerk enters the claims of his shop's loyal regulars, who have no good phones."""
    members, base = stage.members, stage.base
    able = np.flatnonzero((members.persona == INFLUENCER) & ~stage.reserved)
    if not len(able):
        return
    shop = members.source[dice.choice(able, p=members.rate[able] / members.rate[able].sum())]
    group = dice.permutation(able[members.source[able] == shop])[: int(dice.integers(3, 7))]
    clerk = a_clerk(stage.world, dice, bought=False)
    rows = np.concatenate([stage.index.of_member(member) for member in group.tolist()])
    rows = rows[(base["kind"][rows] == SCAN) & (base["look"][rows] < 0)]
    rows = rows[stage.world.chance(base["visit"][rows], 112) < 0.6]
    base["agent"][rows] = clerk
    stage.insider(clerk, CLERK, look="clerk_regulars")
    stage.mark(rows, "clerk_regulars")


@BILL.act("goodwill_adjustment", size=14, share=0.0008)
def goodwill_adjustment(stage: Stage, dice: Dice, span: Span) -> None:
    """An outage lost some scans; one clerk books them by hand, with a ticket each."""
    members, base = stage.members, stage.base
    time = int(dice.integers(*span))
    region = int(dice.choice(members.region))
    rows = stage.scans_of(time, time + 20 * DAY)
    rows = rows[members.region[base["member"][rows]] == region]
    who, first = np.unique(base["member"][rows], return_index=True)
    pick = dice.permutation(len(who))[: int(dice.integers(8, 21))]
    who, after = who[pick], rows[first[pick]]
    when = time - dice.integers(1, 30, len(who)) * (HOUR // 10)
    on = (members.joined[who] < when) & (when > span[0])
    stage.log("adjustments", member=who[on], time=when[on],
              points=dice.choice([40, 60, 100, 150], int(on.sum())),
              agent=int(dice.integers(0, staff_count(stage.world))), reason=4,
              ticket=stage.world.new("ticket", int(on.sum())))
    stage.mark(after[on], "goodwill_adjustment")
