"""Schemes with devices: farms of accounts on one phone, bots that scan (patterns 9 and 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY, HOUR
from training.simulate.personas import INFLUENCER
from training.simulate.schemes.adapting import blows
from training.simulate.schemes.bill import (
    BILL,
    Dice,
    Span,
    burst,
    daytime,
    products,
    scans,
    spell,
    visits,
)

if TYPE_CHECKING:
    from training.simulate.stage import Stage


@BILL.act("device_farm", size=48, share=0.0010, review=0.3)
def device_farm(stage: Stage, dice: Dice, span: Span) -> None:
    """One person, many bought identities, one or two phones, one wallet for half of them."""
    when = spell(dice, span, 30)
    ring = stage.recruit(dice, int(dice.integers(6, 11)), "device_farm",
                         joined=(when[0] - 9 * DAY, when[0]), ends=when[1] + 20 * DAY)
    if not len(ring):
        return
    phones = stage.world.new("device", 2)
    stage.members.device[ring] = phones[0]
    stage.members.shared[ring] = -1
    moves = dice.random() < 0.6
    wallet = dice.random(len(ring)) < 0.5
    stage.members.payout[ring[wallet]] = stage.world.new("payout", 1)[0]
    for actor in ring.tolist():
        times = daytime(stage, dice, when, int(dice.integers(2, 5)), 14, 4)
        at, time, visit = visits(stage, dice, times, 3)
        outcome, after = blows(dice, len(at))
        if moves and after.any():  # What was held once goes on from another phone.
            stage.members.device2[actor] = phones[1]
            stage.members.switch[actor] = time[after][0]
        stage.add(scans(len(at), member=actor, time=time, visit=visit, outcome=outcome,
                        source=stage.members.source[ring[0]],
                        sku=products(stage, dice, len(at), 2.0)), "device_farm",
                  ring=int(stage.members.ring[actor]))


@BILL.act("scan_bot", size=52, share=0.00045, review=0.3, until=0.5)
def scan_bot(stage: Stage, dice: Dice, span: Span) -> None:
    """A script feeds codes with the same gap, by day and by night."""
    when = spell(dice, span, 1)
    actor = stage.cheats(dice, 1, INFLUENCER, before=when[0])
    if not len(actor):
        return
    count = int(dice.integers(40, 71))
    gap = dice.uniform(8, 28) * HOUR / 60
    time = when[0] + np.cumsum(np.full(count, gap) + dice.normal(0, 2500, count))
    stage.add(scans(count, member=actor[0], time=time.astype(np.int64), visit=stage.visit(),
                    device=stage.members.device_at(actor, np.array([when[0]]))[0],
                    sku=products(stage, dice, count, 1.6)), "scan_bot")


@BILL.act("scan_bot", size=52, share=0.00045, review=0.3, since=0.5)
def human_bot(stage: Stage, dice: Dice, span: Span) -> None:
    """The better script: gaps as a hand makes them, by day, a few dozen codes over some days."""
    when = spell(dice, span, 6)
    actor = stage.cheats(dice, 1, INFLUENCER, before=when[0])
    if not len(actor):
        return
    for _ in range(int(dice.integers(4, 7))):
        count = int(dice.integers(7, 14))
        first = stage.local(int(dice.integers(*when)), dice.uniform(8, 19))
        stage.add(scans(count, member=actor[0], time=burst(dice, first, count, 40, 0.9),
                        visit=stage.visit(), sku=products(stage, dice, count, 1.6)), "scan_bot")
