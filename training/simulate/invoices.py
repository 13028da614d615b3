"""Invoices: each seller numbers his own, in his own style; forgers copy, shift and embellish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from training.simulate.sheet import NONE, NUMBERED, SAME_CLAIM, SAME_NUMBER, Sheet

if TYPE_CHECKING:
    from training.simulate.program import World

Array = npt.NDArray[Any]

STYLES: Final = ("INV/{year}/{number:06d}", "F001-{number:08d}", "{number}", "FT {year}/{number}",
                 "A-{number:05d}", "{number:07d}")
"""How sellers write their numbers; one style a seller."""
EMBELLISHED: Final = ("{text}", "{text} ", "{text}-", "{head}-{tail}", "{head} {tail}")
"""How the same number is written so that it looks like another (fraud reference, pattern 13)."""


def number_invoices(world: World, sheet: Sheet) -> None:
    """Give every invoice claim its seller's next number, or the number it copies, in place."""
    dice = world.dice("invoices")
    rows = np.flatnonzero((sheet["invoice_mode"] == NUMBERED) & (sheet["invoice"] == NONE))
    order = rows[np.lexsort((sheet["time"][rows], sheet["seller"][rows]))]
    seller = sheet["seller"][order]
    opens = np.r_[True, seller[1:] != seller[:-1]][: len(order)]
    # Most invoices of a shop go to customers outside the program: numbers skip ahead.
    number = np.cumsum(dice.geometric(0.06, len(order)))
    number -= np.maximum.accumulate(np.where(opens, number, 0))
    sheet["invoice"][order] = number + 200 + (seller.astype(np.int64) * 7919) % 9000
    _copy_claims(world, sheet)


def _copy_claims(world: World, sheet: Sheet) -> None:
    mode = sheet["invoice_mode"]
    rows = np.flatnonzero((mode == SAME_CLAIM) | (mode == SAME_NUMBER))
    if not len(rows):
        return
    order = np.argsort(sheet["key"], kind="stable")
    at = order[np.searchsorted(sheet["key"][order], sheet["invoice_ref"][rows]) % len(order)]
    found = sheet["key"][at] == sheet["invoice_ref"][rows]
    rows, at = rows[found], at[found]
    for name in ("seller", "invoice", "source"):
        sheet[name][rows] = sheet[name][at]
    whole = mode[rows] == SAME_CLAIM
    bare = at[whole & (sheet["lines"][at] == NONE)]
    sheet["lines"][bare] = world.new("lines", len(bare))
    for name in ("amount", "lines", "points", "sku"):
        sheet[name][rows[whole]] = sheet[name][at[whole]]


def write_numbers(world: World, sheet: Sheet) -> pa.Array:
    """The invoice numbers as their claims wrote them; null where there is none."""
    written: list[str | None] = [None] * len(sheet)
    year = world.calendar.dates[0].year
    for row in np.flatnonzero(sheet["invoice"] >= 0).tolist():
        style = STYLES[int(sheet["seller"][row]) % len(STYLES)]
        text = style.format(year=year, number=int(sheet["invoice"][row]))
        written[row] = EMBELLISHED[int(sheet["style"][row])].format(
            text=text, head=text[:-2], tail=text[-2:])
    return pa.array(written, pa.string())
