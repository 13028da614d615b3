"""Fairness: no persona, language or region has its honest events held beyond a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from training.gates.shares import held_by_group

if TYPE_CHECKING:
    from training.gates.finding import Finding
    from training.gates.trial import Trial

NAME: Final = "fairness"


def fairness(trial: Trial) -> Finding:
    """Hold what behaviour would hold of each group's honest events against its bounds."""
    groups = {f"{kind} {name}": values == name for kind, values in trial.groups.items()
              for name in np.unique(values).tolist() if name}
    return held_by_group(NAME, trial, groups, trial.settings.fairness, "groups")
