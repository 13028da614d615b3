"""Innocent circumstances that the product itself knows of an event: declarations, bulk, peaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from features.contract import CAMPAIGN_KINDS, DECLARATIONS, ENTRY_CHANNELS, PERSONAS
from features.records import COLUMN
from models.families import DECLARATION_FEATURES

if TYPE_CHECKING:
    import numpy.typing as npt

    from features.places import Ints
    from models.bundle import Bundle

INNOCENT: Final = (*DECLARATIONS, *CAMPAIGN_KINDS)
"""Kinds in the order of their bits: what is declared (``bulk_channel``: or bulk by the policy),
then peaks that were announced for the member."""
_CHANNEL: Final = COLUMN["channel"]


def innocence(records: Ints, matrix: npt.NDArray[np.float64], personas: Ints, peaks: Ints,
              bundle: Bundle) -> npt.NDArray[np.int32]:
    """Bits of what is innocent about events, shape (n,).

    Parameters
    ----------
    records : shape (n, len(COLUMN))
    matrix : shape (n, features)
    personas : shape (n,)
    peaks : shape (n,)
        As `serving.peaks.Peaks.running` gives them.
    bundle : Bundle
        Its policy says what is bulk by channel and persona.
    """
    found = (peaks << len(DECLARATIONS)).astype(np.int32)
    for name, kind in DECLARATION_FEATURES.items():
        position = bundle.index.get(name)
        if position is not None:
            found |= (matrix[:, position] > 0).astype(np.int32) << DECLARATIONS.index(kind)
    bulk = bundle.policy.bulk
    channels = [ENTRY_CHANNELS.index(word) for word in bulk.channels]
    is_bulk = (np.isin(records[:, _CHANNEL], channels)
               & np.isin(personas, [PERSONAS.index(word) for word in bulk.personas]))
    return found | is_bulk.astype(np.int32) << DECLARATIONS.index("bulk_channel")
