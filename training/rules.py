"""Hard rules over many events at once: what is stopped without any model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.contract import CODE_STATUSES

if TYPE_CHECKING:
    from training.events import Events

Floats = npt.NDArray[np.float64]
RULES: Final = ("code_credited_other", "code_credited_self", "claim_credited")
"""Features that a rule engine would hold on by themselves."""


def rules(events: Events) -> Floats:
    """Count the hard rules each event breaks, shape (n,): what a program has without models."""
    matrix = events.matrix
    index = {name: position for position, name in enumerate(events.catalog.names)}
    broken = (matrix[:, index["code_status"]] == CODE_STATUSES.index("void")).astype(np.float64)
    for name in RULES:
        broken += np.nan_to_num(matrix[:, index[name]]) > 0
    if tracks_codes(events):
        broken += matrix[:, index["code_known"]] == 0
    return broken


def tracks_codes(events: Events) -> bool:
    """Whether any event names a code the program knows: else an unknown code says nothing."""
    known = events.matrix[:, events.catalog.names.index("code_known")]
    return bool((known == 1).any())
