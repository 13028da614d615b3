"""Schemes with accounts: taken over, emptied, paid to one wallet (patterns 22 to 25)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.simulate.balances import redemptions
from training.simulate.calendars import DAY, HOUR, MINUTE
from training.simulate.dress import APP, staff_count
from training.simulate.paperwork import PASSWORD, PAYOUT, PHONE
from training.simulate.schemes.bill import (
    BILL,
    Dice,
    Span,
    daytime,
    foreign_line,
    new_phone,
    products,
    scans,
    spell,
    visits,
)
from training.simulate.sheet import AUTO

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Ints = npt.NDArray[np.int64]
WORTH_IT = 200
"""Nobody takes over an account for fewer points."""


def rich_victim(stage: Stage, dice: Dice, time: int, idle_days: int = 0
                ) -> tuple[int, int] | None:
    """A member with points at ``time``, silent for ``idle_days``; his balance. None: nobody."""
    members, ledger = stage.members, stage.ledger
    able = np.flatnonzero((members.joined < time - 30 * DAY) & (members.ring < 0)
                          & (members.ring_end > time))
    drawn = dice.permutation(able)[:300]
    if ledger is None or not len(drawn):
        return None
    drawn = drawn[ledger.last(drawn, time) < time - idle_days * DAY]
    if not len(drawn):
        return None
    balance = ledger.balance(drawn, time)
    best = np.argsort(balance, kind="stable")[-6:]
    at = int(dice.choice(best))
    return (int(drawn[at]), int(balance[at])) if balance[at] >= WORTH_IT else None


def drain(stage: Stage, dice: Dice, victim: tuple[int, int], time: int, slug: str,
          **given: int) -> None:
    """Spend most of a balance, in one redemption or two, to a wallet not seen before."""
    member, balance = victim
    share = dice.uniform(0.85, 1.0)
    parts = [share] if dice.random() < 0.65 else [share * 0.6, share * 0.4]
    points = np.maximum((np.array(parts) * balance).astype(np.int64), 1)
    kind = np.full(len(points), int(dice.choice([1, 2, 2])))
    when = time + np.arange(len(points)) * int(dice.uniform(2, 40) * MINUTE)
    sheet = redemptions(stage.world, np.full(len(points), member), when, points, kind, dice)
    sheet["visit"] = stage.visit()
    sheet["channel"] = APP if dice.random() < 0.7 else AUTO
    for name, value in given.items():
        sheet[name] = value
    stage.add(sheet, slug)


@BILL.act("account_takeover", size=1.4, share=0.00013, phase="redemptions", review=0.45,
          until=0.5)
def account_takeover(stage: Stage, dice: Dice, span: Span) -> None:
    """New phone, new password, new wallet, empty account: all within hours."""
    time = stage.local(int(dice.integers(*span)), dice.normal(15, 4.5) % 24)
    victim = rich_victim(stage, dice, time)
    if victim is None:
        return
    device = new_phone(stage, dice, victim[0], time - int(dice.uniform(3, 90) * MINUTE), 0.5)
    wallet = int(stage.world.new("payout", 1)[0])
    before = time - int(dice.exponential(1.5) * HOUR) - 2 * MINUTE
    for what, value, chance in ((PASSWORD, -1, 0.75), (PAYOUT, wallet, 0.7)):
        if dice.random() < chance:
            stage.log("account_changes", member=victim[0], time=before, what=what, value=value,
                      agent=-1, device=device)
    drain(stage, dice, victim, time, "account_takeover", device=device, payout=wallet,
          ip=foreign_line(stage, dice))


@BILL.act("account_takeover", size=2.5, share=0.00016, phase="redemptions", review=0.4,
          since=0.5)
def patient_takeover(stage: Stage, dice: Dice, span: Span) -> None:
    """The patient thief: he lets the new phone grow old and takes the points in parts."""
    time = stage.local(int(dice.integers(*span)), dice.normal(14, 3.6) % 24)
    victim = rich_victim(stage, dice, time)
    if victim is None:
        return
    member, balance = victim
    device = new_phone(stage, dice, member, time - int(dice.uniform(60, 260) * HOUR), 0.6)
    wallet = int(stage.world.new("payout", 1)[0])
    stage.log("account_changes", member=member, time=time - int(dice.uniform(50, 120) * HOUR),
              what=PAYOUT, value=wallet, agent=-1, device=device)
    parts = np.maximum(balance * dice.dirichlet(np.full(int(dice.integers(2, 5)), 6.0)) * 0.9, 40)
    when = time + np.cumsum(dice.uniform(10, 44, len(parts)) * HOUR).astype(np.int64)
    sheet = redemptions(stage.world, np.full(len(parts), member), when, parts.astype(np.int64),
                        np.full(len(parts), int(dice.choice([1, 2]))), dice)
    sheet["device"], sheet["payout"] = device, wallet
    stage.add(sheet, "account_takeover")


@BILL.act("sim_change", size=1.3, share=0.00010, phase="redemptions", review=0.4)
def sim_change(stage: Stage, dice: Dice, span: Span) -> None:
    """The desk is talked into a new phone number; the code goes there; the points go too."""
    time = stage.local(int(dice.integers(*span)), dice.normal(15, 4.5) % 24)
    victim = rich_victim(stage, dice, time)
    if victim is None:
        return
    clerk = int(dice.integers(0, staff_count(stage.world)))
    stage.log("account_changes", member=victim[0], time=time - int(dice.uniform(0.5, 30) * HOUR),
              what=PHONE, value=stage.world.new("phone", 1), agent=clerk, device=-1)
    drain(stage, dice, victim, time, "sim_change",
          device=new_phone(stage, dice, victim[0], time - MINUTE, 0.3),
          payout=int(stage.world.new("payout", 1)[0]))


@BILL.act("dormant_drain", size=1.3, share=0.00100, phase="redemptions", review=0.35)
def dormant_drain(stage: Stage, dice: Dice, span: Span) -> None:
    """An account silent for months wakes up on another phone and is emptied."""
    calendar = stage.world.calendar
    first = min(max(span[0], calendar.start + (calendar.end - calendar.start) // 3), span[1] - DAY)
    time = stage.local(int(dice.integers(max(first, span[0]), span[1])), dice.normal(15, 4.5) % 24)
    victim = rich_victim(stage, dice, time, idle_days=90)
    if victim is None:
        return
    drain(stage, dice, victim, time, "dormant_drain",
          device=new_phone(stage, dice, victim[0], time - 5 * MINUTE, 0.4),
          payout=int(stage.world.new("payout", 1)[0]) if dice.random() < 0.7 else AUTO)


@BILL.act("common_payout", size=30, share=0.0008, review=0.25)
def common_payout(stage: Stage, dice: Dice, span: Span) -> None:
    """Bought identities, each on its own phone, all paid to one wallet."""
    when = spell(dice, span, 60)
    ring = stage.recruit(dice, int(dice.integers(6, 10)), "common_payout",
                         joined=(when[0] - 30 * DAY, when[0] + 10 * DAY), ends=when[1] + 10 * DAY)
    if not len(ring):
        return
    stage.members.payout[ring] = stage.world.new("payout", 1)[0]
    stage.members.payout_switch[ring] = 2**60
    for actor in ring.tolist():
        first = max(when[0], int(stage.members.joined[actor]) + HOUR)
        times = daytime(stage, dice, (first, when[1]), int(dice.integers(2, 4)))
        at, time, visit = visits(stage, dice, times, 2)
        stage.add(scans(len(at), member=actor, time=time, visit=visit,
                        sku=products(stage, dice, len(at), 2.2)), "common_payout",
                  ring=int(stage.members.ring[actor]))
