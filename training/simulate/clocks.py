"""Clocks: when the phone says it happened, and when the server learnt of it.

Phones queue scans without signal and send them later in one burst and in any order; clocks are
off; a few requests are sent twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from training.simulate.calendars import HOUR
from training.simulate.dress import APP, FILE, WHATSAPP
from training.simulate.sheet import AUTO, SCAN, Sheet

if TYPE_CHECKING:
    from training.simulate.people import Members
    from training.simulate.program import World

Array = npt.NDArray[Any]

OFFLINE: Final = 0.035
"""Share of app and WhatsApp visits without signal."""
LONGEST_QUEUE: Final = 20
"""Hours after which every phone has found a network."""
LATENCY_MS: Final = 900.0
RESENT: Final = 0.004
"""Share of the scans whose request comes twice, the same in every byte."""


def set_clocks(world: World, members: Members, sheet: Sheet) -> Array:
    """Set ``occurred`` and ``recorded`` in place; return the mask of the visits sent late."""
    dice = world.dice("clocks")
    visit, member = sheet["visit"], sheet["member"]
    phone = np.isin(sheet["channel"], [APP, WHATSAPP]) & (sheet["kind"] == SCAN)
    queued = phone & (world.chance(visit, 71) < OFFLINE) & (sheet["delay"] == AUTO)
    wait = np.minimum(-np.log1p(-world.chance(visit, 72)) * 7, LONGEST_QUEUE) * HOUR + HOUR / 4
    latency = dice.lognormal(np.log(LATENCY_MS), 0.7, len(sheet))
    start = _visit_end(sheet)
    shuffled = start + wait + dice.uniform(0, 8000, len(sheet))
    sent = np.where(queued, shuffled, sheet["time"] + latency)
    sent = np.where(sheet["delay"] >= 0, sheet["time"] + sheet["delay"] + latency, sent)
    sheet["recorded"] = np.maximum(sent, members.joined[member] + 1000).astype(np.int64)
    off = np.where(np.isin(sheet["channel"], [APP, WHATSAPP]), members.skew[member], 0)
    said = np.where(sheet["channel"] == FILE, sheet["time"] // 60_000 * 60_000,
                    sheet["time"] + off)
    sheet["occurred"] = np.maximum(said, members.joined[member])
    return queued


def _visit_end(sheet: Sheet) -> Array:
    """The last time of each event's visit."""
    order = np.lexsort((sheet["time"], sheet["visit"]))
    visit = sheet["visit"][order]
    last = np.searchsorted(visit, visit, side="right") - 1
    ends = np.empty(len(order), dtype=np.int64)
    ends[order] = sheet["time"][order][last]
    return ends
