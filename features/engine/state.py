"""The live state of a program: everything features need to know of the past.

The same kernel runs one record (`State.observe`, then `State.settle`) and a whole journal
(`State.replay`), so that what is served and what is trained on are the same bits. The journal is
the truth; a state is a cache of it, rebuilt from a snapshot and the records after it.
"""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt

from features.engine.expression import evaluate
from features.engine.formularow import evaluate_row
from features.engine.growth import copied, fresh, grown, kept, restored, roomy
from features.engine.kernel import (
    BOTH,
    LAST_PLACE,
    LAST_SEQ,
    PENDING,
    QUIET,
    SCORE,
    SETTLE,
    Memory,
    run,
)
from features.engine.plan import packed
from features.engine.planner import compile_plan
from features.engine.zone import offsets
from features.errors import BadInput, Conflict
from features.records import COLUMN, COLUMNS, SCORED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.engine.declarations import Catalog
    from features.engine.plan import Ints, Plan

Floats = npt.NDArray[np.float64]
_CHUNK: Final = 8_192
"""Records replayed at a time, so that the integers of a journal never lie in memory at once."""
FORMAT: Final = 2
"""Version of how a saved state is laid out."""
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
        self._packed = packed(self.plan)
        self.integers = compiled.integers
        self._code, self._starts = compiled.code, compiled.starts
        self.memory = fresh(self.plan)
        self._row = np.zeros((1, len(self.integers)), np.int64)
        self._rows = self._row

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
        out = np.empty(len(self._starts) - 1)
        evaluate_row(self._code, self._starts, self._row[0], out)
        return out

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

    def replay(self, records: Ints, order: Literal["C", "F"] = "C") -> Floats:
        """Features of the judged records of a matrix, shape (judged, features), in its order.

        Parameters
        ----------
        records : shape (n, len(COLUMNS))
            In the order of place, then seq; outcomes in the rows act after each was read.
        order : str
            How the matrix lies in memory: by row, or by feature as a file has it.
        """
        judged = records[:, _KIND] < SCORED
        out = np.empty((int(judged.sum()), len(self._starts) - 1), order=order)
        done = 0
        for first in range(0, len(records), _CHUNK):
            rows = self._rows = self.integers_of(records[first:first + _CHUNK], self._rows)
            evaluate(self._code, self._starts, rows, out, done)
            done += len(rows)
        return out

    def integers_of(self, records: Ints, room: Ints | None = None) -> Ints:
        """Integers of the judged records of a matrix, shape (judged, integers), as in `replay`.

        ``room``, an earlier answer that nothing needs any more, is filled again where it is large
        enough: fresh memory costs as much as some features.
        """
        self._none_pending()
        count = int((records[:, _KIND] < SCORED).sum())
        whole = room if room is None or room.base is None else room.base
        if whole is None or len(whole) < count:
            whole = np.empty((count, len(self.integers)), np.int64)
        rows = whole[:count]
        self._run(records, BOTH, rows)
        return rows

    def features_of(self, integers: Ints, order: Literal["C", "F"] = "C") -> Floats:
        """Features of what `integers_of` gave; touches no state, so another thread may."""
        out = np.empty((len(integers), len(self._starts) - 1), order=order)
        evaluate(self._code, self._starts, integers, out, 0)
        return out

    def room(self) -> Memory:
        """Make room for a copy; may run in a thread while another one changes the state."""
        return roomy(self.memory)

    def copy(self, room: Memory | None = None) -> State:
        """Copy the state as it is now, to be saved while this one goes on.

        Parameters
        ----------
        room : Memory or None
            What `room` made and nothing else uses: then the copy takes a tenth of the time.
        """
        self._none_pending()
        other = copy.copy(self)
        other.memory = copied(self.memory, room)
        other._row = self._row.copy()
        other._rows = other._row
        return other

    def save(self, path: Path, beside: Mapping[str, npt.NDArray[Any]] | None = None) -> None:
        """Write the state as npz, without pickle; ``beside``: other arrays for the same file."""
        self._none_pending()
        arrays = {**kept(self.memory), **(beside or {})}
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
        state.memory = restored(state.plan, arrays)
        return state

    def _identity(self) -> npt.NDArray[np.uint8]:
        text = f"{FORMAT} {self.catalog.digest} {self.timezone} {len(COLUMNS)}"
        return np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)

    def _none_pending(self) -> None:
        if self.memory.scalars[PENDING]:
            raise Conflict("the event before settled", "the next record", "call settle first")

    def _run(self, records: Ints, mode: int, rows: Ints) -> None:
        done = run(records, 0, mode, rows, self._packed, *self.memory)
        while 0 <= done < len(records):
            highest = int(records[done, self.plan.ids.ravel()].max(initial=0))
            self.memory = grown(self.plan, self.memory, highest)
            done = run(records, done, mode, rows, self._packed, *self.memory)
        if done < 0:
            raise BadInput("records in the order of their places", f"row {-done - 1} before it",
                           "sort by place, then seq")
