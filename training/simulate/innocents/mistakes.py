"""Look-alikes of the program's own making: a slip of the keyboard, a test, one label twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.calendars import DAY, HOUR, MINUTE
from training.simulate.innocents.bill import BILL
from training.simulate.personas import FIELD_REP, PROMOTER
from training.simulate.sheet import AUTO, COPIED, FRESH, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]


@BILL.act("mistyped_multiplier", size=1, share=0, always=True)
def mistyped_multiplier(stage: Stage, _dice: Dice, _span: Span) -> None:
    """A campaign typed as twentyfold instead of double: for some hours everybody earns too much.

    The points follow where claims are priced; here the events only get their name.
    """
    base, members, night = stage.base, stage.members, stage.world.calendar.midnights
    for campaign in stage.world.campaigns:
        hit = (base["time"] >= night[campaign.first]) & (base["time"] < campaign.repaired)
        hit &= (base["kind"] == SCAN) & ((campaign.sku < 0) | (base["sku"] == campaign.sku))
        hit &= (campaign.region < 0) | (members.region[base["member"]] == campaign.region)
        stage.mark(hit, "mistyped_multiplier")


@BILL.act("own_code_again", size=1.2, share=0.0014)
def own_code_again(stage: Stage, dice: Dice, span: Span) -> None:
    """Did that one go through? He scans his own label once more, minutes or days later."""
    first, base = int(dice.integers(*span)), stage.base
    rows = stage.scans_of(first, first + 2 * DAY)
    rows = rows[(base["code_mode"][rows] == FRESH) & (base["look"][rows] < 0)]
    if not len(rows):
        return
    again = base.take(np.repeat(dice.choice(rows), 1 if dice.random() < 0.8 else 2))
    wait = dice.choice([4 * MINUTE, 3 * HOUR, 2 * DAY]) * dice.lognormal(0, 0.6)
    again["time"] = again["time"] + (np.arange(1, len(again) + 1) * wait).astype(np.int64)
    again["code_mode"], again["code_ref"] = COPIED, again["key"]
    again["visit"], again["mission"], again["amount"] = stage.visit(), -1, np.nan
    stage.add(again, look="own_code_again")


@BILL.act("test_batch", size=14, share=0.0003, since=0.71)
def test_batch(stage: Stage, dice: Dice, span: Span) -> None:
    """The brand tries a new label in the field: its own people scan what no list holds yet."""
    members = stage.members
    time = stage.local(int(dice.integers(*span)), dice.uniform(9, 15))
    able = np.flatnonzero(np.isin(members.persona, [FIELD_REP, PROMOTER])
                          & (members.joined < time) & ~stage.reserved)
    if not len(able):
        return
    crew = dice.choice(able, min(len(able), int(dice.integers(2, 5))), replace=False)
    count, lot = int(dice.integers(8, 21)), int(stage.world.new("lot", 1)[0]) + 1
    sku = int(dice.choice(np.flatnonzero(stage.world.shelf.launch < 0)))
    stage.log("test lots", lot=lot)
    stage.add(Sheet.of(count, kind=SCAN, member=dice.choice(crew, count), proof=AUTO,
                       time=time + dice.integers(0, 5 * HOUR, count), code_mode=FRESH, lot=lot,
                       sku=sku, source=members.source[crew[0]]), look="test_batch")
