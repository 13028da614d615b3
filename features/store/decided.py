"""Labels are decided before they are known: one from the future would tell a model what comes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.errors import BadCell
from features.places import MISSING
from features.store.columns import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.places import Ints

DECIDED: Final = "decided_at"
LEEWAY_MS: Final = 60_000
"""How far another computer's clock may be ahead of ours: a minute is far more than those that ask
a time server differ by, and far less than a label would have to come early to tell anything."""


def too_early(arrays: Mapping[str, pa.Array], known_at: str, arrival_ms: int | None
              ) -> list[Fault]:
    """Find labels that are known before they were decided.

    Parameters
    ----------
    arrays : mapping of str to Array
        Columns of feedback, int64, null where unknown.
    known_at : str
        Name of the column that says when the program learnt of a row.
    arrival_ms : int or None
        Known from then, whatever the rows say; None: as they say, else from the decision on.

    Examples
    --------
    >>> rows = {"decided_at": pa.array([5, 900_000]), "known_at": pa.array([7, 7])}
    >>> [fault.index for fault in too_early(rows, "known_at", None)]
    [1]
    >>> too_early(rows, "known_at", None)[0].sentence
    'expected a decision not after 1970-01-01T00:00:00Z, when it is known, got 1970-01-01T00:15:00Z'
    """
    if DECIDED not in arrays:
        return []
    decided = _filled(arrays[DECIDED])
    if arrival_ms is not None:
        known = np.full(len(decided), arrival_ms + LEEWAY_MS)
    elif known_at in arrays:
        known = _filled(arrays[known_at])
    else:
        return []
    early = np.flatnonzero((decided != MISSING) & (known != MISSING) & (decided > known))
    return [_fault(index, int(decided[index]), int(known[index])) for index in early.tolist()]


def _filled(cells: pa.Array) -> Ints:
    return np.asarray(pc.fill_null(cells, MISSING), dtype=np.int64)


def _fault(index: int, decided_ms: int, known_ms: int) -> Fault:
    error = BadCell(DECIDED, f"a decision not after {_told(known_ms)}, when it is known",
                    _told(decided_ms))
    return Fault(index, DECIDED, error.came, error.sentence)


def _told(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms // 1000, dt.UTC).isoformat()[:19] + "Z"
