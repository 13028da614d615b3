"""The live state of a program: everything features need to know of the past.

The same kernel runs one record (`State.observe`, then `State.settle`) and a whole journal
(`State.replay`), so that what is served and what is trained on are the same bits. The journal is
the truth; a state is a cache of it, rebuilt from a snapshot and the records after it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from features.engine.expression import evaluate
from features.engine.kernel import (
    BOTH,
    LAST_PLACE,
    LAST_SEQ,
    NEXT,
    PAGE,
    PAIRS,
    PENDING,
    QUIET,
    ROW,
    SCALARS,
    SCORE,
    SETTLE,
    START,
    USED,
    Memory,
    rehash,
    run,
)
from features.engine.planner import compile_plan
from features.engine.zone import offsets
from features.errors import BadInput, Conflict
from features.records import COLUMN, COLUMNS, SCORED

if TYPE_CHECKING:
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.engine.plan import Ints, Plan

Floats = npt.NDArray[np.float64]
_CHUNK: Final = 65_536
"""Records replayed at a time, so that the integers of a journal never lie in memory at once."""
_KIND, _EVENT = COLUMN["kind"], COLUMN["event"]


class State:
    """The state of one program; one writer at a time.

    Parameters
    ----------
    catalog : Catalog
        What is computed.
    timezone : str
        The program's time zone, for hours and weekdays.

    Examples
    --------
    >>> from features.engine.declarations import Catalog
    >>> from features.engine.definition import Aggregate
    >>> from features.records import COLUMN, COLUMNS
    >>> catalog = Catalog([Aggregate("tries", entity="code", aggregate="count", window="1h")])
    >>> scan = np.full(len(COLUMNS), -(1 << 63))
    >>> for name, value in {"place": 9 << 20, "seq": 1, "kind": 0, "event": 1}.items():
    ...     scan[COLUMN[name]] = value
    >>> scan[4:30] = 0
    >>> scan[COLUMN["code"]] = 7
    >>> State(catalog, "UTC").observe(scan)
    array([1.])
    """

    def __init__(self, catalog: Catalog, timezone: str) -> None:
        self.catalog = catalog
        self.timezone = timezone
        compiled = compile_plan(catalog, offsets(timezone).copy())
        self.plan: Plan = compiled.plan
        self.integers = compiled.integers
        self._code, self._starts = compiled.code, compiled.starts
        self.memory = _fresh(self.plan)
        self._row = np.zeros((1, len(self.integers)), np.int64)

    @property
    def position(self) -> tuple[int, int]:
        """Place and seq of the last record; (-1, -1) where there was none."""
        return int(self.memory.scalars[LAST_PLACE]), int(self.memory.scalars[LAST_SEQ])

    def observe(self, record: Ints) -> Floats:
        """Take a judged event in and give its features, shape (features,), NaN where unknown.

        Raises
        ------
        BadInput
            The record is not of a judged kind, or older than the one before.
        Conflict
            The event before was not settled.
        """
        if not 0 <= record[_KIND] < SCORED:
            raise BadInput("a scan, referral or redemption", f"kind {record[_KIND]}",
                           "give other records to advance")
        self._none_pending()
        self._run(record.reshape(1, -1), SCORE, self._row)
        out = np.empty((1, len(self._starts) - 1))
        evaluate(self._code, self._starts, self._row, out)
        return out[0]

    def settle(self, record: Ints) -> None:
        """Apply the outcome of the event just observed; Conflict for any other event."""
        pending = self.memory.scalars[PENDING]
        if not 0 <= record[_KIND] < SCORED or record[_EVENT] != pending or not pending:
            raise Conflict("the event just observed", f"event {record[_EVENT]}",
                           "settle each event right after observing it")
        self._run(record.reshape(1, -1), SETTLE, self._row)

    def advance(self, records: Ints) -> None:
        """Take records in without reading features; judged ones act with their outcome."""
        self._none_pending()
        self._run(records, QUIET, self._row)

    def replay(self, records: Ints) -> Floats:
        """Features of the judged records of a matrix, shape (judged, features), in its order.

        Parameters
        ----------
        records : shape (n, len(COLUMNS))
            In the order of place, then seq; outcomes in the rows act after each was read.
        """
        self._none_pending()
        judged = records[:, _KIND] < SCORED
        out = np.empty((int(judged.sum()), len(self._starts) - 1))
        done = 0
        for first in range(0, len(records), _CHUNK):
            rows = np.empty((int(judged[first:first + _CHUNK].sum()), len(self.integers)), np.int64)
            self._run(records[first:first + _CHUNK], BOTH, rows)
            evaluate(self._code, self._starts, rows, out[done:done + len(rows)])
            done += len(rows)
        return out

    def save(self, path: Path) -> None:
        """Write the state as npz, without pickle."""
        memory, scalars = self.memory, self.memory.scalars
        kept = np.arange(scalars[START], scalars[NEXT]) & (len(memory.log) - 1)
        self._none_pending()
        arrays = memory._asdict() | {
            "cells": memory.cells[:scalars[USED]], "log": memory.log[kept],
            "log_keys": memory.log_keys[kept], "table": memory.table[memory.table[:, 2] != 0],
        }
        with path.open("wb") as file:
            np.savez(file, allow_pickle=False, identity=self._identity(), **arrays)

    @classmethod
    def load(cls, path: Path, catalog: Catalog, timezone: str) -> State:
        """Read a state back; Conflict where it was saved with another catalog or time zone."""
        state = cls(catalog, timezone)
        with np.load(path, allow_pickle=False) as saved:
            if not np.array_equal(saved["identity"], state._identity()):
                raise Conflict("a state of this catalog and time zone", f"another one in {path}",
                               "replay the journal")
            arrays = {name: saved[name] for name in Memory._fields}
        state.memory = _restored(state.plan, arrays)
        return state

    def _identity(self) -> npt.NDArray[np.uint8]:
        text = f"{self.catalog.digest} {self.timezone} {len(COLUMNS)}"
        return np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)

    def _none_pending(self) -> None:
        if self.memory.scalars[PENDING]:
            raise Conflict("the event before settled", "the next record", "call settle first")

    def _run(self, records: Ints, mode: int, rows: Ints) -> None:
        done = run(records, 0, mode, rows, *self.plan, *self.memory)
        while 0 <= done < len(records):
            highest = int(records[done].max(where=_IS_ID, initial=0))
            self.memory = _grown(self.plan, self.memory, highest)
            done = run(records, done, mode, rows, *self.plan, *self.memory)
        if done < 0:
            raise BadInput("records in the order of their places", f"row {-done - 1} before it",
                           "sort by place, then seq")


_IS_ID = np.zeros(len(COLUMNS), bool)
_IS_ID[_EVENT:COLUMN["points"]] = True


def _fresh(plan: Plan) -> Memory:
    scalars = np.zeros(SCALARS, np.int64)
    scalars[[LAST_PLACE, LAST_SEQ, ROW]] = -1
    return Memory(
        scalars=scalars,
        cells=np.empty(4 * PAGE * (len(plan.template) + 1), np.int64),
        pages=np.full((len(plan.keys), 4), -1, np.int64),
        log=np.zeros((1024, plan.sizes[4]), np.int64),
        log_keys=np.zeros((1024, len(plan.log_keys)), np.int32),
        table=np.zeros((4096, 3), np.int64),
        numbers=np.zeros((len(plan.pairs), 2), np.int64),
        tails=np.zeros(len(plan.spans), np.int64),
        wide=plan.blank.copy(),
        matched=np.zeros(len(plan.filters) + 1, np.int64),
    )


def _grown(plan: Plan, memory: Memory, highest: int) -> Memory:
    """Make the memory longer where it is short."""
    scalars = memory.scalars
    highest = max(highest, int(memory.numbers[:, 0].max(initial=0)) + 1)
    spare = 2 * PAGE * len(plan.template)
    if scalars[USED] + spare > len(memory.cells):
        cells = np.empty(len(memory.cells) * 3 // 2 + spare, np.int64)
        cells[:scalars[USED]] = memory.cells[:scalars[USED]]
        memory = memory._replace(cells=cells)
    if highest // PAGE >= memory.pages.shape[1]:
        pages = np.full((len(plan.keys), 2 * (highest // PAGE + 1)), -1, np.int64)
        pages[:, :memory.pages.shape[1]] = memory.pages
        memory = memory._replace(pages=pages)
    if scalars[NEXT] - scalars[START] + 2 > len(memory.log):
        memory = _with_log(plan, memory, 2 * len(memory.log))
    if 2 * (scalars[PAIRS] + len(plan.pairs)) > len(memory.table):
        table = np.zeros((2 * len(memory.table), 3), np.int64)
        rehash(memory.table, table)
        memory = memory._replace(table=table)
    return memory


def _with_log(plan: Plan, memory: Memory, capacity: int) -> Memory:
    """Move the log to a ring of another capacity, every record at its own index."""
    index = np.arange(memory.scalars[START], memory.scalars[NEXT])
    old, new = index & (len(memory.log) - 1), index & (capacity - 1)
    log = np.zeros((capacity, plan.sizes[4]), np.int64)
    log_keys = np.zeros((capacity, len(plan.log_keys)), np.int32)
    log[new], log_keys[new] = memory.log[old], memory.log_keys[old]
    return memory._replace(log=log, log_keys=log_keys)


def _power(least: int) -> int:
    return 1 << max(10, int(least - 1).bit_length())


def _restored(plan: Plan, arrays: dict[str, Any]) -> Memory:
    """Give saved arrays room to go on."""
    scalars = arrays["scalars"]
    cells = np.empty(len(arrays["cells"]) + 4 * PAGE * (len(plan.template) + 1), np.int64)
    cells[:len(arrays["cells"])] = arrays["cells"]
    table = np.zeros((_power(4 * (len(arrays["table"]) + len(plan.pairs))), 3), np.int64)
    rehash(arrays["table"], table)
    capacity = _power(2 * (len(arrays["log"]) + 2))
    index = np.arange(scalars[START], scalars[NEXT]) & (capacity - 1)
    log = np.zeros((capacity, plan.sizes[4]), np.int64)
    log_keys = np.zeros((capacity, len(plan.log_keys)), np.int32)
    log[index], log_keys[index] = arrays["log"], arrays["log_keys"]
    return Memory(**arrays | {"cells": cells, "table": table, "log": log, "log_keys": log_keys})
