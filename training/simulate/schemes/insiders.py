"""Schemes of insiders: clerks who credit friends, a reviewer who clears a ring (27, 28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY
from training.simulate.desk import CLERK, REVIEWER, Desk, a_clerk
from training.simulate.dress import API
from training.simulate.outcomes import CREDITED, HELD
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.schemes.bill import (
    BILL,
    Dice,
    Span,
    daytime,
    products,
    scans,
    spell,
    visits,
)

if TYPE_CHECKING:
    from training.simulate.stage import Stage


@BILL.act("staff_credit", size=24, share=0.0003, review=0.2, until=0.5)
def staff_credit(stage: Stage, dice: Dice, span: Span) -> None:
    """One clerk, the same few accounts, late hours; and adjustments that no ticket explains."""
    when = spell(dice, span, 50)
    friends = stage.cheats(dice, int(dice.integers(2, 4)), INFLUENCER, RETAILER, before=when[0])
    if not len(friends):
        return
    clerk = a_clerk(stage.world, dice, bought=True)
    stage.insider(clerk, CLERK, "staff_credit")
    times = daytime(stage, dice, when, int(dice.integers(8, 15)), 18.5, 2.6)
    at, time, visit = visits(stage, dice, times, 3)
    who = dice.choice(friends, len(times))[at]
    stage.add(scans(len(at), member=who, time=time, visit=visit, agent=clerk, channel=API,
                    sku=products(stage, dice, len(at), 2.0)), "staff_credit")
    extra = daytime(stage, dice, when, int(dice.integers(1, 5)), 18.5, 2.5)
    stage.log("adjustments", member=dice.choice(friends, len(extra)), time=extra,
              points=dice.choice([100, 150, 200, 300], len(extra)), agent=clerk,
              reason=np.zeros(len(extra), dtype=np.int64), ticket=-1)


@BILL.act("staff_credit", size=24, share=0.0003, review=0.2, since=0.5)
def careful_clerk(stage: Stage, dice: Dice, span: Span) -> None:
    """A clerk who has heard of the audit: office hours, more friends, some tickets, small sums."""
    when = spell(dice, span, 70)
    friends = stage.cheats(dice, int(dice.integers(4, 7)), INFLUENCER, RETAILER, before=when[0])
    if not len(friends):
        return
    clerk = a_clerk(stage.world, dice, bought=True)
    stage.insider(clerk, CLERK, "staff_credit")
    times = daytime(stage, dice, when, int(dice.integers(10, 18)), 13.0, 2.4)
    at, time, visit = visits(stage, dice, times, 2)
    stage.add(scans(len(at), member=dice.choice(friends, len(times))[at], time=time, visit=visit,
                    agent=clerk, channel=API, sku=products(stage, dice, len(at), 1.5)),
              "staff_credit")
    extra = daytime(stage, dice, when, int(dice.integers(3, 7)), 13.0, 2.4)
    told = dice.random(len(extra)) < 0.4
    stage.log("adjustments", member=dice.choice(friends, len(extra)), time=extra,
              points=dice.choice([40, 50, 60], len(extra)), agent=clerk,
              reason=np.ones(len(extra), dtype=np.int64),
              ticket=np.where(told, stage.world.new("ticket", len(extra)), -1))


@BILL.act("reviewer_collusion", size=42, share=0.0006, review=0.85)
def reviewer_collusion(stage: Stage, dice: Dice, span: Span) -> None:
    """Accounts with a friend at the desk: what is held of theirs he clears within seconds."""
    when = spell(dice, span, 40)
    ring = stage.recruit(dice, int(dice.integers(4, 8)), "reviewer_collusion",
                         joined=(when[0] - 60 * DAY, when[0]), ends=when[1] + 20 * DAY)
    if not len(ring):
        return
    members, desk = stage.members, Desk.of(stage.world)
    stage.insider(desk.first_agent + desk.bought, REVIEWER, "reviewer_collusion")
    members.region[ring] = members.region[ring[0]]
    shop = int(members.source[ring[0]])
    for actor in ring.tolist():
        times = daytime(stage, dice, when, int(dice.integers(3, 6)))
        at, time, visit = visits(stage, dice, times, 3)
        outcome = np.where(dice.random(len(at)) < 0.4, HELD, CREDITED)
        stage.add(scans(len(at), member=actor, time=time, visit=visit, source=shop,
                        outcome=outcome, sku=products(stage, dice, len(at), 2.2)),
                  "reviewer_collusion", ring=int(members.ring[actor]))
