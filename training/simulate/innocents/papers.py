"""Look-alikes of papers: chains that number alike, bills by hand, receipt books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.simulate.baskets import INVOICE, bill_totals
from training.simulate.dress import CAMERA, GALLERY
from training.simulate.innocents.bill import BILL
from training.simulate.invoices import STYLES
from training.simulate.personas import INFLUENCER, RETAILER
from training.simulate.sheet import BLANK, NO_CODE, NUMBERED, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.stage import Stage

Dice = np.random.Generator
Span = tuple[int, int]

MARKET_STALL, COOPERATIVE = 2, 3
"""Kinds of outlets that write their bills by hand or out of a book."""
BOOK = 50
"""Leaves of a receipt book; the next book begins at 1 again."""


@BILL.act("chain_numbering", size=2, share=0.0005)
def chain_numbering(stage: Stage, dice: Dice, span: Span) -> None:
    """Two outlets of a chain number alike: one number, two bills, two buyers.

    Half of the chains are one seller to the program, the others two.
    """
    members, outlets = stage.members, stage.world.outlets
    time = stage.local(int(dice.integers(*span)), dice.uniform(9, 18))
    able = np.flatnonzero(np.isin(members.persona, [INFLUENCER, RETAILER]) & ~stage.reserved
                          & (members.joined < time))
    shop = int(dice.integers(len(outlets.region)))
    twins = np.flatnonzero((outlets.region == outlets.region[shop])
                           & (np.arange(len(outlets.region)) % len(STYLES) == shop % len(STYLES)))
    able = able[members.region[able] == outlets.region[shop]]
    if len(able) < 2:
        return
    other = shop if dice.random() < 0.5 else int(dice.choice(twins))
    later = int(dice.uniform(0.1, 20) * 86_400_000)
    stage.add(Sheet.of(2, kind=SCAN, member=dice.choice(able, 2, replace=False), proof=INVOICE,
                       time=np.array([time, time + later]), code_mode=NO_CODE,
                       invoice_mode=NUMBERED, invoice=int(dice.integers(20_000, 60_000)),
                       seller=np.array([shop, other]), source=np.array([shop, other]),
                       lines=stage.world.new("lines", 2),
                       amount=bill_totals(stage.world, dice, 2)), look="chain_numbering")


def _bills_of_kind(stage: Stage, kind: int, share: float) -> np.ndarray:
    """Rows of honest claims on bills of some outlets of a kind, by seller and time."""
    base, outlets = stage.base, stage.world.outlets
    seller = np.where(base["seller"] >= 0, base["seller"],
                      np.where(base["source"] >= 0, base["source"],
                               stage.members.source[base["member"]]))
    some = (outlets.kind == kind) & (stage.world.chance(np.arange(len(outlets.kind)), 111) < share)
    rows = np.flatnonzero((base["invoice_mode"] == NUMBERED) & (base["upload"] < 0)
                          & some[seller] & (base["look"] < 0))
    base["seller"][rows] = seller[rows]
    return rows[np.lexsort((base["time"][rows], seller[rows]))]


@BILL.act("handwritten_bill", size=1, share=0, always=True)
def handwritten_bill(stage: Stage, dice: Dice, _span: Span) -> None:
    """A stall's bill, by hand: nobody reads its lines, and the picture is a poor one."""
    base, rows = stage.base, _bills_of_kind(stage, MARKET_STALL, 0.6)
    base["lines"][rows] = BLANK
    base["image"][rows[dice.random(len(rows)) < 0.4]] = BLANK
    base["capture"][rows] = np.where(dice.random(len(rows)) < 0.5, GALLERY, CAMERA)
    stage.mark(rows, "handwritten_bill")


@BILL.act("small_seller", size=1, share=0, always=True)
def small_seller(stage: Stage, dice: Dice, _span: Span) -> None:
    """A seller without digital books writes receipt books, each numbered from 1 to 50."""
    base, rows = stage.base, _bills_of_kind(stage, COOPERATIVE, 0.6)
    seller = base["seller"][rows]
    opens = np.r_[True, seller[1:] != seller[:-1]][: len(rows)]
    leaf = np.cumsum(dice.geometric(0.2, len(rows)))
    leaf -= np.maximum.accumulate(np.where(opens, leaf, 0))
    base["invoice"][rows] = 1 + leaf % BOOK
    stage.mark(rows, "small_seller")
