"""Which filters hold for the wide row, and its entry in the log under them."""

from __future__ import annotations

import numpy as np

from features.engine.kernel.compiled import inner
from features.engine.kernel.conditions import holds
from features.engine.kernel.memory import NEXT, ROW
from features.engine.plan import WORD, Ints
from features.records import COLUMN

_PLACE, _KIND = COLUMN["place"], COLUMN["kind"]


@inner
def match(
    filters: Ints, clauses: Ints, by_kind: Ints, listed: Ints, blank: Ints, wide: Ints,
    matched: Ints, late: int,
) -> None:  # pragma: no cover
    """List the early or the late filters that hold."""
    group = 2 * wide[_KIND] + late
    count = 0
    for i in range(by_kind[group, 0], by_kind[group, 1]):
        if holds(filters, clauses, blank, wide, listed[i, 0]):
            count += 1
            matched[count] = listed[i, 0]
    matched[0] = count


@inner
def remember(
    filters: Ints, log_columns: Ints, arguments: Ints, sizes: Ints, scalars: Ints, log: Ints,
    log_keys: Ints, wide: Ints, matched: Ints,
) -> None:  # pragma: no cover
    """Log the wide row under the filters that hold, on the entry it may have already."""
    needed = scalars[ROW] >= 0
    for i in range(1, matched[0] + 1):
        needed = needed or filters[matched[i], 4] >= 0
    if not needed:
        return
    if scalars[ROW] < 0 or scalars[ROW] == scalars[NEXT]:
        scalars[ROW] = scalars[NEXT]
        scalars[NEXT] += 1
        at = scalars[ROW] & (len(log) - 1)
        log[at, 0] = wide[_PLACE]
        for i in range(1, sizes[2, 0]):
            log[at, i] = 0
        for i in range(len(log_columns)):
            log_keys[at, i] = wide[log_columns[i, 0]]
    at = scalars[ROW] & (len(log) - 1)
    for i in range(1, matched[0] + 1):
        bit = filters[matched[i], 4]
        if bit >= 0:
            log[at, 1 + (bit >> WORD)] |= np.int64(1) << (bit & 63)
    for i in range(len(arguments)):
        log[at, sizes[2, 0] + i] = wide[arguments[i, 0]]
