"""Reading: the integers of a judged record, before and after it is counted."""

from __future__ import annotations

from features.engine.kernel.compiled import inner
from features.engine.kernel.conditions import is_known
from features.engine.kernel.filling import NOW
from features.engine.kernel.memory import row_of
from features.engine.plan import CELL, NOW_VALID, SINCE, TOTAL, UNSEEN, WINDOW, Ints
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
def _of_none(code: int) -> int:  # pragma: no cover
    """Value of an entity that never was."""
    if code in (TOTAL, WINDOW, NOW_VALID):
        return 0
    return 1 if code == UNSEEN else MISSING


@inner
def _of_row(
    reads: Ints, sizes: Ints, cells: Ints, log: Ints, i: int, row: int, now: int
) -> int:  # pragma: no cover
    """Value of one read of an entity's row."""
    code, cell = reads[i, 0], cells[row + reads[i, 1]]
    if code == WINDOW:
        return cell - cells[row + reads[i, 2]]
    if code == TOTAL:
        return cell
    if code == UNSEEN:
        return 1 if cell == MISSING else 0
    if code == NOW_VALID:
        return 1 if _is_valid(cells, row + reads[i, 1], now) else 0
    if cell == MISSING or code == CELL:
        return cell
    if code == SINCE:
        return now - cell
    return log[cell & (len(log) - 1), sizes[2, 0] + reads[i, 2]]


@inner
def read(
    read_groups: Ints, reads: Ints, read_at: Ints, blank: Ints, keys: Ints, sizes: Ints,
    cells: Ints, pages: Ints, log: Ints, wide: Ints, phase: int, out: Ints, line: int,
) -> None:  # pragma: no cover
    """Write the integers of one phase; an unknown entity is missing, a new one is empty."""
    now = wide[NOW]
    for g in range(read_at[phase, 0], read_at[phase + 1, 0]):
        key, column = read_groups[g, 0], read_groups[g, 1]
        first, last = read_groups[g, 2], read_groups[g, 3]
        if key < 0:
            for i in range(first, last):
                column = reads[i, 1]
                out[line, i] = wide[column] if is_known(blank, wide, column) else MISSING
        elif wide[column] == 0:
            for i in range(first, last):
                out[line, i] = MISSING
        else:
            row = row_of(keys, pages, key, wide[column])
            if row < 0:
                for i in range(first, last):
                    out[line, i] = _of_none(reads[i, 0])
            else:
                for i in range(first, last):
                    out[line, i] = _of_row(reads, sizes, cells, log, i, row, now)
