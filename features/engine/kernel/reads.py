"""Reading: the integers of a judged record, before and after it is counted."""

from __future__ import annotations

from features.engine.kernel.compiled import inner
from features.engine.kernel.conditions import is_known
from features.engine.kernel.filling import NOW
from features.engine.kernel.memory import row_of
from features.engine.plan import CELL, HEAD, NOW_VALID, SINCE, TOTAL, UNSEEN, WINDOW, Ints
from features.places import MISSING


@inner
def _is_valid(cells: Ints, cell: int, now: int) -> bool:  # pragma: no cover
    """Whether one of the last two declarations holds now; an unknown end is never reached."""
    for n in range(min(cells[cell], 2)):
        start, end = cells[cell + 1 + 2 * n], cells[cell + 2 + 2 * n]
        if start <= now and (end == MISSING or now < end):
            return True
    return False


@inner
def read(
    reads: Ints, read_at: Ints, blank: Ints, keys: Ints, sizes: Ints, cells: Ints, pages: Ints,
    log: Ints, wide: Ints, phase: int, out: Ints, line: int,
) -> None:  # pragma: no cover
    """Write the integers of one phase; an unknown entity is missing, a new one is empty."""
    now = wide[NOW]
    key = column = row = -1
    for i in range(read_at[phase], read_at[phase + 1]):
        code, at, value = reads[i, 0], reads[i, 2], MISSING
        if reads[i, 1] < 0:
            if is_known(blank, wide, at):
                value = wide[at]
        elif wide[at] != 0:
            if reads[i, 1] != key or at != column:
                key, column = reads[i, 1], at
                row = row_of(keys, pages, key, wide[at])
            if row < 0:
                if code in (TOTAL, WINDOW, NOW_VALID):
                    value = 0
                elif code == UNSEEN:
                    value = 1
            else:
                cell = cells[row + reads[i, 3]]
                if code == TOTAL:
                    value = cell
                elif code == WINDOW:
                    value = cell - cells[row + reads[i, 4]]
                elif code == UNSEEN:
                    value = 1 if cell == MISSING else 0
                elif code == NOW_VALID:
                    value = 1 if _is_valid(cells, row + reads[i, 3], now) else 0
                elif cell != MISSING:
                    if code == CELL:
                        value = cell
                    elif code == SINCE:
                        value = now - cell
                    elif code == HEAD:
                        value = log[cell & (len(log) - 1), sizes[2] + reads[i, 4]]
        out[line, reads[i, 5]] = value
