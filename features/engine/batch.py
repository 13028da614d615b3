"""Batch: a whole stream of records through the kernel, slice by slice.

`replay_slices` takes any iterable of record matrices in the order of place, then seq (those of
`Journal.records`, or made from a table with `records_from`) and yields, for each slice, its judged
records and their features. `features.rowfile.write_rows` puts them into a Parquet file. Neither
ever holds more than a few slices.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from features.engine.state import State
from features.places import MISSING
from features.records import COLUMN, COLUMNS, ENTITIES, SCORED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from features.engine.declarations import Catalog
    from features.engine.plan import Ints
    from features.engine.state import Floats

AHEAD: Final = 2
"""Slices that the kernel is ahead of what is yielded."""
_BLOCK: Final = 1_000
"""Records made at a time: half a megabyte, that stays in the cache while columns are filled."""
_EMPTY: Final = np.array([0 if name in ("kind", *ENTITIES) else MISSING for name in COLUMNS])


def replay_slices(
    catalog: Catalog, timezone: str, slices: Iterable[Ints], threads: int = 2
) -> Iterator[tuple[Ints, Floats]]:
    """Yield the judged records of each slice, and their features.

    Parameters
    ----------
    catalog : Catalog
        What is computed.
    timezone : str
        The program's time zone.
    slices : iterable of int64, shape (n, len(COLUMNS))
        Records in the order of place, then seq, over all slices; about 50,000 at a time.
    threads : int
        With two, the kernel runs in a thread of its own while the caller reads the next slice and
        writes the last one. The bits are the same.

    Yields
    ------
    judged : int64, shape (m, len(COLUMNS))
        The scans, referrals and redemptions of the slice, in its order.
    matrix : float64, shape (m, features)
        In the order of ``catalog.names``, NaN where unknown; each feature lies in one piece.

    Examples
    --------
    >>> from features.engine.definition import Aggregate
    >>> from features.engine.declarations import Catalog
    >>> catalog = Catalog([Aggregate("n", entity="member", aggregate="count", window="1h")])
    >>> records = records_from({"place": [1 << 20, 2 << 20], "seq": [1, 2], "member": [7, 7]})
    >>> [matrix.tolist() for _, matrix in replay_slices(catalog, "UTC", [records])]
    [[[1.0], [2.0]]]
    """
    state = State(catalog, timezone)
    if threads < 2:
        for records in slices:
            yield _judged(records), state.replay(records, "F")
        return
    with ThreadPoolExecutor(1, "kernel") as worker:
        waiting: deque[tuple[Ints, Future[Ints]]] = deque()
        room: Ints | None = None

        def oldest() -> tuple[Ints, Floats]:
            nonlocal room
            judged, future = waiting.popleft()
            room = future.result()
            return judged, state.features_of(room, "F")

        for records in slices:
            waiting.append((_judged(records), worker.submit(state.integers_of, records, room)))
            room = None
            if len(waiting) > AHEAD:
                yield oldest()
        while waiting:
            yield oldest()


def _judged(records: Ints) -> Ints:
    judged = records[:, COLUMN["kind"]] < SCORED
    return records if judged.all() else records[judged]


def records_from(columns: Mapping[str, npt.ArrayLike]) -> Ints:
    """Make records of columns: integers, by the names of `features.records.COLUMNS`.

    What is left out is unknown; ``kind`` is then a scan, ``event`` the seq.

    Examples
    --------
    >>> records_from({"place": [5], "seq": [1], "member": [7]})[0, COLUMN["member"]]
    np.int64(7)
    """
    given = {"event": columns["seq"], **columns}
    filled = [(COLUMN[name], np.asarray(values)) for name, values in given.items()]
    records = np.empty((len(filled[0][1]), len(COLUMNS)), np.int64)
    for first in range(0, len(records), _BLOCK):
        block = records[first:first + _BLOCK]
        block[:] = _EMPTY
        for column, values in filled:
            block[:, column] = values[first:first + _BLOCK]
    return records
