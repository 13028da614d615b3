"""Schemes with places: forged coordinates and emulated phones (pattern 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY
from training.simulate.dress import APP
from training.simulate.personas import INFLUENCER, PROMOTER
from training.simulate.program import scatter
from training.simulate.schemes.adapting import blows, blurred
from training.simulate.schemes.bill import (
    BILL,
    Dice,
    Span,
    daytime,
    foreign_line,
    products,
    scans,
    spell,
    visits,
)

if TYPE_CHECKING:
    from training.simulate.stage import Stage


@BILL.act("spoofed_place", size=24, share=0.0008, review=0.3)
def spoofed_place(stage: Stage, dice: Dice, span: Span) -> None:
    """A location app: the same point to the last digit, now here, now far away.

    After a hold some stop the app's flag and let the point tremble, as a real phone's does.
    """
    when = spell(dice, span, 15)
    actor = stage.cheats(dice, 1, INFLUENCER, PROMOTER, before=when[0])
    if not len(actor):
        return
    at, time, visit = visits(stage, dice, daytime(stage, dice, when, int(dice.integers(6, 12))), 5)
    region = stage.world.story.regions
    spots = dice.choice(len(region), min(int(dice.integers(1, 4)), len(region)), replace=False)
    lat, lon = scatter(dice, [region[i].lat for i in spots], [region[i].lon for i in spots], 9.0)
    here = dice.integers(0, len(spots), len(visit))[at]
    outcome, after = blows(dice, len(at))
    flagged = (dice.random(len(at)) < 0.8) & (dice.random() < 0.6)
    stage.add(scans(len(at), member=actor[0], time=time, visit=visit, channel=APP,
                    outcome=outcome, lat=blurred(dice, lat[here], after),
                    lon=blurred(dice, lon[here], after), mock=(flagged & ~after).astype(np.int64),
                    sku=products(stage, dice, len(at), 1.8)), "spoofed_place")


@BILL.act("emulator", size=44, share=0.0007, review=0.3)
def emulator(stage: Stage, dice: Dice, span: Span) -> None:
    """Phones that are windows on a screen: many accounts, one spot, a new phone at each reset."""
    when = spell(dice, span, 24)
    ring = stage.recruit(dice, int(dice.integers(5, 9)), "emulator", ends=when[1] + 15 * DAY,
                         joined=(when[0] - 40 * DAY, when[0]))
    if not len(ring):
        return
    members = stage.members
    home = int(ring[0])
    spot = scatter(dice, members.lat[home], members.lon[home], 4.0)
    images = stage.world.new("device", max(2, len(ring) // 2))
    line, tells = foreign_line(stage, dice), dice.random() < 0.4
    for actor in ring.tolist():
        times = daytime(stage, dice, when, int(dice.integers(3, 6)), 15, 4.0)
        at, time, visit = visits(stage, dice, times, 2)
        outcome, after = blows(dice, len(at))
        image = dice.choice(images, len(times))[at]
        image = np.where(after, stage.world.new("device", 1)[0], image)
        stage.add(scans(len(at), member=actor, time=time, visit=visit, device=image, ip=line,
                        channel=APP, lat=float(spot[0]), lon=float(spot[1]), outcome=outcome,
                        mock=(tells & (dice.random(len(at)) < 0.7)).astype(np.int64),
                        sku=products(stage, dice, len(at), 2.0)), "emulator",
                  ring=int(members.ring[actor]))
