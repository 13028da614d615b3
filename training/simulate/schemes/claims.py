"""Schemes with invoices: claimed twice, altered, invented (patterns 13 to 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from training.simulate.baskets import INVOICE, bill_totals
from training.simulate.calendars import DAY
from training.simulate.invoices import EMBELLISHED
from training.simulate.outcomes import REFUSED, REFUSES_INVOICE
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.schemes.adapting import blows, other_hands
from training.simulate.schemes.bill import BILL, Dice, Span, daytime, spell
from training.simulate.sheet import AUTO, NO_CODE, NUMBERED, SAME_CLAIM, SAME_NUMBER, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def bills(rows: int, **given: object) -> Sheet:
    """A sheet of invoice claims."""
    return Sheet.of(rows, **({"proof": INVOICE, "code_mode": NO_CODE} | given))


def raised(stage: Stage, dice: Dice, used: Ints, low: float, high: float) -> Floats:
    """Totals of earlier invoices times a factor; sets those totals where nobody did yet."""
    amount = stage.base["amount"]
    bare = used[np.isnan(amount[used])]
    amount[bare] = bill_totals(stage.world, dice, len(bare))
    return amount[used] * dice.uniform(low, high, len(used))


@BILL.act("duplicate_invoice", size=4.5, share=0.0006, review=0.4)
def duplicate_invoice(stage: Stage, dice: Dice, span: Span) -> None:
    """An invoice that was already paid for comes again, often with a dash or a space in it.

    Once refused, some change the sum as well, and some let a friend hand it in.
    """
    when = spell(dice, span, 25)
    actor = stage.cheats(dice, 1, INFLUENCER, RETAILER, before=when[0])
    seen = stage.bills_of(when[0] - 60 * DAY, when[0] - DAY)
    home = stage.members.region[stage.base["member"][seen]]
    seen = seen[home == stage.members.region[actor[0]]] if len(actor) else seen[:0]
    if not len(seen):
        return
    count = int(dice.integers(3, 7))
    used = dice.choice(seen, count)
    whole, who = dice.random(count) < 0.75, np.full(count, actor[0])
    time = daytime(stage, dice, when, count)
    outcome, after = blows(dice, count, REFUSES_INVOICE, REFUSED)
    if dice.random() < 0.4:
        whole &= ~after
    elif dice.random() < 0.5:
        who = other_hands(stage, dice, who, time, after)
    outcome[~whole] = AUTO
    stage.add(bills(count, member=who, time=time, outcome=outcome,
                    invoice_mode=np.where(whole, SAME_CLAIM, SAME_NUMBER),
                    invoice_ref=stage.base["key"][used],
                    style=dice.integers(0, len(EMBELLISHED), count),
                    amount=np.where(whole, np.nan, raised(stage, dice, used, 0.8, 1.5))),
              "duplicate_invoice")


@BILL.act("altered_invoice", size=3, share=0.0003, review=0.3)
def altered_invoice(stage: Stage, dice: Dice, span: Span) -> None:
    """His own old invoice with a new date and a larger sum."""
    when = spell(dice, span, 30)
    base = stage.base
    seen = stage.bills_of(when[0] - 60 * DAY, when[0] - DAY)
    if not len(seen):
        return
    actor = int(base["member"][dice.choice(seen)])
    own = seen[base["member"][seen] == actor]
    count = int(dice.integers(2, 5))
    used = dice.choice(own, count)
    stage.add(bills(count, member=actor, time=daytime(stage, dice, when, count),
                    invoice_mode=SAME_NUMBER, invoice_ref=base["key"][used],
                    style=dice.integers(0, len(EMBELLISHED), count),
                    amount=raised(stage, dice, used, 1.2, 2.8)), "altered_invoice")


@BILL.act("invented_invoice", size=7, share=0.0006, review=0.3)
def invented_invoice(stage: Stage, dice: Dice, span: Span) -> None:
    """Invoices the seller never wrote: plausible numbers out of his sequence, new customers."""
    when = spell(dice, span, 25)
    actor = stage.cheats(dice, 1, INFLUENCER, RETAILER, before=when[0])
    if not len(actor):
        return
    count = int(dice.integers(5, 10))
    outlets = stage.world.outlets
    near = np.flatnonzero(outlets.region == stage.members.region[actor[0]])
    number = dice.integers(200, 12_000) + np.cumsum(dice.integers(1, 40, count))
    stage.add(bills(count, member=actor[0], time=daytime(stage, dice, when, count, 17, 3.5),
                    invoice_mode=NUMBERED, invoice=number, seller=dice.choice(near),
                    amount=2 * bill_totals(stage.world, dice, count),
                    customer=np.where(dice.random(count) < 0.6,
                                      stage.world.new("customer", count), -1)),
              "invented_invoice")
