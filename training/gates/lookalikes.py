"""Look-alikes: honest behaviour that resembles fraud is not held for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from training.gates.shares import held_by_group

if TYPE_CHECKING:
    from training.gates.finding import Finding
    from training.gates.trial import Trial

NAME: Final = "look-alikes"


def look_alikes(trial: Trial) -> Finding:
    """Hold what behaviour would hold of each honest family against its bounds.

    A family is the honest events that show one sign of fraud, or that the program declared.
    """
    return held_by_group(NAME, trial, trial.look_alikes, trial.settings.look_alikes, "families")
