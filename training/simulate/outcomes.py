"""Outcomes: what the program's old points engine did with each event, without Jaga.

It knew duplicate and unknown codes most of the time and held a few claims for size; everything
else it credited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import OUTCOMES
from training.simulate.sheet import AUTO, COPIED, GUESSED, PRINTED, SAME_CLAIM, Sheet

if TYPE_CHECKING:
    from training.simulate.program import World

CREDITED, HELD, REFUSED = range(len(OUTCOMES))
REFUSES: Final = {COPIED: 0.72, GUESSED: 0.85, PRINTED: 0.18}
"""How often the old engine refused such a code: its lists were copied at night."""
REFUSES_INVOICE: Final = 0.45
HELD_AT_RANDOM: Final = 0.003
HELD_WHEN_LARGE: Final = 0.12


def settle_outcomes(world: World, sheet: Sheet, stage: str) -> None:
    """Fill ``outcome`` in place where no story set it; ``stage`` names the dice."""
    dice = world.dice("outcomes", stage)
    count = len(sheet)
    luck = dice.random(count)
    refuses = np.zeros(count)
    for mode, share in REFUSES.items():
        refuses[sheet["code_mode"] == mode] = share
    refuses[sheet["invoice_mode"] == SAME_CLAIM] = REFUSES_INVOICE
    large = np.zeros(count, dtype=bool)
    for kind in np.unique(sheet["kind"]):
        rows = sheet["kind"] == kind
        large |= rows & (sheet["points"] > np.quantile(sheet["points"][rows], 0.995))
    held = dice.random(count) < np.where(large, HELD_WHEN_LARGE, HELD_AT_RANDOM)
    outcome = np.where(luck < refuses, REFUSED, np.where(held, HELD, CREDITED))
    sheet["outcome"] = np.where(sheet["outcome"] == AUTO, outcome, sheet["outcome"])
