"""Schemes with invoices: claimed twice, altered, invented (patterns 13 to 15)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from training.simulate.baskets import INVOICE
from training.simulate.calendars import DAY
from training.simulate.invoices import EMBELLISHED
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.program import POINTS_SHARE
from training.simulate.schemes.bill import BILL, Dice, Span, daytime, spell
from training.simulate.sheet import NO_CODE, NUMBERED, SAME_CLAIM, SAME_NUMBER, Sheet
from training.simulate.stage import Stage

Floats = npt.NDArray[np.float64]


def bills(rows: int, **given: object) -> Sheet:
    """A sheet of invoice claims."""
    return Sheet.of(rows, **({"proof": INVOICE, "code_mode": NO_CODE} | given))


def totals(stage: Stage, dice: Dice, count: int, factor: float) -> Floats:
    """Invoice totals as they usually are, times ``factor``; in the program's currency."""
    value = stage.world.story.point_value / POINTS_SHARE
    return dice.lognormal(4.35, 0.75, count) * value * factor


def _earlier(stage: Stage, when: Span, member: int | None, region: int) -> npt.NDArray[np.int64]:
    """Rows of the base: invoice claims of the weeks before, of a member or of his region."""
    base = stage.base
    seen = (base["proof"] == INVOICE) & (base["time"] > when[0] - 60 * DAY)
    seen &= (base["time"] < when[0] - DAY) & (base["upload"] < 0)
    if member is not None:
        return np.flatnonzero(seen & (base["member"] == member))
    return np.flatnonzero(seen & (stage.members.region[base["member"]] == region))


@BILL.act("duplicate_invoice", size=4.5, share=0.0006, review=0.4)
def duplicate_invoice(stage: Stage, dice: Dice, span: Span) -> None:
    """An invoice that was already paid for comes again, often with a dash or a space in it."""
    when = spell(dice, span, 25)
    actor = stage.cheats(dice, 1, INFLUENCER, RETAILER, before=when[0])
    seen = _earlier(stage, when, None, int(stage.members.region[actor[0]])) if len(actor) else []
    if not len(seen):
        return
    count = int(dice.integers(3, 7))
    used = dice.choice(seen, count)
    whole = dice.random(count) < 0.7
    stage.add(bills(count, member=actor[0], time=daytime(stage, dice, when, count),
                    invoice_mode=np.where(whole, SAME_CLAIM, SAME_NUMBER),
                    invoice_ref=stage.base["key"][used],
                    style=dice.integers(0, len(EMBELLISHED), count),
                    amount=np.where(whole, np.nan, totals(stage, dice, count, 1.1))),
              "duplicate_invoice")


@BILL.act("altered_invoice", size=3, share=0.0003, review=0.3)
def altered_invoice(stage: Stage, dice: Dice, span: Span) -> None:
    """His own old invoice with a new date and a larger sum."""
    when = spell(dice, span, 30)
    base = stage.base
    seen = _any_earlier(stage, when)
    if not len(seen):
        return
    actor = int(base["member"][dice.choice(seen)])
    own = seen[base["member"][seen] == actor]
    count = int(dice.integers(2, 5))
    used = dice.choice(own, count)
    stage.add(bills(count, member=actor, time=daytime(stage, dice, when, count),
                    invoice_mode=SAME_NUMBER, invoice_ref=base["key"][used],
                    style=dice.integers(0, len(EMBELLISHED), count),
                    amount=totals(stage, dice, count, 1.8)), "altered_invoice")


def _any_earlier(stage: Stage, when: Span) -> npt.NDArray[np.int64]:
    base = stage.base
    seen = (base["proof"] == INVOICE) & (base["time"] > when[0] - 60 * DAY)
    return np.flatnonzero(seen & (base["time"] < when[0] - DAY) & (base["upload"] < 0))


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
                    amount=totals(stage, dice, count, 1.6),
                    customer=np.where(dice.random(count) < 0.6,
                                      stage.world.new("customer", count), -1)),
              "invented_invoice")
