"""Reference rows that change: a changed row is a new version, the same row is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from features.places import BEGINNING, MISSING, TIE_BITS, Ints, known_place, place_ms
from features.store.duplicates import groups, join, stored_rows
from features.store.facts import body_columns, is_same

if TYPE_CHECKING:
    from features.store.entities import Entities
    from features.store.facts import Facts
    from features.store.store import Store

FIRST: Final = 0
AGAIN: Final = 1
CHANGED: Final = 2


def judge_versions(
    store: Store, program: int, entities: Entities, facts: Facts, last_place: int
) -> Any:
    """Whether each row is an identity's first, the same again or a changed version.

    Sets ``place`` and ``known_ms`` of ``facts``: the stated ``known_at``; else, for a first
    version, the table's first time; else arrival. A row is the same again where it equals the
    version before it (before its ``known_at``, where it states one), where the journal has that
    row with that ``known_at``, or where a file's versions of an identity are the journal's last.

    Returns
    -------
    int8 array, shape (n,)
        FIRST, AGAIN or CHANGED.
    """
    stored = stored_rows(store, program, entities, facts)
    stated = facts.get("known_ms") != MISSING
    set_places(facts, last_place)
    both = join(stored, facts)
    code, _ = groups(both, facts.table)
    rows = np.arange(len(both))
    before = _before(code, rows)
    earlier = before.copy()
    says = len(stored) + np.flatnonzero(stated)
    earlier[says] = _before(code, np.lexsort((rows, both.columns["known_ms"])))[says]
    again = np.zeros(len(both), dtype=bool)
    has = np.flatnonzero(earlier >= 0)
    again[has] = is_same(both, has, both, earlier[has])
    _repeat_sequences(both, code, len(stored), stated, again)
    is_first = before < 0
    late = np.concatenate([np.zeros(len(stored), dtype=bool), ~stated]) & ~is_first & ~again
    _arrive(both, code, late, last_place)
    new = rows[len(stored):]
    facts.columns["place"] = both.columns["place"][new]
    facts.columns["known_ms"] = both.columns["known_ms"][new]
    status = np.where(again, AGAIN, np.where(is_first, FIRST, CHANGED))
    return status[new].astype(np.int8)


def _before(code: Ints, order: Ints) -> Ints:
    """Row of the same identity that comes before each row in an order of all rows; -1 for none."""
    order = order[np.argsort(code[order], kind="stable")]
    before = np.full(len(code), -1)
    follows = code[order[1:]] == code[order[:-1]]
    before[order[1:][follows]] = order[:-1][follows]
    return before


def set_places(facts: Facts, last_place: int) -> None:
    """Place of rows that have none of their own: known from then, never before now."""
    known = facts.get("known_ms")
    if facts.table.first_time:
        known = np.where(known == MISSING, facts.get(facts.table.first_time), known)
    tie = known_place(0)
    places = np.where(known == MISSING, BEGINNING, (known << TIE_BITS) | tie)
    facts.columns["known_ms"] = known
    facts.columns["place"] = np.maximum(places, last_place)


def _arrive(both: Facts, code: Ints, late: Any, last_place: int) -> None:
    """Place changed rows that don't say when: known now, and after the version they replace."""
    if not late.any():
        return
    places = both.columns["place"]
    places[late] = last_place
    running = pd.Series(places).groupby(code).cummax().to_numpy()
    places[late] = running[late]
    both.columns["known_ms"][late] = place_ms(0) + (places[late] >> TIE_BITS)


def _repeat_sequences(both: Facts, code: Ints, size: int, stated: Any, again: Any) -> None:
    """Recognise a file with several versions of an identity when it comes again."""
    if not size or size == len(code):
        return
    old = np.bincount(code[:size], minlength=code.max() + 1)
    new = np.bincount(code[size:], minlength=code.max() + 1)
    asked = (old > 1) & (new > 0) | (old > 0) & (new > 1)
    if not asked.any():
        return
    names = body_columns(both.table)
    bodies = np.column_stack([both.get(name) for name in names])
    members: dict[int, list[int]] = {}
    for row in np.flatnonzero(asked[code]):
        members.setdefault(int(code[row]), []).append(int(row))
    for rows in members.values():
        _repeat(bodies, both.columns["known_ms"], size, rows, stated, again)


def _repeat(bodies: Ints, known: Ints, size: int, rows: list[int], stated: Any, again: Any) -> None:
    versions = [(bodies[row].tobytes(), int(known[row])) for row in rows if row < size]
    came = [row for row in rows if row >= size]
    last = [body for body, _ in versions][-len(came):]
    if last == [bodies[row].tobytes() for row in came]:
        again[came] = True
        return
    exact = set(versions)
    for row in came:
        if stated[row - size] and (bodies[row].tobytes(), int(known[row])) in exact:
            again[row] = True
