"""Schemes of insiders: clerks who credit friends with the purchases of others (pattern 27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.dress import API, staff_count
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


@BILL.act("staff_credit", size=24, share=0.0006, review=0.2)
def staff_credit(stage: Stage, dice: Dice, span: Span) -> None:
    """One clerk, the same few accounts, late hours; and adjustments that no ticket explains."""
    when = spell(dice, span, 50)
    friends = stage.cheats(dice, int(dice.integers(2, 4)), INFLUENCER, RETAILER, before=when[0])
    if not len(friends):
        return
    clerk = int(dice.integers(0, staff_count(stage.world)))
    times = daytime(stage, dice, when, int(dice.integers(8, 15)), 18.5, 2.6)
    at, time, visit = visits(stage, dice, times, 3)
    who = dice.choice(friends, len(times))[at]
    stage.add(scans(len(at), member=who, time=time, visit=visit, agent=clerk, channel=API,
                    sku=products(stage, dice, len(at), 2.0)), "staff_credit")
    extra = daytime(stage, dice, when, int(dice.integers(1, 5)), 18.5, 2.5)
    stage.log("adjustments", member=dice.choice(friends, len(extra)), time=extra,
              points=dice.choice([100, 150, 200, 300], len(extra)), agent=clerk,
              reason=np.zeros(len(extra), dtype=np.int64), ticket=-1)
