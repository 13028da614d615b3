"""Schemes with devices: farms of accounts on one phone, bots that scan (patterns 9 and 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY, HOUR
from training.simulate.personas import INFLUENCER
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


@BILL.act("device_farm", size=48, share=0.0010, review=0.3)
def device_farm(stage: Stage, dice: Dice, span: Span) -> None:
    """One person, many bought identities, one or two phones, one wallet for half of them."""
    when = spell(dice, span, 30)
    ring = stage.recruit(dice, int(dice.integers(6, 11)), "device_farm",
                         joined=(when[0] - 9 * DAY, when[0]), ends=when[1] + 20 * DAY)
    if not len(ring):
        return
    phones = stage.world.new("device", 2)
    half = (when[0] + when[1]) // 2
    stage.members.device[ring] = phones[0]
    stage.members.device2[ring] = phones[1]
    # Some farms move to a fresh phone when accounts begin to be held.
    stage.members.switch[ring] = half if dice.random() < 0.5 else 2**60
    stage.members.shared[ring] = -1
    wallet = dice.random(len(ring)) < 0.5
    stage.members.payout[ring[wallet]] = stage.world.new("payout", 1)[0]
    for actor in ring.tolist():
        times = daytime(stage, dice, when, int(dice.integers(2, 5)), 14, 4)
        at, time, visit = visits(stage, dice, times, 3)
        stage.add(scans(len(at), member=actor, time=time, visit=visit,
                        source=stage.members.source[ring[0]],
                        sku=products(stage, dice, len(at), 2.0)), "device_farm",
                  ring=int(stage.members.ring[actor]))


@BILL.act("scan_bot", size=55, share=0.0008, review=0.3)
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
