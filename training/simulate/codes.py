"""Codes: units in cartons, printed in batches, dispatched to shops before anybody scans them.

Built backwards: the scans of one product from one shop, put in order, empty one carton after the
other; a carton was dispatched before its first scan. A printed code has thirteen digits: eight of
the carton (scrambled), three of the unit, two check digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.contract import CODE_STATUSES
from training.simulate.calendars import DAY
from training.simulate.ids import scramble
from training.simulate.sheet import COPIED, FRESH, GUESSED, IN_ORDER, NONE, PRINTED, Sheet

if TYPE_CHECKING:
    from training.simulate.program import World

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

MUDDLE_DAYS: Final = 5.0
"""Units leave a shelf out of order; so many days apart at most, one sigma."""
SOLD: Final = 0.82
"""Share of the units of an open carton that somebody scans."""
STALE_DAYS: Final = 45
"""A shop opens a new carton when the last unit was scanned that long ago."""
LEAD_DAYS: Final = 14.0
"""Mean days from dispatch to the first scan, above one day."""
CARTONS: Final = 10**8
_STRIDE: Final = 70_368_743
"""Prime to 10**8: carton numbers come out scattered, one to one."""
PRINTED_STATUS, DISPATCHED, ACTIVATED, VOID = range(len(CODE_STATUSES))


@dataclass(frozen=True)
class Codes:
    """Rows of the table of codes; times are UTC ms, -1 where unknown.

    ``known`` is when the program learnt of the row, -1 for the row's own time.
    """

    columns: dict[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.columns["code"])


def number_of(carton: Ints, unit: Ints, salt: int) -> Ints:
    """The thirteen digits of a unit, check digits included.

    Examples
    --------
    >>> import numpy as np
    >>> number = number_of(np.array([0, 0]), np.array([4, 5]), 1)
    >>> (number // 100 % 1000).tolist(), len(set((number // 100_000).tolist()))
    ([4, 5], 1)
    """
    body = ((carton * _STRIDE + salt * 7_919 + 31_337_421) % CARTONS) * 1000 + unit
    return body * 100 + 98 - body * 3 % 97


def assign_codes(world: World, sheet: Sheet) -> Codes:
    """Give every event of the sheet its code and batch, in place; return the table of codes."""
    dice = world.dice("codes")
    mode = sheet["code_mode"]
    fresh = np.flatnonzero((mode == FRESH) | (mode == IN_ORDER) | (mode == PRINTED))
    order, carton, unit, start = _unpack(world, sheet, fresh, dice)
    rows = fresh[order]
    sheet["code"][rows] = number_of(carton, unit, world.seed)
    table = _table(world, sheet, rows, carton, unit, start, dice)
    _guess(world, sheet, dice)
    _copy(sheet)
    return table


def _unpack(world: World, sheet: Sheet, rows: Array,
            dice: np.random.Generator) -> tuple[Array, Ints, Ints, Array]:
    """Order of the rows by shelf and time, their cartons and units, and where cartons start."""
    ordered = sheet["code_mode"][rows] == IN_ORDER
    time = sheet["time"][rows]
    noise = np.where(ordered, 0.0, dice.normal(0, MUDDLE_DAYS * DAY, len(rows)))
    shelf = (sheet["lot"][rows].astype(np.int64) << 40) + (
        sheet["source"][rows].astype(np.int64) * 64 + sheet["sku"][rows])
    order = np.lexsort((time + noise, shelf))
    shelf, time, ordered = shelf[order], time[order], ordered[order]
    step = np.where(ordered, 1, dice.geometric(SOLD, len(rows)))
    stale = np.abs(np.diff(time, prepend=time[:1])) > STALE_DAYS * DAY
    opens = np.r_[True, shelf[1:] != shelf[:-1]][: len(rows)] | stale
    place = np.cumsum(step)
    place -= np.maximum.accumulate(np.where(opens, place, 0))
    size = world.shelf.carton[sheet["sku"][rows][order]]
    box = place // size
    start = opens | (np.diff(box, prepend=-1) != 0)
    return order, np.cumsum(start) - 1, place % size, np.flatnonzero(start)


def _table(world: World, sheet: Sheet, rows: Array, carton: Ints, unit: Ints, start: Array,
           dice: np.random.Generator) -> Codes:
    if not len(rows):
        return Codes({name: np.empty(0, dtype=np.int64) for name in COLUMNS})
    first = np.minimum.reduceat(sheet["time"][rows], start)
    lead = DAY + dice.exponential(LEAD_DAYS * DAY, len(start))
    in_order = sheet["code_mode"][rows[start]] == IN_ORDER
    sent = first - np.where(in_order, DAY / 4 + lead / 4, lead).astype(np.int64)
    sku, source = sheet["sku"][rows[start]], sheet["source"][rows[start]]
    printed = sheet["code_mode"][rows[start]] == PRINTED
    batch = batch_of(world, sku, sent)
    sheet["batch"][rows] = batch[carton]
    last = np.maximum.reduceat(unit, start) + 1 + dice.poisson(0.8, len(start))
    box = np.repeat(np.arange(len(start)), last)
    within = np.arange(len(box)) - np.repeat(np.cumsum(last) - last, last)
    dealt = ~printed[box]
    status = np.where(dealt, np.where(dice.random(len(start)) < 0.1, ACTIVATED, DISPATCHED)[box],
                      PRINTED_STATUS)
    status = np.where(dealt & _unscanned(carton, unit, start, box, within)
                      & (dice.random(len(box)) < 0.004), VOID, status)
    return Codes({
        "code": number_of(box, within, world.seed), "batch": batch[box], "sku": sku[box],
        "points": world.shelf.points[sku][box], "status": status,
        "dispatched": np.where(dealt, sent[box], NONE),
        "outlet": np.where(dealt, source[box], NONE),
        "carton": box, "known": np.full(len(box), NONE),
    })


COLUMNS: Final = ("code", "batch", "sku", "points", "status", "dispatched", "outlet", "carton",
                   "known")


def _unscanned(carton: Ints, unit: Ints, start: Array, box: Ints, within: Ints) -> Array:
    used = np.sort(carton * 1000 + unit)
    wanted = box * 1000 + within
    at = np.minimum(np.searchsorted(used, wanted), len(used) - 1)
    return used[at] != wanted


def batch_of(world: World, sku: Ints, sent: Ints) -> Ints:
    """The print batch of goods dispatched then: one for each product and month, shops mixed."""
    month = (sent - world.calendar.start) // (30 * DAY) + 40
    return month * 64 + sku.astype(np.int64)


def _guess(world: World, sheet: Sheet, dice: np.random.Generator) -> None:
    """Numbers near a real carton's with right check digits, of units never printed."""
    rows = np.flatnonzero(sheet["code_mode"] == GUESSED)
    run = sheet["lot"][rows].astype(np.int64)
    carton = (scramble(run, world.seed + 5) % np.uint64(CARTONS)).astype(np.int64)
    unit = 100 + np.cumsum(dice.integers(1, 4, len(rows))) % 880
    body = carton * 1000 + unit
    sheet["code"][rows] = body * 100 + 98 - body * 3 % 97


def _copy(sheet: Sheet) -> None:
    """Events that use the code of another event; of a chain, one after the other."""
    rows = np.flatnonzero(sheet["code_mode"] == COPIED)
    if not len(rows):
        return
    order = np.argsort(sheet["key"], kind="stable")
    at = order[np.searchsorted(sheet["key"][order], sheet["code_ref"][rows]) % len(order)]
    found = sheet["key"][at] == sheet["code_ref"][rows]
    for name in ("code", "batch", "sku", "points"):
        sheet[name][rows] = np.where(found, sheet[name][at], sheet[name][rows])
