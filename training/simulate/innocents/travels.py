"""Look-alikes of places: crews away from home, two regions in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY
from training.simulate.innocents.bill import BILL, declare
from training.simulate.personas import INFLUENCER
from training.simulate.program import scatter
from training.simulate.sheet import SCAN

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]


@BILL.act("migrant_crew", size=28, share=0.0012)
def migrant_crew(stage: Stage, dice: Dice, span: Span) -> None:
    """A crew works some weeks in another region and buys there; all know each other."""
    members, base, outlets = stage.members, stage.base, stage.world.outlets
    first = int(dice.integers(*span))
    last = first + int(dice.integers(20, 50)) * DAY
    able = np.flatnonzero((members.persona == INFLUENCER) & ~stage.reserved
                          & (members.joined < first) & (members.rate > 0.03))
    home = able[members.region[able] == members.region[dice.choice(able)]] if len(able) else able
    stands = np.flatnonzero(outlets.pull > 0)
    stands = stands[outlets.region[stands] != members.region[home[0]]] if len(home) else stands[:0]
    if not len(stands):
        return
    crew = dice.permutation(home)[: int(dice.integers(5, 11))]
    shop = int(dice.choice(stands))
    rows = np.concatenate([stage.index.of_member(member) for member in crew.tolist()])
    rows = rows[(base["time"][rows] >= first) & (base["time"][rows] < last)]
    rows = rows[(base["kind"][rows] == SCAN) & (base["look"][rows] < 0)]
    lat, lon = scatter(dice, np.full(len(rows), outlets.lat[shop]), outlets.lon[shop], 5.0)
    coded = base["code_mode"][rows] > 0
    base["source"][rows[coded]] = shop
    base["lat"][rows], base["lon"][rows] = lat, lon
    stage.mark(rows, "migrant_crew")


@BILL.act("two_region_wholesaler", size=1, share=0, always=True)
def two_region_wholesaler(stage: Stage, dice: Dice, span: Span) -> None:
    """A wholesaler whose contract names two regions: half of each file comes from the other."""
    base, outlets = stage.base, stage.world.outlets
    members, files = stage.members, stage.base["upload"] >= 0
    firms = np.unique(base["member"][files & (base["code_mode"] > 0)])
    for firm in firms[: -(-len(firms) // 5)].tolist():
        far = np.flatnonzero((outlets.region != members.region[firm]) & (outlets.kind == 1))
        rows = np.flatnonzero(files & (base["member"] == firm))
        if not len(far):
            continue
        base["source"][rows[dice.random(len(rows)) < 0.5]] = int(dice.choice(far))
        declare(stage, dice, "bulk_channel", firm, max(span[0], int(members.joined[firm])), 0.8)
        stage.mark(rows, "two_region_wholesaler")
