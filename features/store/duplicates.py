"""Which rows are new, which came before, and which would overwrite: for rows that never change.

The id of an event is unique over scans, referrals, redemptions, adjustments and activities. The
first row with an id wins, in the journal, then in the order given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.contract import TABLES
from features.store.facts import CHUNK, Facts, is_same, stored_facts, stored_parts

if TYPE_CHECKING:
    from features.contract import Table
    from features.places import Ints
    from features.store.entities import Entities
    from features.store.store import Store

NEW: Final = 0
SAME: Final = 1
OTHER: Final = 2
"""The id is taken by another body."""
EVENT_ID_TABLES: Final = ("adjustments", "activities", "scans", "referrals", "redemptions")
Status = npt.NDArray[np.int8]


def judge_events(
    store: Store, program: int, entities: Entities, facts: list[Facts], order: Ints
) -> list[Status]:
    """Status of every row of the tables that share the ids of events.

    Parameters
    ----------
    facts : list of Facts
        Any of `EVENT_ID_TABLES`.
    order : shape (n,)
        Order of arrival over the rows of all ``facts``, one after the other.

    Returns
    -------
    list of int8 arrays
        NEW, SAME or OTHER, one array per item of ``facts``.
    """
    numbers = np.concatenate([rows.columns["event_id"] for rows in facts])
    table = np.concatenate([np.full(len(rows), EVENT_ID_TABLES.index(rows.table.name))
                            for rows in facts])
    local = np.concatenate([np.arange(len(rows)) for rows in facts])
    distinct, first, code = _first(numbers, order)
    status = np.full(len(numbers), OTHER, dtype=np.int8)
    status[first] = NEW
    came = {rows.table.name: rows for rows in facts}
    for index, name in enumerate(EVENT_ID_TABLES):
        if name in came:
            owned = (table == index) & (status == OTHER) & (table[first[code]] == index)
            pair = np.flatnonzero(owned)
            same = is_same(came[name], local[pair], came[name], local[first[code[pair]]])
            status[pair[same]] = SAME
    old = distinct[~entities.is_new("event", distinct)]
    for name in EVENT_ID_TABLES:
        for stored in stored_parts(store, program, TABLES[name], "event_id", old, CHUNK):
            _compare_stored(stored, came.get(name), (distinct, code, table, local), status)
    return np.split(status, np.cumsum([len(rows) for rows in facts])[:-1])


def _compare_stored(
    stored: Facts, came: Facts | None, keys: tuple[Ints, Ints, Ints, Ints], status: Status
) -> None:
    """Judge the rows whose ids some stored rows have: the same as those, or others."""
    distinct, code, table, local = keys
    where = np.full(len(distinct), -1)
    where[np.searchsorted(distinct, stored.columns["event_id"])] = np.arange(len(stored))
    taken = np.flatnonzero(where[code] >= 0)
    status[taken] = OTHER
    if came is None or not len(taken):
        return
    pair = taken[table[taken] == EVENT_ID_TABLES.index(came.table.name)]
    same = is_same(came, local[pair], stored, where[code[pair]])
    status[pair[same]] = SAME


def _first(numbers: Ints, order: Ints) -> tuple[Ints, Ints, Ints]:
    """Distinct numbers, the row where each comes first, and each row's distinct number."""
    ordered = numbers[order]
    distinct, first, inverse = np.unique(ordered, return_index=True, return_inverse=True)
    code = np.empty(len(numbers), dtype=np.int64)
    code[order] = inverse
    return distinct, order[first], code


def judge_log(store: Store, program: int, entities: Entities, facts: Facts) -> Status:
    """Status of every row of a table that is appended once and has no events' ids."""
    stored = stored_rows(store, program, entities, facts)
    both = join(stored, facts)
    code, first = groups(both, facts.table)
    rows = np.arange(len(stored), len(both))
    earlier = first[code[rows]]
    status = np.where(earlier == rows, NEW, OTHER).astype(np.int8)
    same = is_same(both, rows, both, earlier)
    status[same & (earlier != rows)] = SAME
    return status


def stored_rows(store: Store, program: int, entities: Entities, facts: Facts) -> Facts:
    """Rows of the journal that may be the same as ``facts``: those with the same id."""
    column = id_column(facts.table)
    kind = facts.table.column(column).kind
    numbers = np.unique(facts.columns[column])
    old = numbers[~entities.is_new(kind, numbers)]
    return stored_facts(store, program, facts.table, column, old)


def id_column(table: Table) -> str:
    """Name of the id in a row's identity.

    >>> id_column(TABLES["declarations"])
    'subject_id'
    """
    return next(name for name in table.identity if table.column(name).type == "id")


def join(before: Facts, after: Facts) -> Facts:
    """Rows of one table, one after the other."""
    names = {*before.columns, *after.columns}
    return Facts(before.table, {name: np.concatenate([before.get(name), after.get(name)])
                                for name in names})


def groups(facts: Facts, table: Table) -> tuple[Ints, Any]:
    """Give each row the number of its identity, and each number its first row."""
    if len(table.identity) == 1:
        codes: Any = pd.factorize(facts.get(table.identity[0]))[0]
    else:
        frame = pd.DataFrame({name: facts.get(name) for name in table.identity})
        codes = frame.groupby(list(table.identity), sort=False).ngroup().to_numpy()
    code: Ints = np.asarray(codes, dtype=np.int64)
    first = np.unique(code, return_index=True)[1]
    return code, first
