"""Schemes with places: forged coordinates (pattern 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.dress import APP
from training.simulate.personas import INFLUENCER, PROMOTER
from training.simulate.program import scatter
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


@BILL.act("spoofed_place", size=24, share=0.0008, review=0.3)
def spoofed_place(stage: Stage, dice: Dice, span: Span) -> None:
    """An emulator or a location app: the same point to the last digit, now here, now far away."""
    when = spell(dice, span, 15)
    actor = stage.cheats(dice, 1, INFLUENCER, PROMOTER, before=when[0])
    if not len(actor):
        return
    at, time, visit = visits(stage, dice, daytime(stage, dice, when, int(dice.integers(6, 12))), 5)
    region = stage.world.story.regions
    spots = dice.choice(len(region), min(int(dice.integers(1, 4)), len(region)), replace=False)
    lat, lon = scatter(dice, [region[i].lat for i in spots], [region[i].lon for i in spots], 9.0)
    here = dice.integers(0, len(spots), len(visit))[at]
    flagged = dice.random() < 0.6
    stage.add(scans(len(at), member=actor[0], time=time, visit=visit, channel=APP,
                    lat=lat[here], lon=lon[here], sku=products(stage, dice, len(at), 1.8),
                    mock=np.where(dice.random(len(at)) < 0.8, int(flagged), 0)), "spoofed_place")
