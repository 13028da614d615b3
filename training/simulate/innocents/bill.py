"""The playbill of the look-alikes, and how the program declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.contract import DECLARATIONS
from training.simulate.calendars import DAY
from training.simulate.playbill import Playbill
from training.simulate.sheet import NONE

if TYPE_CHECKING:
    import numpy as np

    from training.simulate.stage import Stage

BILL: Final = Playbill("offline_flush", "retry_resend", "early_dispatch_unsynced",
                       "stale_code_file", "normal_return")
"""Those named here come with clocks, codes and returns, not with an act of their own."""


def declare(stage: Stage, dice: np.random.Generator, kind: str, subject: int, first: int,
            share: float, last: int = NONE) -> None:
    """With chance ``share`` declare a subject; one declaration in four comes a week late."""
    if dice.random() < share:
        late = int(dice.uniform(3, 14) * DAY) if dice.random() < 0.25 else 0
        stage.log("declarations", kind=DECLARATIONS.index(kind), subject=subject,
                  first=first + late, last=last, note=int(dice.integers(0, 4)))
