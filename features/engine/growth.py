"""Room for the kernel: memory made, made longer where it is short, saved and restored.

What is reserved is not yet used: cells and directories of pages come from the system as zeros that
take no memory until they are written. An array grows into a new one, as one made longer in its
place loses its huge pages: every access then costs a second one, to find the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.engine.kernel import (
    FIRST_CELL,
    GIVEN,
    LAST_PLACE,
    LAST_SEQ,
    NEXT,
    PAGE,
    PAIRS,
    ROW,
    SCALARS,
    START,
    USED,
    Memory,
    rehash,
)
from features.errors import BadInput

if TYPE_CHECKING:
    from features.engine.plan import Ints, Plan

HIGHEST_ID: Final = 2**31 - 1
"""Largest number of an entity: the log keeps them in 32 bits."""


def fresh(plan: Plan) -> Memory:
    """Memory of a state that has seen nothing."""
    scalars = np.zeros(SCALARS, np.int64)
    scalars[[LAST_PLACE, LAST_SEQ, ROW]] = -1
    scalars[USED] = FIRST_CELL
    return Memory(
        scalars=scalars,
        cells=np.zeros(4 * PAGE * (len(plan.template) + 1), np.int64),
        pages=np.zeros((len(plan.keys), 4), np.int64),
        **_log(plan, 1024),
        table=np.zeros((4096, 2), np.int64),
        numbers=np.zeros((len(plan.pairs), 2), np.int64),
        tails=np.zeros(len(plan.spans), np.int64),
        wide=plan.blank.ravel().copy(),
        matched=np.zeros(len(plan.filters) + 1, np.int64),
    )


def grown(plan: Plan, memory: Memory, highest: int) -> Memory:
    """Make the memory longer where it is short for one more record.

    Parameters
    ----------
    plan, memory
        The old memory is used up.
    highest : int
        Highest number of an entity in the record.

    Raises
    ------
    BadInput
        A number needs more than 31 bits.
    """
    scalars = memory.scalars
    highest = max(highest, int(scalars[GIVEN]) + 1)
    if highest > HIGHEST_ID:
        raise BadInput(f"numbers of entities up to {HIGHEST_ID}", str(highest),
                       "number the entities from 1 on")
    spare = 2 * PAGE * len(plan.template)
    if scalars[USED] + spare > len(memory.cells):
        cells = np.zeros(2 * len(memory.cells) + spare, np.int64)
        cells[:scalars[USED]] = memory.cells[:scalars[USED]]
        memory = memory._replace(cells=cells)
    if highest // PAGE >= memory.pages.shape[1]:
        wanted = min(2 * (highest // PAGE + 1), HIGHEST_ID // PAGE + 1)
        pages = np.zeros((len(plan.keys), wanted), np.int64)
        key, page = memory.pages.nonzero()
        pages[key, page] = memory.pages[key, page]
        memory = memory._replace(pages=pages)
    if scalars[NEXT] - scalars[START] + 2 > len(memory.log):
        memory = _with_log(plan, memory, 2 * len(memory.log))
    if 2 * (scalars[PAIRS] + len(plan.pairs)) > len(memory.table):
        table = np.zeros((2 * len(memory.table), 2), np.int64)
        rehash(memory.table, table)
        memory = memory._replace(table=table)
    return memory


def roomy(memory: Memory) -> Memory:
    """Memory that the system has given for a copy of this one, and for an eighth more cells."""
    soon = memory._replace(cells=memory.cells[:int(memory.scalars[USED]) * 9 // 8])
    return Memory(**{name: np.full_like(array, 0) for name, array in soon._asdict().items()})


def copied(memory: Memory, room: Memory | None = None) -> Memory:
    """Copy what is in use, into the arrays of an earlier copy where these are long enough.

    Memory that the system has given already is written ten times as fast as fresh one.
    """
    used = memory._replace(cells=memory.cells[:memory.scalars[USED]])
    rooms = {} if room is None else room._asdict()
    return Memory(**{name: _copied(array, rooms.get(name))
                     for name, array in used._asdict().items()})


def _copied(array: Any, room: Any) -> Any:
    if room is None or len(room) < len(array) or room.shape[1:] != array.shape[1:]:
        return array.copy()
    np.copyto(room[:len(array)], array)
    return room[:len(array)]


def kept(memory: Memory) -> dict[str, Ints]:
    """Arrays to save: what is in use, and nothing else."""
    scalars = memory.scalars
    inside = np.arange(scalars[START], scalars[NEXT]) & (len(memory.log) - 1)
    key, page = memory.pages.nonzero()
    return memory._asdict() | {
        "cells": memory.cells[:scalars[USED]], "log": memory.log[inside],
        "log_keys": memory.log_keys[inside], "table": memory.table[memory.table[:, 1] != 0],
        "pages": np.stack([key, page, memory.pages[key, page]]),
    }


def restored(plan: Plan, arrays: dict[str, Any]) -> Memory:
    """Give saved arrays room to go on."""
    scalars = arrays["scalars"]
    cells = np.zeros(len(arrays["cells"]) + 4 * PAGE * (len(plan.template) + 1), np.int64)
    cells[:len(arrays["cells"])] = arrays["cells"]
    key, page, start = arrays["pages"]
    pages = np.zeros((len(plan.keys), 2 * (int(page.max(initial=0)) + 2)), np.int64)
    pages[key, page] = start
    table = np.zeros((_power(4 * (len(arrays["table"]) + len(plan.pairs))), 2), np.int64)
    rehash(arrays["table"], table)
    log = _log(plan, _power(2 * (len(arrays["log"]) + 2)))
    index = np.arange(scalars[START], scalars[NEXT]) & (len(log["log"]) - 1)
    log["log"][index], log["log_keys"][index] = arrays["log"], arrays["log_keys"]
    return Memory(**arrays | {"cells": cells, "pages": pages, "table": table} | log)


def _with_log(plan: Plan, memory: Memory, capacity: int) -> Memory:
    """Move the log to a ring of another capacity, every record at its own index."""
    index = np.arange(memory.scalars[START], memory.scalars[NEXT])
    old, new = index & (len(memory.log) - 1), index & (capacity - 1)
    log = _log(plan, capacity)
    log["log"][new], log["log_keys"][new] = memory.log[old], memory.log_keys[old]
    return memory._replace(**log)


def _log(plan: Plan, capacity: int) -> dict[str, Any]:
    return {"log": np.zeros((capacity, plan.sizes[4, 0]), np.int64),
            "log_keys": np.zeros((capacity, len(plan.log_keys)), np.int32)}


def _power(least: int) -> int:
    return 1 << max(10, int(least - 1).bit_length())
